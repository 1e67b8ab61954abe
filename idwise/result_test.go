package idwise

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func readResult(t *testing.T, name string) *Result {
	t.Helper()
	body, err := os.ReadFile("testdata/results/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := decodeResult(body)
	if err != nil {
		t.Fatalf("decoding %s: %v", name, err)
	}
	return r
}

func TestDecodeResult(t *testing.T) {
	t.Parallel()
	end := "2026-11-01T10:05:00.000000"
	cases := map[string]*Result{
		"full": {
			JourneyID: "j-1", FlowID: "flow-1", ReferenceNumber: "order-17", EndTime: &end,
			SystemDecision: "Refer", ManualDecision: "Approved", FinalDecision: "Approved",
			Documents: map[string]Document{"10": {FaceMatchResult: &FaceMatch{true, 97.5, []FaceImage{{"a", "document"}}}}},
			Selfie:    &Selfie{Status: "Complete"},
			RuleResults: map[string]RuleResult{
				"same_subject": {"Same Subject", "Passed"}, "expired_document": {"Expired Document", "Failed"},
			},
			Applicant: &Applicant{
				ApplicantID: "a-1", FullName: "Made Up Person", PersonalNumber: "000111222333", BirthDate: "1980-02-03", ProfileImagePath: "images/p",
			},
			AML: &AML{"Applicable", []AMLMatch{
				{MatchID: "m-1", ResourceID: "77", Name: "Listed Person", Datasets: []string{"sanctions"},
					MatchStatus: "Potential Match", AMLRecordVersion: 2, OngoingMonitorUpdateType: "Added"},
				{Name: "Older Form"},
			}},
			// A comparison that is not complete is neither a match nor a mismatch.
			ScreeningChecks: ScreeningChecks{&AdditionalFaceDB{"images/c", []FaceMatch{{false, 21, []FaceImage{{"images/c", "custom"}}}}}},
		},
		"open": {JourneyID: "j-1", FlowID: "flow-1", SystemDecision: "Incomplete", FinalDecision: "Incomplete"},
		"older": {JourneyID: "j-1", FlowID: "flow-old", ReferenceNumber: "17", SystemDecision: "Something New",
			FinalDecision: "Something New", AML: &AML{Applicability: "Brand New"}},
	}
	for name, want := range cases {
		got := readResult(t, name)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got.Ended() != (name == "full") {
			t.Errorf("%s: got ended %v", name, got.Ended())
		}
	}
}

func TestDecodeResultUnreadable(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "<html>", "null", "[]", "{}", `"j-1"`, `{"journey_id":null}`, `{"journey_id":""}`,
		`{"journey_id":"j-1","selfie":"Complete"}`, `{"journey_id":"j-1","system_decision":{"v":"Complete"}}`,
	} {
		if _, err := decodeResult([]byte(body)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: got %v, want ErrUnreadable", body, err)
		}
	}
}

func TestResultKeepsPersonalDataToItself(t *testing.T) {
	t.Parallel()
	r := readResult(t, "full")
	var out strings.Builder
	slog.New(slog.NewJSONHandler(&out, nil)).Info("got", "result", r, "value", *r, "applicant", r.Applicant)
	_, _ = fmt.Fprintf(&out, "%v %+v %#v %s %v %+v %#v", r, *r, *r, r, r.Applicant, *r.Applicant, *r.Applicant)
	for _, secret := range []string{"Made Up", "000111222333", "1980-02-03", "order-17"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("printing the result shows %q", secret)
		}
	}
	for _, v := range []any{r, *r, map[string]any{"r": r}, r.Applicant, *r.Applicant} {
		if encoded, err := json.Marshal(v); err == nil {
			t.Errorf("got %s, want a refusal to serialise %T", encoded, v)
		}
	}
}
