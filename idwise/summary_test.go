package idwise

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	c := serve(t, fixed(200, `{"journey_id":"j-1","is_completed":true,"step_summaries":[
		{"definition":{"step_id":10,"step_type":"Document","step_title":"Passport"},"result":{"has_passed_rules":true,"is_concluded":true,"status":"Complete","error_user_feedback_title":"x"}},
		{"definition":{"step_id":"20","step_type":"Selfie","step_title":"Selfie"},"result":null}],
		"result":{"interim_rule_assessment":"Failed","interim_rule_details":{"under_age":{"name":"Under Age","result":"Failed"}}}}`), nil)
	got, err := c.Summary(t.Context(), "j-1")
	want := &Summary{
		JourneyID: "j-1", Completed: true, Assessment: "Failed",
		RuleResults: map[string]RuleResult{"under_age": {"Under Age", "Failed"}},
		Steps: []StepSummary{
			{StepID: "10", StepType: "Document", StepTitle: "Passport", Result: &StepResult{true, true, "Complete"}},
			{StepID: "20", StepType: "Selfie", StepTitle: "Selfie"},
		},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for body, want := range map[string]error{"[]": ErrUnreadable, "{}": ErrUnreadable, `{"journey_id":"j-2"}`: ErrOtherJourney} {
		if _, err := serve(t, fixed(200, body), nil).Summary(t.Context(), "j-1"); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", body, err, want)
		}
	}
}

// slowVendor takes a second for every answer and writes down when it was asked.
type slowVendor struct {
	mu    sync.Mutex
	asked []time.Time
}

func (v *slowVendor) RoundTrip(r *http.Request) (*http.Response, error) {
	v.mu.Lock()
	v.asked = append(v.asked, time.Now())
	v.mu.Unlock()
	time.Sleep(time.Second) // the bubble's clock
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(`{"journey_id":"j-1"}`))}, nil
}

// However many ask at once, two calls are two seconds apart from end to beginning.
func TestSummariesAreKeptApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := &slowVendor{}
		c, err := New(Config{BaseURL: "http://vendor.invalid", Credentials: Credentials{"k", "s"}, HTTPClient: &http.Client{Transport: vendor}})
		if err != nil {
			t.Fatal(err)
		}
		var work sync.WaitGroup
		for range 2 {
			work.Go(func() {
				if _, err := c.Summary(t.Context(), "j-1"); err != nil {
					t.Error(err)
				}
			})
		}
		work.Go(func() {
			if err := c.Probe(t.Context(), JourneySummary, "j-1"); err != nil {
				t.Error(err)
			}
		})
		if _, err := c.Result(t.Context(), "j-1"); err != nil { // knows no such rule
			t.Error(err)
		}
		work.Wait()
		began := time.Now()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Summary(short, "j-1"); !errors.Is(err, ErrNotSent) || time.Since(began) != 0 {
			t.Errorf("without time for its turn: got %v after %v, want ErrNotSent at once", err, time.Since(began))
		}
		if _, err := c.Summary(t.Context(), "no id"); !errors.Is(err, ErrNotSent) {
			t.Errorf("got %v, want ErrNotSent", err)
		}
		if len(vendor.asked) != 4 {
			t.Fatalf("got %d calls, want 3 summaries and a result", len(vendor.asked))
		}
		var waits []time.Duration
		for _, at := range vendor.asked[1:] {
			waits = append(waits, at.Sub(vendor.asked[0]))
		}
		if diff := cmp.Diff([]time.Duration{0, 3 * time.Second, 6 * time.Second}, waits); diff != "" {
			t.Errorf("the calls after the first (-want +got):\n%s", diff)
		}
	})
}
