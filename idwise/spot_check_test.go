package idwise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpotCheck(t *testing.T) {
	t.Parallel()
	var asked string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.String()
		_, _ = io.WriteString(w, `{"journey_id":"spot-7","reference_number":"order-17","start_time":"2026-11-01T10:00:00",
			"end_time":"2026-11-01T10:05:00.5","system_decision":"Refer","selfie":{"status":"Refer"},
			"applicant":{"full_name":"Made Up Person"},"rule_results":{"same_subject":{"name":"Same Subject","result":"Failed"}},"spot_checks":[1]}`)
	}, nil)
	got, err := c.SpotCheck(t.Context(), "spot-7")
	if err != nil {
		t.Fatal(err)
	}
	if want := "GET /journey/v2/spot-check/spot-7"; asked != want {
		t.Errorf("the vendor was asked %q, want %q", asked, want)
	}
	end := "2026-11-01T10:05:00.5"
	want := &SpotCheckResult{
		ID: "spot-7", ReferenceNumber: "order-17", EndTime: &end, SystemDecision: "Refer", Selfie: &Selfie{Status: "Refer"},
		RuleResults: map[string]RuleResult{"same_subject": {"Same Subject", "Failed"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if at := got.EndedAt(); at.Minute() != 5 || at.Nanosecond() != 500_000_000 {
		t.Errorf("got end %v", at)
	}
	if printed := fmt.Sprintf("%v %+v %#v %v", *got, *got, *got, got); strings.Contains(printed, "order-17") {
		t.Errorf("printing shows the reference: %s", printed)
	}
	if encoded, err := json.Marshal(got); err == nil {
		t.Errorf("got %s, want a refusal to serialise", encoded)
	}
	if _, err := c.SpotCheck(t.Context(), "spot-8"); !errors.Is(err, ErrOtherJourney) {
		t.Errorf("asking for spot-8 and getting spot-7: got %v, want ErrOtherJourney", err)
	}
	for _, body := range []string{"", "null", "{}", `{"journey_id":"spot-7","rule_results":[]}`} {
		if _, err := serve(t, fixed(200, body), nil).SpotCheck(t.Context(), "spot-7"); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: got %v, want ErrUnreadable", body, err)
		}
	}
}
