package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// subject is a journey of an account, with everything that the ledger keeps of it.
type subject struct{ account, id string }

// target is changed. The names of all others contain its names or are contained in them.
var (
	target = subject{"an", "a"}
	others = []subject{{"an", "ab"}, {"an", "ba"}, {"an", "a-a"}, {"bank", "a"}, {"bank", "ab"}, {"a", "a"}, {"a", "an"}}
)

func (s subject) reference() string { return "ref-" + s.id }
func (s subject) message() string   { return "message-" + s.id }
func (s subject) spot() string      { return s.id + "-spot" }
func (s subject) stepToken() string { return "token of " + s.account + "/" + s.id }
func (s subject) screened() ledger.Candidate {
	return ledger.Candidate{Account: s.account, ID: s.id}
}
func (s subject) request() ledger.IdempotentRequest {
	return request(s.account, "core", "key-"+s.id, "hash")
}

func (s subject) decision(sequence int) journey.Decision {
	d := decision(s.id, sequence, journey.OutcomeApproved)
	d.Account, d.ID = s.account, journey.DecisionID(s.account, s.id, sequence)
	return d
}

func (s subject) snapshot(minute int) journey.Snapshot {
	snapshot := inReview(minute)
	snapshot.Attention = []journey.AttentionItem{
		{Code: journey.AttentionDeliveryParked, Since: at(minute), Detail: s.id}, {Code: journey.AttentionVendorDenied, Since: at(minute)},
	}
	return snapshot
}

func (s subject) webhooks() []ledger.Webhook {
	body := func(format string) []byte { return []byte(strings.ReplaceAll(format, "ID", s.id)) }
	return []ledger.Webhook{
		{Account: s.account, EventType: "Finished Journey", EventID: "e-" + s.id, JourneyID: s.id, ReferenceNo: s.reference(),
			Body: body(`{"journeyId":"ID","referenceNo":"ref-ID"}`), Handling: ledger.Forward, Event: body(`{"journeyId":"ID"}`)},
		{Account: s.account, EventType: "Finished Spot Check", ReferenceNo: s.reference(), Body: body(`{"referenceNo":"ref-ID"}`), Handling: ledger.Keep, TraceParent: s.id},
		{Account: s.account, Body: body(`no JSON: "ID"`), Handling: ledger.Quarantine, TraceParent: s.id},
		{Account: s.account, Body: body(`no JSON either: "ref-ID"`), Handling: ledger.Quarantine, TraceParent: s.id},
	}
}

// acts are all changes that the ledger makes to one journey.
var acts = []struct {
	name string
	do   func(t *testing.T, l *ledger.Ledger, s subject) error
}{
	{"withheld webhook", func(t *testing.T, l *ledger.Ledger, s subject) error {
		w := ledger.Webhook{Account: s.account, EventType: "Finished Journey", EventID: "first", JourneyID: s.id, Handling: ledger.Forward, Event: []byte("{}")}
		var err error
		if w.ID, _, err = l.RecordWebhook(t.Context(), w); err != nil {
			return err
		}
		if err := l.Admit(t.Context(), w, s.screened(), ledger.Screening{}); !errors.Is(err, ledger.ErrWithheld) {
			return fmt.Errorf("got %w, want ErrWithheld", err)
		}
		return nil
	}},
	{"register", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.Register(t.Context(), ledger.Journey{Account: s.account, JourneyID: s.id, Reference: s.reference(), Flow: "onboarding"})
	}},
	{"webhooks", func(t *testing.T, l *ledger.Ledger, s subject) error {
		for _, w := range s.webhooks() {
			if _, _, err := l.RecordWebhook(t.Context(), w); err != nil {
				return err
			}
		}
		return nil
	}},
	{"event", func(t *testing.T, l *ledger.Ledger, s subject) error {
		_, err := l.RecordEvent(t.Context(), journey.Event{EventID: "own", Type: journey.Refresh, Account: s.account, JourneyID: s.id, ReceivedAt: at(0)})
		return err
	}},
	{"idempotent request", func(t *testing.T, l *ledger.Ledger, s subject) error {
		if _, err := l.BeginIdempotent(t.Context(), s.request(), at(0)); err != nil {
			return err
		}
		return l.FinishIdempotent(t.Context(), s.request(), s.id, 201, []byte(`{"journeyId":"`+s.id+`"}`))
	}},
	{"idempotent request without effect", func(t *testing.T, l *ledger.Ledger, s subject) error {
		r := s.request()
		r.Key += "-released"
		if _, err := l.BeginIdempotent(t.Context(), r, at(0)); err != nil {
			return err
		}
		return l.ReleaseIdempotent(t.Context(), r)
	}},
	{"state", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveJourney(t.Context(), ledger.Journey{Account: s.account, JourneyID: s.id, Phase: journey.CustomSteps, UpdatedAt: at(0)})
	}},
	{"snapshot", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveSnapshot(t.Context(), s.account, s.id, s.snapshot(1))
	}},
	{"decision", func(t *testing.T, l *ledger.Ledger, s subject) error {
		_, err := l.SaveDecision(t.Context(), s.decision(1), journey.Settled)
		return err
	}},
	{"delivery", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveDelivery(t.Context(), ledger.Delivery{Account: s.account, MessageID: s.message(), Endpoint: "core", JourneyID: s.id, State: ledger.DeliveryPending})
	}},
	{"submission", func(t *testing.T, l *ledger.Ledger, s subject) error {
		_, err := l.ClaimSubmission(t.Context(), s.account, s.id, "face", "hash")
		return err
	}},
	{"step call", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.OpenStepCall(t.Context(), ledger.StepCall{Account: s.account, JourneyID: s.id, Step: "face", OpenedAt: at(0)}, s.stepToken())
	}},
	{"step answer", func(t *testing.T, l *ledger.Ledger, s subject) error {
		_, err := l.SaveStepAnswer(t.Context(), ledger.StepAnswer{Account: s.account, JourneyID: s.id, Step: "face", At: at(0),
			Answer: journey.StepAnswer{Outcome: journey.StepPassed}})
		return err
	}},
	{"spot check", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveSpotCheck(t.Context(), journey.SpotDecision{Account: s.account, SpotID: s.spot(), JourneyID: s.id, Outcome: journey.SpotPassed, DecidedAt: at(2)}, s.reference())
	}},
	{"unbound spot check with the journey's id", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveSpotCheck(t.Context(), journey.SpotDecision{Account: s.account, SpotID: s.id, Outcome: journey.SpotPassed, DecidedAt: at(2)}, s.reference())
	}},
	{"acknowledgement", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.Acknowledge(t.Context(), s.account, journey.AttentionDeliveryParked, s.id, "anna", at(3))
	}},
	{"candidate asked about again", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.AskAgain(t.Context(), s.screened(), time.Minute)
	}},
	{"candidate marked unknown", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.MarkUnknown(t.Context(), s.screened())
	}},
	{"withheld webhook released", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.Release(t.Context(), s.screened())
	}},
	{"delivered", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveDelivery(t.Context(), ledger.Delivery{Account: s.account, MessageID: s.message(), Endpoint: "core", JourneyID: s.id, State: ledger.DeliveryDelivered})
	}},
	{"submission released", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.ReleaseSubmission(t.Context(), s.account, s.id, "face", "hash")
	}},
	{"second decision", func(t *testing.T, l *ledger.Ledger, s subject) error {
		_, err := l.SaveDecision(t.Context(), s.decision(2), journey.AwaitingReview)
		return err
	}},
	{"review ended", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveSnapshot(t.Context(), s.account, s.id, journey.Snapshot{At: at(9), Phase: journey.Settled, Since: at(9)})
	}},
	{"spot check linked", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveSpotCheck(t.Context(), journey.SpotDecision{Account: s.account, SpotID: s.id, JourneyID: s.id, Outcome: journey.SpotPassed, DecidedAt: at(10)}, "")
	}},
	{"end", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.SaveSnapshot(t.Context(), s.account, s.id, journey.Snapshot{At: at(11), Phase: journey.Ended, Since: at(11)})
	}},
	{"erasure", func(t *testing.T, l *ledger.Ledger, s subject) error {
		return l.Erase(t.Context(), s.account, s.id, at(20))
	}},
}

// foreign returns all rows that are not the target's, as text.
func foreign(t *testing.T, url string) (rows []string) {
	t.Helper()
	for table, all := range tables(t, url) {
		for _, row := range all {
			own := []string{row["journey_id"], row["spot_id"], row["part"], strings.TrimPrefix(row["reference_no"], "ref-"), row["trace_parent"], row["id"]}
			if account, there := row["account"]; !there || account == target.account && slices.Contains(own, target.id) {
				continue
			}
			rows = append(rows, fmt.Sprint(table, row))
		}
	}
	slices.Sort(rows)
	return rows
}

// A change of one journey changes nothing of other journeys, of its account or of another,
// even if their names and ids are similar.
func TestActsChangeOnlyTheirAccountAndJourney(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		for _, s := range others {
			for _, act := range acts[:16] { // up to the acknowledgement: all that fills tables
				if err := act.do(t, l, s); err != nil {
					t.Fatalf("%s of %v: %v", act.name, s, err)
				}
			}
		}
		before := foreign(t, url)
		for _, act := range acts {
			if err := act.do(t, l, target); err != nil {
				t.Fatalf("%s: %v", act.name, err)
			}
			if diff := gocmp.Diff(before, foreign(t, url)); diff != "" {
				t.Fatalf("%s changed rows of others (-before +after):\n%s", act.name, diff)
			}
		}
		wantOthersWhole(t, l)
	})
}

// wantOthersWhole reads the data of the others as their callers would.
func wantOthersWhole(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	if _, err := l.BeginIdempotent(t.Context(), target.request(), at(30)); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("the answer about the erased journey: got %v, want ErrErased", err)
	}
	for _, s := range others {
		answer, err := l.BeginIdempotent(t.Context(), s.request(), at(30))
		if err != nil || answer == nil || answer.Status != 201 || string(answer.Body) != `{"journeyId":"`+s.id+`"}` {
			t.Errorf("%v: got the stored answer %+v, %v", s, answer, err)
		}
		if _, over, err := l.Tombstone(t.Context(), s.account, s.id); over || err != nil {
			t.Errorf("%v has a tombstone (%v)", s, err)
		}
		d, err := l.Delivery(t.Context(), s.account, s.message(), "core")
		if err != nil || d.State != ledger.DeliveryPending || d.JourneyID != s.id {
			t.Errorf("%v: got the delivery %+v, %v", s, d, err)
		}
		call, err := l.StepCallByToken(t.Context(), s.stepToken())
		if err != nil || call.Account != s.account || call.JourneyID != s.id {
			t.Errorf("%v: got the step call %+v, %v", s, call, err)
		}
		if ids, err := l.NewestApproved(t.Context(), s.account, s.reference()); err != nil || !slices.Equal(ids, []string{s.id}) {
			t.Errorf("%v: got %q for its reference, %v", s, ids, err)
		}
		decisions, err := l.Decisions(t.Context(), s.account, s.id)
		if err != nil || len(decisions) != 1 || decisions[0].Account != s.account || decisions[0].JourneyID != s.id {
			t.Errorf("%v: got the decisions %+v, %v", s, decisions, err)
		}
	}
	for _, account := range []string{"bank", "a"} {
		due, err := l.DueForAudit(t.Context(), account, "onboarding", at(60), 10)
		if err != nil {
			t.Error(err)
		}
		for _, j := range due {
			if j.Account != account || !slices.Contains(others, subject{account, j.JourneyID}) {
				t.Errorf("an audit of %s is due for %+v", account, j)
			}
		}
	}
}
