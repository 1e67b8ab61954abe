package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func candidateOf(id string) ledger.Candidate { return ledger.Candidate{Account: "bank", ID: id} }

// hook records a webhook of the journey and returns it as the forwarder reads it.
func hook(t *testing.T, l *ledger.Ledger, account, journeyID, eventID string) ledger.Webhook {
	t.Helper()
	w := ledger.Webhook{
		Account: account, EventType: "Finished Journey", EventID: eventID, JourneyID: journeyID,
		Handling: ledger.Forward, Event: []byte(`{}`), Body: []byte(journeyID),
	}
	id, _, err := l.RecordWebhook(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	w.ID = id
	return w
}

// forwarded runs a forwarder until nothing is due, and returns the webhooks that it
// forwarded.
func forwarded(t *testing.T, l *ledger.Ledger) (ids []int64) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	taken := make(chan int64, 100)
	done := make(chan error, 1)
	f := ledger.NewForwarder(l, func(_ context.Context, w ledger.Webhook) error { taken <- w.ID; return nil },
		ledger.ForwarderOptions{PollInterval: 10 * time.Millisecond})
	go func() { done <- f.Run(ctx) }()
	for due, deadline := 1, time.Now().Add(20*time.Second); due > 0; {
		var err error
		if due, _, err = l.PendingWebhooks(ctx); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d webhooks are due and not forwarded", due)
		}
		time.Sleep(5 * time.Millisecond) // a webhook is marked after it was taken
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	close(taken)
	for id := range taken {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func withheld(t *testing.T, l *ledger.Ledger) map[string]int {
	t.Helper()
	figures, err := l.Figures(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, w := range figures.Withheld {
		counts[w.Account+" "+w.By] = w.Count
	}
	return counts
}

func TestNewCandidatesAreWithheldBeyondTheLimit(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		ctx, rule := t.Context(), ledger.Screening{Limit: 2, Since: time.Now().Add(-time.Hour)}
		admit := func(w ledger.Webhook) error { return l.Admit(ctx, w, candidateOf(w.JourneyID), rule) }
		hooks := map[string]ledger.Webhook{}
		for i, want := range []error{nil, nil, ledger.ErrWithheld} {
			id := fmt.Sprint("j", i+1)
			hooks[id] = hook(t, l, "bank", id, "e"+id)
			if err := admit(hooks[id]); !errors.Is(err, want) {
				t.Fatalf("%s: got %v, want %v", id, err, want)
			}
		}
		if err := admit(hook(t, l, "bank", "j1", "again")); err != nil {
			t.Errorf("another webhook of a journey that was started: got %v, want it admitted", err)
		}
		// Another account, and a spot check with an id of a withheld journey.
		other := hook(t, l, "telco", "j3", "e")
		if err := l.Admit(ctx, other, ledger.Candidate{Account: "telco", ID: "j3"}, rule); err != nil {
			t.Errorf("another account: got %v, want it admitted", err)
		}
		spot := hook(t, l, "bank", "", "spot")
		if err := l.Admit(ctx, spot, ledger.Candidate{Account: "bank", SpotCheck: true, ID: "s1"}, rule); !errors.Is(err, ledger.ErrWithheld) {
			t.Errorf("a spot check: got %v, want it withheld as well", err)
		}
		if got := withheld(t, l); got["bank waiting"] != 2 || len(got) != 1 {
			t.Errorf("got %v withheld, want two of bank", got)
		}
		ids := forwarded(t, l)
		if slices.Contains(ids, hooks["j3"].ID) || slices.Contains(ids, spot.ID) || len(ids) != 4 {
			t.Errorf("forwarded %v, want all but %d and %d", ids, hooks["j3"].ID, spot.ID)
		}
	})
}

func TestConfirmedCandidatesDoNotCount(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		ctx, rule := t.Context(), ledger.Screening{Limit: 1, Since: time.Now().Add(-time.Hour)}
		first := hook(t, l, "bank", "j1", "e1")
		if err := l.Admit(ctx, first, candidateOf("j1"), rule); err != nil {
			t.Fatal(err)
		}
		if err := l.SaveJourney(ctx, ledger.Journey{Account: "bank", JourneyID: "j1", Flow: "onboarding", Phase: journey.AwaitingUserSteps}); err != nil {
			t.Fatal(err)
		}
		if err := l.Admit(ctx, hook(t, l, "bank", "j2", "e2"), candidateOf("j2"), rule); err != nil {
			t.Errorf("after the first journey was confirmed: got %v, want room for one", err)
		}
		if err := l.Register(ctx, ledger.Journey{Account: "bank", JourneyID: "j3", Reference: "r"}); err != nil {
			t.Fatal(err)
		}
		if err := l.Admit(ctx, hook(t, l, "bank", "j3", "e3"), candidateOf("j3"), rule); err != nil {
			t.Errorf("a registered journey: got %v, want it admitted", err)
		}
		// A phase alone confirms nothing, because unknown journeys have one as well.
		if err := l.SaveJourney(ctx, ledger.Journey{Account: "bank", JourneyID: "j4", Phase: journey.Unknown}); err != nil {
			t.Fatal(err)
		}
		if err := l.Admit(ctx, hook(t, l, "bank", "j4", "e4"), candidateOf("j4"), rule); !errors.Is(err, ledger.ErrWithheld) {
			t.Errorf("an unknown journey: got %v, want it withheld", err)
		}
	})
}

// screen withholds webhooks of the ids: with a limit of 0 all are.
func screen(t *testing.T, l *ledger.Ledger, ids ...string) (hooks []ledger.Webhook) {
	t.Helper()
	for _, id := range ids {
		w := hook(t, l, "bank", id, "e-"+id)
		if err := l.Admit(t.Context(), w, candidateOf(id), ledger.Screening{}); !errors.Is(err, ledger.ErrWithheld) {
			t.Fatalf("%s: got %v, want it withheld", id, err)
		}
		hooks = append(hooks, w)
	}
	return hooks
}

func claim(t *testing.T, l *ledger.Ledger, limit int) (ids []string) {
	t.Helper()
	due, err := l.ClaimScreened(t.Context(), "bank", limit, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range due {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestWithheldWebhooksAreReleasedOrStay(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		ctx := t.Context()
		hooks := screen(t, l, "real", "invented", "slow")
		if got := claim(t, l, 10); !slices.Equal(got, []string{"invented", "real", "slow"}) {
			t.Fatalf("claimed %v, want all three", got)
		}
		if got := claim(t, l, 10); len(got) != 0 {
			t.Errorf("claimed %v again under a lease, want none", got)
		}
		for _, err := range []error{
			l.Release(ctx, candidateOf("real")), l.MarkUnknown(ctx, candidateOf("invented")), l.AskAgain(ctx, candidateOf("slow"), 0),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := forwarded(t, l); !slices.Equal(got, []int64{hooks[0].ID}) {
			t.Errorf("forwarded %v, want the released webhook %d", got, hooks[0].ID)
		}
		if got := withheld(t, l); got["bank waiting"] != 1 || got["bank unknown"] != 1 {
			t.Errorf("got %v, want one waiting and one unknown", got)
		}
		if got := claim(t, l, 10); !slices.Equal(got, []string{"slow"}) {
			t.Errorf("claimed %v, want the one to ask about again", got)
		}
		// The vendor knows it: its next webhook needs no screening.
		if err := l.Admit(ctx, hook(t, l, "bank", "real", "next"), candidateOf("real"), ledger.Screening{}); err != nil {
			t.Errorf("next webhook of a released journey: got %v, want it admitted", err)
		}
		// Another webhook makes an unknown candidate due once more.
		next := hook(t, l, "bank", "invented", "next")
		if err := l.Admit(ctx, next, candidateOf("invented"), ledger.Screening{Limit: 10}); !errors.Is(err, ledger.ErrWithheld) {
			t.Errorf("next webhook of an unknown journey: got %v, want it withheld", err)
		}
		if got := claim(t, l, 10); !slices.Equal(got, []string{"invented"}) {
			t.Errorf("claimed %v, want the unknown one", got)
		}
	})
}

func TestLearningOfACandidateReleasesItsWebhooks(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		ctx := t.Context()
		hooks := screen(t, l, "refreshed", "unknown", "erased")
		claim(t, l, 10)
		for _, id := range []string{"refreshed", "unknown"} {
			if err := l.MarkUnknown(ctx, candidateOf(id)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.SaveJourney(ctx, ledger.Journey{Account: "bank", JourneyID: "refreshed", Flow: "onboarding", Phase: journey.Settled}); err != nil {
			t.Fatal(err)
		}
		if err := l.Erase(ctx, "bank", "erased", time.Now()); err != nil {
			t.Fatal(err)
		}
		released, err := l.TidyScreening(ctx, "bank", ledger.Screening{})
		if err != nil || !released {
			t.Fatalf("got %v, %v, want something released", released, err)
		}
		if got := forwarded(t, l); !slices.Equal(got, []int64{hooks[0].ID}) {
			t.Errorf("forwarded %v, want %d: the operator's refresh found the journey", got, hooks[0].ID)
		}
		if released, err = l.TidyScreening(ctx, "bank", ledger.Screening{}); err != nil || released {
			t.Errorf("got %v, %v the second time, want nothing released", released, err)
		}
	})
}

// After an outage many real journeys wait. When a started candidate is confirmed, a
// waiting one takes its place without a request.
func TestFreeRoomIsFilledWithoutAsking(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		ctx, rule := t.Context(), ledger.Screening{Limit: 4, Since: time.Now().Add(-time.Hour)}
		hooks := screen(t, l, "j1", "j2", "j3")
		if _, err := l.TidyScreening(ctx, "bank", rule); err != nil {
			t.Fatal(err)
		}
		if got := forwarded(t, l); !slices.Equal(got, []int64{hooks[0].ID, hooks[1].ID}) {
			t.Errorf("forwarded %v, want the oldest two: half the limit", got)
		}
		if released, err := l.TidyScreening(ctx, "bank", rule); err != nil || released {
			t.Errorf("got %v, %v while they are unconfirmed, want nothing released", released, err)
		}
		if err := l.SaveJourney(ctx, ledger.Journey{Account: "bank", JourneyID: "j1", Flow: "onboarding", Phase: journey.Settled}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.TidyScreening(ctx, "bank", rule); err != nil {
			t.Fatal(err)
		}
		if got := forwarded(t, l); !slices.Equal(got, []int64{hooks[2].ID}) {
			t.Errorf("forwarded %v, want the third", got)
		}
	})
}

// A webhook that is withheld for longer than content is kept is not forwarded when it is
// released.
func TestWithheldWebhooksMayLoseTheirContent(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		screen(t, l, "old")
		if n, err := l.RemoveContent(t.Context(), time.Now().Add(time.Hour), 10); err != nil || n != 1 {
			t.Fatalf("removed the content of %d webhooks, %v; want one", n, err)
		}
		if err := l.Release(t.Context(), candidateOf("old")); err != nil {
			t.Errorf("releasing: %v", err)
		}
		if got := forwarded(t, l); len(got) != 0 {
			t.Errorf("forwarded %v, want nothing", got)
		}
	})
}
