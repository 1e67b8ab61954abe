package telemetry

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// Figures is what waits, as the ledger sees it at one moment.
type Figures struct {
	// Pending counts the recorded webhooks that wait for Temporal; OldestPending is
	// when the oldest of them was received.
	Pending       int
	OldestPending time.Time
	// Waiting has one entry for each account, phase and, under review, kind of review.
	Waiting []Waiting
	// Undelivered has one entry for each account, endpoint and state but delivered.
	Undelivered []Undelivered
	// Reviews has one entry for each account, kind and, of AML alerts, severity of what
	// waits for a person's decision.
	Reviews []OpenReviews
	// Withheld has one entry for each account and state of what is withheld.
	Withheld []Withheld
	// Attention has one entry for each account and attention code that is open.
	Attention []OpenAttention
}

// OpenReviews counts open reviews of one kind, or open AML alerts of one severity.
type OpenReviews struct {
	// Kind is vendor, local or aml; Severity is empty but for aml.
	Account, Kind, Severity string
	Count                   int
	Oldest                  time.Time
	// Overdue counts those whose ladder has escalated them.
	Overdue int
}

// OpenAttention counts the journeys that need a person for one reason; one whose
// messages are parked at two endpoints counts twice.
type OpenAttention struct {
	Account, Code string
	Count         int
	Oldest        time.Time
}

// Withheld counts the journeys and spot checks whose webhooks wait until the vendor
// confirms that it knows them.
type Withheld struct {
	// State is waiting, or unknown once the vendor has denied knowing it for long enough.
	Account, State string
	Count          int
	Oldest         time.Time
}

// Waiting counts journeys that are in one phase and wait for something.
type Waiting struct {
	Account, Phase string
	// Review is vendor or local while a review is open, "" if not known.
	Review string
	Count  int
	// Oldest is since when the first of them has been in this phase.
	Oldest time.Time
	// Overdue counts those which have been in it for longer than asked for.
	Overdue int
}

// Undelivered counts messages that an endpoint has not taken.
type Undelivered struct {
	Account, Endpoint, State string
	Count                    int
	// Oldest is when the first of them was first tried.
	Oldest time.Time
}

// Watched names an account and what its gauges show even while it is 0.
type Watched struct {
	Account   string
	Endpoints []string
}

// What the gauges are labelled with; package journey and package ledger have the
// same words, and a test holds them together.
var (
	openPhases  = []string{"awaiting_user_steps", "custom_steps", "awaiting_result", phaseReview, "awaiting_resubmission"}
	reviewKinds = []string{"vendor", "local", "unknown"}
	waitStates  = []string{"pending", "parked"}
	heldStates  = []string{"waiting", "unknown"}
)

const (
	phaseReview = "awaiting_review"
	// figuresFor is how long figures are shown again before the ledger is asked
	// anew: however often and by whomever metrics are read, it costs little.
	figuresFor = 2 * time.Second
	// figuresWithin bounds the asking; metrics are read without a deadline.
	figuresWithin = 2 * time.Second
)

// ObserveFigures shows figures whenever metrics are read. Every process that does
// so shows the same numbers of the one ledger: take the highest, not the sum.
func (i *Instruments) ObserveFigures(read func(ctx context.Context) (Figures, error), watched []Watched) error {
	g, err := newGauges(i.meter)
	if err == nil {
		look := &cachedFigures{read: read}
		_, err = i.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
			f, err := look.now(ctx)
			// The scrape goes on without a ledger; what is missing says so itself.
			g.observe(o, f, err == nil, watched)
			return nil
		}, g.all...)
	}
	if err != nil {
		return fmt.Errorf("making the gauges of the ledger: %w", err)
	}
	return nil
}

// cachedFigures asks at most once in figuresFor.
type cachedFigures struct {
	mu   sync.Mutex
	read func(ctx context.Context) (Figures, error)
	at   time.Time
	last Figures
	err  error
}

func (c *cachedFigures) now(ctx context.Context) (Figures, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() && time.Since(c.at) < figuresFor {
		return c.last, c.err
	}
	ctx, cancel := context.WithTimeout(ctx, figuresWithin)
	defer cancel()
	c.last, c.err = c.read(ctx)
	c.at = time.Now()
	return c.last, c.err
}
