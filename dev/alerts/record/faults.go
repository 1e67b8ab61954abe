package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"go.temporal.io/sdk/client"
	_ "modernc.org/sqlite" // to hold the ledger's lock against it

	"idjourney/idwise"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// fault is what goes wrong in a recording, which is named after it.
type fault struct {
	name string
	// scripts are the journeys that users begin from then on, in turn; nil for
	// those of healthy days.
	scripts []string
	// flow is these journeys' flow; "" for the listed one.
	flow string
	// overdue is from when on a review counts as overdue; "" for 6s, twice what a
	// reviewer needs. A fault that keeps reviews open says so where it is not to be
	// seen by the reviews that it delays: those take a day in real life.
	overdue string
	// policy is what of the configuration's policy is declared besides the usual, in
	// YAML's flow style: ladders whose hours are seconds.
	policy string
	// happen makes it go wrong, once; nil for nothing.
	happen func(ctx context.Context, w *world) error
	// again is done each second from then on; nil for nothing.
	again func(ctx context.Context, w *world) error
}

// healthy are the journeys of a good day: straight through, with a face that shows
// late, with a reviewer who approves and one who rejects.
var healthy = []string{"approve", "face-late", "refer-approve", "face-mismatch"}

const aDay = "24h"

func faults() []fault {
	return []fault{
		{name: "healthy", happen: aGoodDay},
		{name: "starter-stopped", overdue: aDay, happen: func(_ context.Context, w *world) error { w.starter.stop(); return nil }},
		{name: "worker-stopped", overdue: aDay, happen: func(_ context.Context, w *world) error { w.worker.stop(); return nil }},
		{name: "temporal-stopped", overdue: aDay, happen: func(_ context.Context, w *world) error { w.paused = true; return w.temporal.Pause() }},
		{name: "queue-unserved", scripts: []string{"approve"}, flow: unserved, overdue: aDay},
		{name: "workflow-tasks-failing", happen: newerRules},
		{name: "signal-unreadable", happen: unreadableSignal},
		{name: "ledger-locked", overdue: aDay, happen: lockLedger},
		{name: "ledger-lost", overdue: aDay, happen: loseLedger},
		{name: "webhooks-refused", again: func(ctx context.Context, w *world) error { return w.post(ctx, "an old password", "{}") }},
		{name: "webhooks-quarantined", again: func(ctx context.Context, w *world) error { return w.post(ctx, password, "<xml/>") }},
		{name: "vendor-failing", overdue: aDay, happen: vendorAnswers(http.StatusBadGateway)},
		{name: "vendor-denied", overdue: aDay, happen: vendorAnswers(http.StatusUnauthorized)},
		{name: "government-failing", overdue: aDay, happen: func(_ context.Context, w *world) error { w.register.SetDown(true); return nil }},
		{name: "customer-failing", overdue: aDay, happen: customerAnswers(http.StatusServiceUnavailable)},
		{name: "customer-refusing", happen: customerAnswers(http.StatusBadRequest)},
		{name: "review-overdue", scripts: []string{"refer", "aml-after-approval"}},
		{name: "review-escalated", scripts: []string{"refer"}, overdue: aDay,
			policy: "review: {ladder: {remind_after: 2s, remind_every: 2s, escalate_at: 5s}}"},
		{name: "aml-alert-escalated", scripts: []string{"aml-after-approval"}, overdue: aDay,
			policy: "aml: {ladders: {medium: {remind_after: 1s, remind_every: 1s, escalate_at: 3s}}}"},
		{name: "erasure-denied", happen: func(_ context.Context, w *world) error {
			w.vendor.SetFaults(idwisetest.Faults{Operations: []idwise.Operation{idwise.DeleteJourney}, APIStatus: http.StatusForbidden})
			return nil
		}, again: eraseOne},
		{name: "flow-unlisted", scripts: []string{"no-custom-step"}, flow: "flow-of-another-product", overdue: aDay},
	}
}

func vendorAnswers(status int) func(context.Context, *world) error {
	return func(_ context.Context, w *world) error {
		w.vendor.SetFaults(idwisetest.Faults{APIStatus: status})
		return nil
	}
}

func customerAnswers(status int) func(context.Context, *world) error {
	return func(_ context.Context, w *world) error { w.customer.SetStatus(status); return nil }
}

// aGoodDay has an erasure that works, besides the portal's test.
func aGoodDay(ctx context.Context, w *world) error {
	return errors.Join(portalTest(ctx, w), eraseOne(ctx, w))
}

// eraseOne asks for the erasure of the first journey that was approved and is there.
func eraseOne(ctx context.Context, w *world) error {
	for _, s := range w.vendor.Journeys() {
		if s.Phase != idwisetest.PhaseFinished || s.Script != "approve" || s.Deleted {
			continue
		}
		handle, err := w.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: journey.WorkflowID(account, s.JourneyID), UpdateName: journey.UpdateErase,
			Args:         []any{journey.Act{Kind: journey.UpdateErase, Actor: "privacy", Reason: "the user asked for it"}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err != nil {
			return fmt.Errorf("asking for an erasure: %w", err)
		}
		if err := handle.Get(ctx, nil); err != nil && !strings.Contains(err.Error(), "under way") {
			return fmt.Errorf("asking for an erasure: %w", err)
		}
		return nil
	}
	return nil // nobody has been approved yet
}

// portalTest presses the button "test" in IDWise's portal, which is no fault: its
// journey is unknown to IDWise's own API.
func portalTest(ctx context.Context, w *world) error {
	_, err := w.vendor.SendTestEvent(ctx)
	return err
}

// newerRules starts a journey as a newer worker would: this one cannot go on with it.
func newerRules(ctx context.Context, w *world) error {
	start := journey.Start{Account: account, JourneyID: "from-the-future", Rules: journey.Rules + 1}
	_, err := w.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: journey.WorkflowID(account, start.JourneyID), TaskQueue: taskQueue,
	}, journey.WorkflowName, start)
	return err
}

// unreadableSignal signals a journey with what is no event, as a mistaken batch
// command would.
func unreadableSignal(ctx context.Context, w *world) error {
	for _, s := range w.vendor.Journeys() {
		err := w.client.SignalWorkflow(ctx, journey.WorkflowID(account, s.JourneyID), "", journey.SignalEvent, "refresh, please")
		if err == nil {
			return nil
		}
	}
	return errors.New("no journey took the signal")
}

// lockLedger holds the ledger's write lock, as a forgotten transaction would.
func lockLedger(ctx context.Context, w *world) error {
	db, err := sql.Open("sqlite", w.ledger()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	w.closers = append(w.closers, func() { _ = db.Close() })
	if _, err := db.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("locking the ledger: %w", err)
	}
	return nil
}

// loseLedger empties the ledger's files, as a disk that breaks might.
func loseLedger(_ context.Context, w *world) error {
	return errors.Join(os.Truncate(w.ledger()+"-wal", 0), os.Truncate(w.ledger(), 0))
}
