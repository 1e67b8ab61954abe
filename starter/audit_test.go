package starter_test

import (
	"log/slog"
	"testing"
	"time"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
	"idjourney/starter"
)

// A settled, approved journey without news for audit_every is fetched once, by however many
// processes; no other journey is.
func TestTheAuditAsksForOneFetch(t *testing.T) {
	t.Parallel()
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	settled := func(account, id string, outcome journey.Outcome, phase journey.Phase, ago time.Duration) {
		t.Helper()
		at := now.Add(-ago)
		d := journey.Decision{
			ID: journey.DecisionID(account, id, 1), Account: account, JourneyID: id, Sequence: 1, Outcome: outcome,
			Source: journey.SourceVendor, PolicyVersion: "1", DecidedBy: "vendor", DecidedAt: at,
		}
		if _, err := l.SaveDecision(t.Context(), d, phase); err != nil {
			t.Fatal(err)
		}
		if err := l.SaveJourney(t.Context(), ledger.Journey{Account: account, JourneyID: id, Flow: "onboarding", Phase: phase, UpdatedAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	const month = 30 * 24 * time.Hour
	settled("acme", "silent", journey.OutcomeApproved, journey.Settled, month+time.Hour)
	settled("acme", "heard-of", journey.OutcomeApproved, journey.Settled, month-time.Hour)
	settled("acme", "rejected", journey.OutcomeRejected, journey.Settled, 2*month)
	settled("acme", "in-review", journey.OutcomeApproved, journey.AwaitingReview, 2*month)
	settled("other", "silent", journey.OutcomeApproved, journey.Settled, 2*month)

	woken := 0
	auditor := func() *starter.Auditor {
		return &starter.Auditor{
			Ledger: l, Wake: func() { woken++ }, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
			Accounts: []config.Account{{Name: "acme", Flows: []config.Flow{{ID: "1", Name: "onboarding", Policy: config.Policy{AuditEvery: month}}}}},
		}
	}
	for range 2 { // two processes
		if err := auditor().Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pending, _, err := l.PendingWebhooks(t.Context())
	if err != nil || pending != 1 || woken != 1 {
		t.Fatalf("%d events wait and %d were announced (%v), want one fetch of the silent one", pending, woken, err)
	}
	w, err := l.Webhook(t.Context(), 1)
	if err != nil || w.Account != "acme" || w.JourneyID != "silent" || w.EventType != string(journey.Refresh) {
		t.Errorf("the event is %q for %s/%s (%v), want a refresh for the silent one", w.EventType, w.Account, w.JourneyID, err)
	}
}
