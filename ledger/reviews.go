package ledger

import (
	"context"
	"errors"
	"time"

	"idjourney/journey"
)

// ErrCursor says that a cursor is none that this ledger gave out.
var ErrCursor = errors.New("the cursor is not one of ours")

// ReviewAML is the kind of a ReviewItem that is an AML alert.
const ReviewAML journey.ReviewKind = "aml"

// ReviewFilter says which of the open reviews and AML alerts are wanted.
type ReviewFilter struct {
	// Accounts are those that may be seen. None means no item, never all.
	Accounts []string
	// Kind is vendor, local or aml; empty for all.
	Kind journey.ReviewKind
	// Overdue wants only what was to be escalated by now.
	Overdue bool
	// After is the cursor that the page before ended with; empty for the first.
	After string
	// Limit bounds the page: 1 to 500, 100 if it is 0.
	Limit int
}

// ReviewItem is one thing that waits for a person's decision.
type ReviewItem struct {
	Account, JourneyID string
	// ID is the review's or the alert's.
	ID   string
	Kind journey.ReviewKind
	// Reason is a review's; Severity and AMLVersion are an alert's.
	Reason     string
	Severity   journey.Severity
	AMLVersion int
	Since      time.Time
	// OverdueAt is when it was, or is to be, escalated; zero if never.
	OverdueAt time.Time
	Overdue   bool
}

// Reviews returns the open reviews and AML alerts, oldest first, and the cursor of
// the next page, which is empty after the last. A cursor that cannot be read is
// ErrCursor.
func (l *Ledger) Reviews(ctx context.Context, f ReviewFilter) (items []ReviewItem, next string, err error) {
	return nil, "", errUnbuilt
}
