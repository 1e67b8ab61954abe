package starter

import (
	"context"
	"fmt"
	"time"

	"idjourney/journey"
	"idjourney/ledger"
)

// Tombstones knows which journeys are over for good.
type Tombstones interface {
	// Tombstone says whether a journey has ended or was erased.
	Tombstone(ctx context.Context, account, journeyID string) (phase journey.Phase, ok bool, err error)
	// Erase removes what was recorded of an erased journey after its erasure.
	Erase(ctx context.Context, account, journeyID string, at time.Time) error
}

// heedTombstone keeps a webhook of a journey that is over from its workflow, and of
// one that was erased also the content: that would be personal data again. A look that
// fails, or takes more than a quarter of the time there is, refuses no webhook: it is
// recorded as if nothing were known, and UnlessOver looks again.
func (s *Starter) heedTombstone(ctx context.Context, in intake) intake {
	if in.row.JourneyID == "" {
		return in
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Intake.RecordTimeout/4)
	defer cancel()
	phase, over, err := s.cfg.Ledger.Tombstone(ctx, in.row.Account, in.row.JourneyID)
	switch {
	case err != nil:
		s.log.WarnContext(ctx, "webhook recorded without knowing whether its journey is over", "account", in.row.Account, "error", err)
		return in
	case !over:
		return in
	default:
		return in.over(phase)
	}
}

// over is the webhook as it is recorded for a journey that is over.
func (in intake) over(phase journey.Phase) intake {
	if phase == journey.Erased {
		in.row.Body, in.row.ReferenceNo = nil, ""
	}
	if phase == journey.Erased || in.row.Disposition == ledger.Forward {
		in.row.Disposition, in.row.Reason = ledger.Keep, string(phase)
	}
	in.row.Event, in.event = nil, journey.Event{}
	return in
}

// UnlessOver returns f for all webhooks but those of journeys that are over: they wake
// nobody, and what an erased journey's webhook brought is erased. It is the second look:
// the journey may have ended after the webhook was recorded, or the first one failed.
func UnlessOver(t Tombstones, f ledger.ForwardFunc) ledger.ForwardFunc {
	return func(ctx context.Context, w ledger.Webhook) error {
		if w.JourneyID == "" {
			return f(ctx, w)
		}
		phase, over, err := t.Tombstone(ctx, w.Account, w.JourneyID)
		switch {
		case err != nil:
			return fmt.Errorf("forwarding webhook %d: %w", w.ID, err)
		case !over:
			return f(ctx, w)
		case phase == journey.Erased:
			if err := t.Erase(ctx, w.Account, w.JourneyID, time.Now()); err != nil {
				return fmt.Errorf("forwarding webhook %d: %w", w.ID, err)
			}
		}
		return nil
	}
}
