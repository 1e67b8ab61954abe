package ledger_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func TestDeliveredIsFinal(t *testing.T) {
	t.Parallel()
	pending, delivered, parked := ledger.DeliveryPending, ledger.DeliveryDelivered, ledger.DeliveryParked
	for _, tc := range []struct {
		name  string
		saves []ledger.DeliveryState
		want  int // index of the save that counts
	}{
		{"first word", []ledger.DeliveryState{pending}, 0},
		{"delivered after pending", []ledger.DeliveryState{pending, delivered}, 1},
		{"pending after delivered", []ledger.DeliveryState{delivered, pending}, 0},
		{"parked after delivered", []ledger.DeliveryState{delivered, parked}, 0},
		{"tried again after parked", []ledger.DeliveryState{parked, pending, delivered}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ledgertest.Each(t, func(t *testing.T, url string) {
				l := ledgertest.Open(t, url)
				var want ledger.Delivery
				for i, state := range tc.saves {
					d := ledger.Delivery{MessageID: "m1", Endpoint: "core", Type: "journey.decided", Stream: "decisions",
						Account: "bank", JourneyID: "j1", State: state, Attempts: i + 1, LastStatus: 200 + i,
						UpdatedAt: decidedAt.Add(time.Duration(i) * time.Second)}
					if err := l.SaveDelivery(t.Context(), d); err != nil {
						t.Fatal(err)
					}
					if i == tc.want {
						want = d
					}
				}
				got, err := l.Delivery(t.Context(), "bank", "m1", "core")
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				if _, err := l.Delivery(t.Context(), "bank", "m1", "crm"); !errors.Is(err, ledger.ErrNotFound) {
					t.Errorf("another endpoint: got %v, want ErrNotFound", err)
				}
			})
		})
	}
}

func TestSaveDeliveryRefusesAnotherState(t *testing.T) {
	t.Parallel()
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	if err := l.SaveDelivery(t.Context(), ledger.Delivery{Account: "bank", MessageID: "m1", Endpoint: "core", State: "sent"}); err == nil {
		t.Error("the state sent was accepted")
	}
}

func TestSubmissionIsClaimedOnce(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		claim := func(subject string) bool {
			fresh, err := l.ClaimSubmission(t.Context(), "bank", "j1", "face", subject)
			if err != nil {
				t.Error(err)
			}
			return fresh
		}
		var together sync.WaitGroup
		var fresh atomic.Int32
		for range 20 {
			together.Go(func() {
				if claim("selfie-1") {
					fresh.Add(1)
				}
			})
		}
		together.Wait()
		if got := fresh.Load(); got != 1 {
			t.Fatalf("%d of 20 may submit, want 1", got)
		}
		if !claim("selfie-2") {
			t.Error("a new subject may not be submitted")
		}
		if err := l.ReleaseSubmission(t.Context(), "bank", "j1", "face", "selfie-1"); err != nil {
			t.Fatal(err)
		}
		if !claim("selfie-1") {
			t.Error("after its release the subject may not be submitted")
		}
		if claim("selfie-2") {
			t.Error("a release freed another subject too")
		}
	})
}
