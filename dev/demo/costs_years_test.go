package demo

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"idjourney/dev/history"
	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// audits is how often a settled journey looks for lost webhooks in a year, at the
// default audit_every of 30 days.
const audits = 12

// firstTask is how many events a run has when its first workflow task is done.
const firstTask = 4

// TestCostsOfYears measures what a customer costs who stays for years: the history
// that lies there, a year in which nothing happens, and an AML change that leaves the
// decision as it is. The second table of docs/costs.md has the same.
func TestCostsOfYears(t *testing.T) {
	s := start(t, world.Options{})
	told := costTable(t, "what")
	for what, measure := range map[string]func(context.Context, *run) (history.Counts, error){
		"idle history":             idleHistory,
		"idle year":                idleYear,
		"AML change, nothing else": amlChangeAlone,
		"AML change under review":  amlChangeUnderReview,
	} {
		b := newBoard(testWriter{t}, false, time.Now, what)
		r := &run{scenario: scenario{name: what}, world: s, line: b.line(what)}
		ctx, cancel := context.WithTimeout(t.Context(), within)
		got, err := measure(ctx, r)
		cancel()
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		t.Logf("%s: %d Actions, %d events, %d bytes: %v %v", what, got.Actions, got.Events, got.Bytes, got.ByKind, got.Attempts)
		if c, ok := told[what]; !ok || !near(got.Actions, c.actions) || !near(got.Events, c.events) || !near(got.Bytes, c.bytes) {
			t.Errorf("docs/costs.md says of %s %+v, it costs %d Actions, %d events, %d bytes", what, told[what], got.Actions, got.Events, got.Bytes)
		}
	}
}

// testWriter shows what a run says in the test's log.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// idleHistory is the open run of a journey that was approved and continued as new.
func idleHistory(ctx context.Context, r *run) (history.Counts, error) {
	if err := r.settledBy(ctx, "", "approve"); err != nil {
		return history.Counts{}, err
	}
	var open history.Counts
	err := r.until(ctx, func() error {
		chain, err := history.Walk(ctx, r.world.Client, r.workflowID())
		if err != nil {
			return err
		}
		open = chain.Runs[len(chain.Runs)-1].Counts
		if len(chain.Runs) < 2 || open.Events < firstTask {
			return fmt.Errorf("%d runs, the last of %d events: it has not continued as new yet", len(chain.Runs), open.Events)
		}
		return nil
	})
	return open, err
}

// idleYear is what twelve looks for lost webhooks cost, with the continue-as-news on
// their way. Only whole looks are counted.
func idleYear(ctx context.Context, r *run) (history.Counts, error) {
	if err := r.beginIn(world.Account, world.AuditedFlow, "no-custom-step"); err != nil {
		return history.Counts{}, err
	}
	if err := r.decided(ctx); err != nil {
		return history.Counts{}, err
	}
	first, err := r.looked(ctx, 1)
	if err != nil {
		return history.Counts{}, err
	}
	last, err := r.looked(ctx, first.Attempts["Fetch"]+audits)
	if err != nil {
		return history.Counts{}, err
	}
	return minus(last, first), nil
}

// looked waits until the journey has looked so often in all, and only waits.
func (r *run) looked(ctx context.Context, fetches int) (total history.Counts, err error) {
	err = r.until(ctx, func() error {
		if _, err := r.restless(ctx, r.journeyID, r.workflowID(), journey.Settled); err != nil {
			return err
		}
		chain, err := history.Walk(ctx, r.world.Client, r.workflowID())
		if err != nil {
			return err
		}
		total = chain.Total
		if n := total.Attempts["Fetch"]; n < fetches {
			return fmt.Errorf("it has looked %d times, want %d", n, fetches)
		}
		return nil
	})
	return total, err
}

// amlChangeAlone is a match of a customer who was rejected: it is told, and that is all.
func amlChangeAlone(ctx context.Context, r *run) (history.Counts, error) {
	if err := r.begin(world.Account, "refer-reject"); err != nil {
		return history.Counts{}, err
	}
	if err := r.decided(ctx); err != nil {
		return history.Counts{}, err
	}
	return r.costOfMatch(ctx, journey.Settled)
}

// amlChangeUnderReview is a second match, of a journey that is on hold for the first:
// the person who reviews it has to know.
func amlChangeUnderReview(ctx context.Context, r *run) (history.Counts, error) {
	if err := r.matchedLater(ctx); err != nil {
		return history.Counts{}, err
	}
	return r.costOfMatch(ctx, journey.AwaitingReview)
}

// costOfMatch is the cost of one more match of a journey in a phase that it leaves as
// it is, as it leaves the decisions.
func (r *run) costOfMatch(ctx context.Context, phase journey.Phase) (history.Counts, error) {
	before, err := r.rest(ctx, r.journeyID, phase)
	if err != nil {
		return history.Counts{}, err
	}
	told, decisions := len(r.messages(r.journeyID, journey.MessageAMLChanged)), len(r.messages(r.journeyID, journey.MessageDecided))
	if err := r.world.Vendor.ChangeAML(r.journeyID, idwisetest.AMLChange{Kind: idwisetest.AMLAdded}); err != nil {
		return history.Counts{}, err
	}
	if _, err := r.message(ctx, journey.MessageAMLChanged, told+1); err != nil {
		return history.Counts{}, err
	}
	after, err := r.rest(ctx, r.journeyID, phase)
	if err != nil {
		return history.Counts{}, err
	}
	if n := len(r.messages(r.journeyID, journey.MessageDecided)); n != decisions {
		return history.Counts{}, fmt.Errorf("there are %d decisions, want the %d from before", n, decisions)
	}
	return minus(after.Total, before.Total), nil
}

func minus(a, b history.Counts) history.Counts {
	d := history.Counts{
		Actions: a.Actions - b.Actions, Events: a.Events - b.Events, Bytes: a.Bytes - b.Bytes,
		ByKind: map[history.Kind]int{}, Attempts: map[string]int{},
	}
	for kind, n := range a.ByKind {
		if n -= b.ByKind[kind]; n != 0 {
			d.ByKind[kind] = n
		}
	}
	for name, n := range a.Attempts {
		if n -= b.Attempts[name]; n != 0 {
			d.Attempts[name] = n
		}
	}
	return d
}
