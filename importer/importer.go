// Package importer imports customers from before idjourney: it reads their journeys from
// a file and has each adopted as IDWise decided it.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
)

// Ledger is what an import needs of a *ledger.Ledger.
type Ledger interface {
	Register(ctx context.Context, j ledger.Journey) error
	RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error)
}

// progressEvery is the number of lines between two reports of progress.
const progressEvery = 500

// Import checks a whole file and then imports its customers, at most perSecond new ones
// a second. It writes its progress to out. It can be repeated: known journeys are
// skipped.
func Import(ctx context.Context, cfg *config.Config, l Ledger, file string, perSecond float64, out io.Writer) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading what to import: %w", err)
	}
	customers, err := readCustomers(text, cfg)
	if err != nil {
		return err
	}
	im := importer{ledger: l, limit: rate.NewLimiter(rate.Limit(perSecond), 1), out: out, now: time.Now}
	return im.run(ctx, customers)
}

// importer takes up customers one after the other.
type importer struct {
	ledger Ledger
	limit  *rate.Limiter
	out    io.Writer
	now    func() time.Time
	// What became of the lines; refused holds line numbers.
	taken, known int
	refused      []int
}

// run prints a summary even when it is stopped, so that the progress is known.
func (im *importer) run(ctx context.Context, customers []customer) error {
	var failure error
	for i, c := range customers {
		if failure = ctx.Err(); failure != nil {
			break
		}
		if failure = im.take(ctx, c); failure != nil {
			break
		}
		if done := i + 1; done%progressEvery == 0 {
			_, _ = fmt.Fprintf(im.out, "%d of %d lines\n", done, len(customers))
		}
	}
	left := len(customers) - im.taken - im.known - len(im.refused)
	_, _ = fmt.Fprintf(im.out, "%d taken up, %d known before, %d refused, %d left\n", im.taken, im.known, len(im.refused), left)
	switch {
	case errors.Is(failure, context.Canceled):
		return errors.New("stopped: repeat the command to go on")
	case failure != nil:
		return fmt.Errorf("importing: %w", failure)
	case len(im.refused) > 0:
		return fmt.Errorf("the ledger knows these journeys with another reference, or has erased them: lines %s", lineNumbers(im.refused))
	}
	return nil
}

// take waits only after a new journey, so that what was imported before costs no time.
// The reference is registered first: an event without it would begin a journey that
// cannot be found by its reference.
func (im *importer) take(ctx context.Context, c customer) error {
	// A line is completed even if the import is being stopped.
	whole := context.WithoutCancel(ctx)
	err := im.ledger.Register(whole, ledger.Journey{Account: c.Account, JourneyID: c.JourneyID, Reference: c.Reference})
	if errors.Is(err, ledger.ErrRegistered) || errors.Is(err, ledger.ErrErased) {
		im.refused = append(im.refused, c.line)
		return nil
	}
	if err != nil {
		return err
	}
	fresh, err := im.ledger.RecordEvent(whole, journey.Event{
		EventID: "import-" + c.JourneyID, Type: journey.Adopt, Account: c.Account, JourneyID: c.JourneyID, ReceivedAt: im.now().UTC(),
	})
	if err != nil {
		return err
	}
	if !fresh {
		im.known++
		return nil
	}
	im.taken++
	if err := im.limit.Wait(ctx); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

// maxNumbers bounds the line numbers in an error.
const maxNumbers = 20

func lineNumbers(lines []int) string {
	var words []string
	for _, line := range lines[:min(len(lines), maxNumbers)] {
		words = append(words, fmt.Sprint(line))
	}
	if more := len(lines) - maxNumbers; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}
