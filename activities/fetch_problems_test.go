package activities_test

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

func TestFetchWithoutAVerdict(t *testing.T) {
	t.Parallel()
	envelope := func(code string) string { return `{"success":false,"error_code":"` + code + `","message":"m"}` }
	cases := map[string]struct {
		status int
		body   string
		want   journey.Problem
	}{
		"the vendor says missing":   {404, envelope("missing_requested_resource"), journey.ProblemMissing},
		"missing, with another 4xx": {400, envelope("missing_requested_resource"), journey.ProblemMissing},
		"bare 404":                  {404, "404 page not found", journey.ProblemDenied},
		"404 of something else":     {404, envelope("no_route"), journey.ProblemDenied},
		"404 without success":       {404, `{"error_code":"missing_requested_resource"}`, journey.ProblemDenied},
		"401":                       {401, envelope("invalid_credentials"), journey.ProblemDenied},
		"403":                       {403, envelope("unauthorized"), journey.ProblemDenied},
		"a page":                    {200, "<html></html>", journey.ProblemUnreadable},
		"nothing":                   {200, "", journey.ProblemUnreadable},
		"no id":                     {200, `{"final_decision":"Complete"}`, journey.ProblemUnreadable},
		"another journey":           {200, `{"journey_id":"another","final_decision":"Complete"}`, journey.ProblemUnreadable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.vendor.Start("approve", "")
			w.road.answers(callResult, c.status, "", c.body)
			got := w.fetch(t, id)
			if got.Problem != c.want || got.Verdict != nil || got.Policy.Version == "" {
				t.Errorf("got %+v, want the problem %s with a policy", got, c.want)
			}
			if _, err := w.ledger.Journey(t.Context(), account, id); err == nil {
				t.Error("the ledger has a journey that the vendor did not show")
			}
		})
	}
}

func TestFetchOfAnUnknownJourneyIsMissing(t *testing.T) {
	t.Parallel()
	if got := newWorld(t).fetch(t, "no-such-journey"); got.Problem != journey.ProblemMissing {
		t.Errorf("got %+v, want missing", got)
	}
}

func TestFetchIsTriedAgain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status     int
		retryAfter string
		want       time.Duration
	}{
		"500":                {500, "", 0},
		"502":                {502, "", 0},
		"503 with a wait":    {503, "7", 7 * time.Second},
		"503 without":        {503, "", 0},
		"429 with a wait":    {429, "90", 90 * time.Second},
		"429 without a wait": {429, "", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.vendor.Start("approve", "")
			w.road.answers(callResult, c.status, c.retryAfter, "")
			_, err := run(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: id})
			wantRetry(t, err, "vendor_unavailable", c.want)
		})
	}
}

func TestFetchIsTriedAgainWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.road.loseAnswers(callResult)
		_, err := run(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: w.vendor.Start("approve", "")})
		wantRetry(t, err, "vendor_unavailable", 0)
	})
	t.Run("an account of a newer configuration", func(t *testing.T) {
		t.Parallel()
		_, err := run(t, newWorld(t).activities.Fetch, journey.FetchInput{Account: "other", JourneyID: "j"})
		wantRetry(t, err, "account_unlisted", 0)
	})
	t.Run("the ledger is closed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if err := w.ledger.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := run(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: w.vendor.Start("approve", "")})
		wantRetry(t, err, "ledger_unavailable", 0)
	})
}

// A Retry-After of a day applies to the journey of the answer; the account's other
// journeys wait for a minute at most.
func TestFetchOfAnotherJourneyIsNotStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	poisoned, other := w.vendor.Start("approve", ""), w.vendor.Start("approve", "")
	w.vendor.SetJourneyFaults(poisoned, idwisetest.Faults{API429: 1, RetryAfter: 24 * time.Hour})
	_, err := run(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: poisoned})
	var failed *temporal.ApplicationError
	// Half of the activity's budget of ten minutes: the wait alone must not use it up.
	if !errors.As(err, &failed) || failed.Type() != "vendor_unavailable" || failed.NextRetryDelay() < 4*time.Minute || failed.NextRetryDelay() > 5*time.Minute {
		t.Errorf("the journey itself: got %v", err)
	}
	wantTurnedAway(t, w, other, time.Minute)
}

func TestFetchDoesNotWaitLongForItsTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.Accounts[0].RequestsPerSecond = 0.1
	w.activities = w.restarted(t)
	first, second := w.vendor.Start("approve", ""), w.vendor.Start("approve", "")
	w.fetch(t, first)
	wantTurnedAway(t, w, second, 10*time.Second)
}

// wantTurnedAway fetches a journey whose request is held back, which is not a failure.
func wantTurnedAway(t *testing.T, w *world, id string, atMost time.Duration) {
	t.Helper()
	_, err := run(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: id})
	var failed *temporal.ApplicationError
	if !errors.As(err, &failed) || failed.Type() != "vendor_throttled" || failed.Category() != temporal.ApplicationErrorCategoryBenign ||
		failed.NextRetryDelay() <= 0 || failed.NextRetryDelay() > atMost {
		t.Errorf("got %v, want to come back within %v", err, atMost)
	}
}

// Webhooks use up the account's budget of fetches: a further fetch that only a webhook
// asks for waits, while the journey's own is made.
func TestAFloodOfHintsLeavesRoomForTheJourneysOwnFetches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.Accounts[0].HintsPerSecond = 0.001 // and one immediately
	w.activities = w.restarted(t)
	id := w.vendor.Start("approve", "")
	hinted := journey.FetchInput{Account: account, JourneyID: id, Hinted: true}
	must(t, w.activities.Fetch, hinted)
	_, err := run(t, w.activities.Fetch, hinted)
	wantRetry(t, err, "hints_over_budget", 2*time.Second)
	var postponed *temporal.ApplicationError
	if !errors.As(err, &postponed) || postponed.Category() != temporal.ApplicationErrorCategoryBenign {
		t.Errorf("got %v, want it benign: nothing has failed", err)
	}
	must(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: id})
}
