package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func TestFirstAnswerToAQuestionStays(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		first := ledger.StepAnswer{Account: "bank", JourneyID: "j1", Step: "score", Round: 1, Subject: "s",
			Answer: journey.StepAnswer{Outcome: journey.StepFailed, Reason: "mismatch", Subject: "s"}, At: at(1)}
		second := first
		second.Answer.Outcome, second.At = journey.StepPassed, at(2)
		next := second
		next.Round = 2
		other := second
		other.Subject = "another selfie"
		for _, tc := range []struct {
			answer ledger.StepAnswer
			fresh  bool
		}{{first, true}, {first, false}, {second, false}, {next, true}, {other, true}} {
			fresh, err := l.SaveStepAnswer(t.Context(), tc.answer)
			if err != nil || fresh != tc.fresh {
				t.Errorf("got fresh %v, %v, want %v", fresh, err, tc.fresh)
			}
		}
		for _, want := range []ledger.StepAnswer{first, next, other} {
			got, err := l.StepAnswer(t.Context(), "bank", "j1", "score", want.Round, want.Subject)
			if diff := gocmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
		}
		if _, err := l.StepAnswer(t.Context(), "fintech", "j1", "score", 1, "s"); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("another account: got %v, want ErrNotFound", err)
		}
	})
}

func TestStepCallIsFoundByItsToken(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		want := ledger.StepCall{Account: "bank", JourneyID: "j1", Step: "score", Round: 1, Subject: "s", OpenedAt: at(0)}
		for n, token := range []string{"t1", "t2", "t1"} {
			call := want
			call.OpenedAt = at(n)
			mustDo(t, l.OpenStepCall(t.Context(), call, token))
		}
		if got, err := l.StepCallByToken(t.Context(), "t1"); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		mustDo(t, l.Erase(t.Context(), "bank", "j1", at(5)))
		if _, err := l.StepCallByToken(t.Context(), "t2"); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("after erasure: got %v, want ErrNotFound", err)
		}
		if err := l.OpenStepCall(t.Context(), want, "t3"); !errors.Is(err, ledger.ErrErased) {
			t.Errorf("opening after erasure: got %v, want ErrErased", err)
		}
	})
}

func TestRecordedEventIsForwardedOnce(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		event := journey.Event{EventID: "e1", Type: journey.StepAnswered, Account: "bank", JourneyID: "j1", ReferenceNo: "anna",
			Hint: journey.Hint{Step: "score"}, ReceivedAt: at(1)}
		for n := range 3 {
			e := event
			e.ReceivedAt = at(n + 1) // a retry reads another clock
			if fresh, err := l.RecordEvent(t.Context(), e); err != nil || fresh != (n == 0) {
				t.Errorf("time %d: got fresh %v, %v", n+1, fresh, err)
			}
		}
		event.EventID = ""
		if _, err := l.RecordEvent(t.Context(), event); err == nil {
			t.Error("an event without an id was recorded")
		}
		forwarded := make(chan ledger.Webhook, 3)
		stop := run(t, ledger.NewForwarder(l, func(_ context.Context, w ledger.Webhook) error {
			forwarded <- w
			return nil
		}, ledger.ForwarderOptions{}))
		awaitNonePending(t, l)
		stop()
		if len(forwarded) != 1 {
			t.Fatalf("%d events were forwarded, want 1", len(forwarded))
		}
		var got journey.Event
		mustDo(t, json.Unmarshal((<-forwarded).Event, &got))
		event.EventID, event.ReferenceNo = "e1", ""
		if diff := gocmp.Diff(event, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
