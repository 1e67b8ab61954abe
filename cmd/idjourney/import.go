package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
)

// progressEvery is how many lines go by between two words about them.
const progressEvery = 500

func importCommand(o *options) *cobra.Command {
	var perSecond float64
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take up customers from before idjourney: adopt journeys that were decided already",
		Long: "Reads CSV with the header account,journeyId,reference, or JSON lines with these keys. All lines are checked before the\n" +
			"first is taken; faulty ones are named by their number. Each becomes an event in the ledger, by which the starter begins\n" +
			"its journey: IDWise is asked once, and what stands there is adopted (journey.adopted), never told as a fresh decision.\n" +
			"It may be stopped and repeated at any time: what is in the ledger already is passed over.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if perSecond <= 0 {
				return errors.New("--rate must be above 0")
			}
			cfg, err := config.LoadUnconfirmed(o.config, os.Environ())
			if err != nil {
				return err
			}
			customers, err := readCustomersFile(args[0], cfg)
			if err != nil {
				return err
			}
			l, err := ledger.Open(cmd.Context(), cfg.Ledger.URL.Reveal())
			if err != nil {
				return fmt.Errorf("opening the ledger: %w", err)
			}
			defer func() { _ = l.Close() }()
			if err := l.Migrate(cmd.Context()); err != nil {
				return fmt.Errorf("migrating the ledger: %w", err)
			}
			im := importer{ledger: l, limit: rate.NewLimiter(rate.Limit(perSecond), 1), out: cmd.OutOrStdout(), now: time.Now}
			return im.run(cmd.Context(), customers)
		},
	}
	cmd.Flags().Float64Var(&perSecond, "rate", 5, "how many journeys to begin a second: each is one call of IDWise's API")
	return cmd
}

// importLedger is what an import needs of a *ledger.Ledger.
type importLedger interface {
	Register(ctx context.Context, j ledger.Journey) error
	RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error)
}

// importer takes customers up, one after the other.
type importer struct {
	ledger importLedger
	limit  *rate.Limiter
	out    io.Writer
	now    func() time.Time
	// What became of the lines; refused holds line numbers.
	taken, known int
	refused      []int
}

// run ends with a summary even when it is stopped: whoever stopped it wants to know
// how far it came.
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

// take waits its turn only for a journey that is new, so that what was imported
// before costs nothing. The reference is registered first: an event without it would
// begin a journey that nobody can find.
func (im *importer) take(ctx context.Context, c customer) error {
	// One line is done whole, even if the import is being stopped.
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

// maxNumbers bounds how many line numbers are written out.
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
