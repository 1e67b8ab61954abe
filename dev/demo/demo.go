package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"idjourney/dev/world"
	"idjourney/journey"
)

// within bounds all scenarios together.
const within = 60 * time.Second

// Play plays all scenarios in a running world and shows them on out, live if it is a
// terminal. started is how long the world took to start.
func Play(ctx context.Context, s *world.World, out io.Writer, live bool, started time.Duration) Report {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	began := time.Now()
	all := scenarios()
	names := make([]string, len(all))
	for i, sc := range all {
		names[i] = sc.name
	}
	b := newBoard(out, live, time.Now, names...)
	stop := refreshing(b)
	results := make([]Result, len(all))
	for _, alone := range []bool{false, true} {
		var playing sync.WaitGroup
		for i, sc := range all {
			if sc.alone == alone {
				r := &run{scenario: sc, world: s, line: b.line(sc.name)}
				playing.Go(func() { results[i] = r.conduct(ctx) })
			}
		}
		playing.Wait()
	}
	stop()
	report := Report{StartSeconds: started.Seconds()}
	report.add(results...)
	report.Seconds = time.Since(began).Seconds()
	if errors.Is(ctx.Err(), context.Canceled) {
		return report
	}
	// The leak search reads what is on disk and needs no time of the scenarios'.
	report.check("duplicates change nothing", sameDecisions(context.WithoutCancel(ctx), s, report, "approved", "duplicated-reordered"))
	report.check("every message was signed", allSigned(s))
	report.check("no personal data on disk", noLeak(s))
	return report
}

// refreshing keeps the times on the board moving until the returned function is
// called.
func refreshing(b *board) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				b.refresh()
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// sameDecisions compares the decisions of two scenarios in all that does not name
// the journey or the moment.
func sameDecisions(ctx context.Context, s *world.World, report Report, names ...string) error {
	var texts []string
	for _, name := range names {
		for _, result := range report.Scenarios {
			if result.Name != name {
				continue
			}
			decisions, err := s.Ledger.Decisions(ctx, world.Account, result.JourneyID)
			if err != nil {
				return err
			}
			text := ""
			for _, d := range decisions {
				text += fmt.Sprintln(d.Sequence, d.Outcome, d.Source, d.System, d.Manual, d.Final, d.Reasons, d.Supersedes, d.PolicyVersion)
			}
			texts = append(texts, text)
		}
	}
	if len(texts) != 2 || texts[0] == "" || texts[0] != texts[1] {
		return fmt.Errorf("%s and %s were not decided alike: %q", names[0], names[1], texts)
	}
	return nil
}

func allSigned(s *world.World) error {
	if n := s.Customer.Forged(); n > 0 {
		return fmt.Errorf("the customer refused %d messages whose signature did not verify", n)
	}
	for _, m := range s.Customer.Messages() {
		if m.Type == journey.MessageDecided {
			return nil
		}
	}
	return errors.New("the customer received no decision at all")
}
