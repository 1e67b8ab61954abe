package idwise

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleJourney = "65f0c1a2b3d4e5f60718293a"

func sampleEvent(n int) string { return fmt.Sprintf("0b7e6a52-91c4-4f7d-8a33-0000000000%02d", n) }

// sampleOf reads one of testdata/webhooks.
func sampleOf(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "webhooks", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// samples is what every file in testdata/webhooks decodes to.
var samples = map[string]Webhook{
	"finished_user_steps": {Event: EventFinishedUserSteps, Known: true, EventID: sampleEvent(1), JourneyID: sampleJourney, ReferenceNo: "order-17", System: "Incomplete"},
	"finished_journey":    {Event: EventFinishedJourney, Known: true, EventID: sampleEvent(2), JourneyID: sampleJourney, System: "Complete"},
	"manually_reviewed": {Event: EventManuallyReviewed, Known: true, EventID: sampleEvent(3), JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Refer", Manual: "Approved", Final: "Approved"},
	"updated_journey": {Event: EventUpdatedJourney, Known: true, EventID: sampleEvent(4), JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Refer", Final: "Refer", Action: ActionAMLOGMUpdate},
	"aml_monitor_update": {Event: EventAMLMonitorUpdate, Known: true, EventID: sampleEvent(5), JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Refer", PreviousSystem: "Complete", AMLVersion: 3},
	"aml_monitor_update_misspelt": {Event: EventAMLMonitorUpdate, Known: true, EventID: sampleEvent(6), JourneyID: sampleJourney,
		System: "Refer", PreviousSystem: "Complete", AMLVersion: 4, Manual: "Approved", Final: "Approved"},
	"verification_update_required": {Event: EventVerificationUpdateRequired, Known: true, EventID: sampleEvent(7), JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Refer", Final: "Refer", Trigger: TriggerKYCRenewal,
		RequiredSteps: []RequiredStep{{StepID: "10", ReasonCode: "expired_document"}, {StepID: "20"}}},
	"kyc_renewal_deadline_exceeded": {Event: EventKYCRenewalDeadlineExceeded, Known: true, EventID: sampleEvent(8), JourneyID: sampleJourney, ReferenceNo: "order-17",
		RequiredSteps: []RequiredStep{{StepID: "10", RenewalDeadline: "2026-10-01T00:00:00"}}},
	"finished_spot_check": {Event: EventFinishedSpotCheck, Known: true, EventID: sampleEvent(9), ReferenceNo: "order-17", System: "Complete",
		SpotCheckJourneyID: "spot-7"},
	"finished_ongoing_check": {Event: EventFinishedSpotCheck, Known: true, EventID: sampleEvent(10), JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Complete", SpotCheckJourneyID: "check-7"},
	"finished_ongoing_check_older": {Event: EventFinishedSpotCheck, Known: true, JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Refer", SpotCheckJourneyID: "7", Legacy: true},
	"verification_update_required_by_a_reviewer": {Event: EventVerificationUpdateRequired, Known: true, EventID: sampleEvent(14), JourneyID: sampleJourney,
		ReferenceNo: "order-17", System: "Refer", Manual: "Resubmission Requested", Final: "Resubmission Requested", Trigger: "Something Else",
		RequiredSteps: []RequiredStep{{StepID: "20", ReasonCode: "unclear_image"}}},
	"updated_journey_step_update": {Event: EventUpdatedJourney, Known: true, EventID: sampleEvent(15), JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Incomplete", Final: "Incomplete", Action: ActionStepUpdate},
	"updated_journey_unknown_action": {Event: EventUpdatedJourney, Known: true, EventID: sampleEvent(16), JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Refer", Manual: "Approved", Final: "Approved", Action: "AML Made Up"},
	"aml_monitor_update_older": {Event: EventAMLMonitorUpdate, Known: true, JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Refer", Final: "Refer", Legacy: true},
	"finished_step":  {Event: EventFinishedStep, Known: true, EventID: sampleEvent(11), JourneyID: sampleJourney, ReferenceNo: "order-17", StepID: "10", StepType: "Document"},
	"step_submitted": {Event: EventFinishedStep, Known: true, JourneyID: sampleJourney, ReferenceNo: "order-17", StepID: "20", StepType: "Selfie", Legacy: true},
	"legacy_2023": {Event: EventFinishedJourney, Known: true, JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Refer", Manual: "Rejected", Final: "Rejected", Legacy: true},
	"legacy_flat": {Event: EventFinishedJourney, Known: true, JourneyID: sampleJourney, ReferenceNo: "order-17",
		System: "Complete", Final: "Complete", Legacy: true},
	"unknown_event": {Event: "Applicant Moved House", EventID: sampleEvent(12), JourneyID: sampleJourney},
	"extra_fields":  {Event: EventFinishedJourney, Known: true, EventID: sampleEvent(13), JourneyID: sampleJourney, System: "Complete"},
}

func TestDecodeWebhookSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil || len(files) != len(samples) {
		t.Fatalf("got %d sample files (%v), want %d", len(files), err, len(samples))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		want, ok := samples[name]
		if !ok {
			t.Errorf("%s has no expectation", file)
			continue
		}
		got, err := DecodeWebhook(sampleOf(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEveryEventHasASample(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, w := range samples {
		seen[w.Event] = true
	}
	for _, name := range EventNames() {
		if !seen[name] {
			t.Errorf("no sample of %q in testdata/webhooks", name)
		}
	}
}

// An event is recognised in any case and by every name it ever had.
func TestEventNamesAreFolded(t *testing.T) {
	t.Parallel()
	names := maps.Clone(olderNames)
	for _, name := range EventNames() {
		names[name] = name
	}
	for name, canonical := range names {
		for _, sent := range []string{name, strings.ToUpper(name), strings.ToLower(name), " " + strings.ReplaceAll(name, " ", "  ")} {
			w, err := DecodeWebhook([]byte(`{"event":"` + sent + `","body":{"eventId":"e"}}`))
			if err != nil || !w.Known || w.Event != canonical {
				t.Errorf("%q: got %q, known %v, %v, want %q", sent, w.Event, w.Known, err, canonical)
			}
		}
	}
}

// The older name of a spot check's event also carries the journey. The ids of the two forms
// are not confused, and other events have no spot check.
func TestSpotCheckIDs(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Webhook{
		`{"event":"Finished Spot Check","body":{"eventId":"e","spotCheckJourneyId":"s"}}`:                      {SpotCheckJourneyID: "s"},
		`{"event":"Finished Spot Check","body":{"eventId":"e","spotCheckJourneyId":"s","ongoingCheckId":"o"}}`: {SpotCheckJourneyID: "s"},
		`{"event":"Finished Ongoing Check","body":{"eventId":"e","journeyId":"j","ongoingCheckId":"o"}}`:       {SpotCheckJourneyID: "o", JourneyID: "j"},
		`{"event":"Finished Ongoing Check","body":{"eventId":"e","journeyId":"j"}}`:                            {JourneyID: "j"},
		`{"event":"Finished Journey","body":{"eventId":"e","journeyId":"j","ongoingCheckId":"o"}}`:             {JourneyID: "j"},
	} {
		w, err := DecodeWebhook([]byte(body))
		if err != nil || w.SpotCheckJourneyID != want.SpotCheckJourneyID || w.JourneyID != want.JourneyID {
			t.Errorf("%s: got spot check %q of journey %q, %v", body, w.SpotCheckJourneyID, w.JourneyID, err)
		}
	}
}

func TestDecodeWebhookErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body string
		want DecodeCode
	}{
		"empty":           {"", CodeEmpty},
		"white space":     {" \r\n\t", CodeEmpty},
		"only a BOM":      {"\xef\xbb\xbf", CodeEmpty},
		"words":           {"secret-words", CodeNotJSON},
		"cut off":         {`{"event":"Finished Journey"`, CodeNotJSON},
		"two values":      {`{"event":"a","body":{}} {}`, CodeNotJSON},
		"array":           {`[{"event":"Finished Journey","body":{}}]`, CodeNotObject},
		"string":          {`"Finished Journey"`, CodeNotObject},
		"null":            {`null`, CodeNotObject},
		"no event":        {`{"body":{"journeyId":"a"}}`, CodeNoEvent},
		"event null":      {`{"event":null,"body":{"journeyId":"a"}}`, CodeNoEvent},
		"event an object": {`{"event":{"name":"x"},"body":{"journeyId":"a"}}`, CodeNoEvent},
		"event of spaces": {`{"event":"   ","body":{"journeyId":"a"}}`, CodeNoEvent},
		"no body":         {`{"event":"Finished Journey"}`, CodeNoBody},
		"body null":       {`{"event":"Finished Journey","body":null}`, CodeNoBody},
		"body an array":   {`{"event":"Finished Journey","body":[]}`, CodeNoBody},
		"body a string":   {`{"event":"Finished Journey","body":"{}"}`, CodeNoBody},
		"too deep":        {strings.Repeat("[", 20_000), CodeNotJSON},
	}
	for name, c := range cases {
		_, err := DecodeWebhook([]byte(c.body))
		got, ok := errors.AsType[*DecodeError](err)
		if !ok || got.Code != c.want {
			t.Errorf("%s: got %v, want code %s", name, err, c.want)
			continue
		}
		if strings.Contains(got.Error(), "secret-words") {
			t.Errorf("%s: the error holds the content: %v", name, got)
		}
	}
}

func TestDecodeWebhookIsTolerant(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body string
		want Webhook
	}{
		"case and spaces of the event": {`{"event":"  finished  USER steps ","body":{"eventId":"e","journeyId":"j"}}`,
			Webhook{Event: EventFinishedUserSteps, Known: true, EventID: "e", JourneyID: "j"}},
		"BOM": {"\xef\xbb\xbf" + `{"event":"Finished Journey","body":{"eventId":"e","journeyId":"j"}}`,
			Webhook{Event: EventFinishedJourney, Known: true, EventID: "e", JourneyID: "j"}},
		"ids as numbers": {`{"event":"Finished Journey","body":{"eventId":12345678901234567890,"journeyId":7,"referenceNo":8}}`,
			Webhook{Event: EventFinishedJourney, Known: true, EventID: "12345678901234567890", JourneyID: "7", ReferenceNo: "8"}},
		"unusable ids": {`{"event":"Finished Journey","body":{"eventId":"e","journeyId":{"$oid":"x"},"referenceNo":[1],"systemDecision":true}}`,
			Webhook{Event: EventFinishedJourney, Known: true, EventID: "e"}},
		"empty body": {`{"event":"Finished Journey","body":{}}`,
			Webhook{Event: EventFinishedJourney, Known: true, Legacy: true}},
		"unusable version": {`{"event":"AML Monitor Update","body":{"eventId":"e","updatedAMLVersionNumber":-1,"requiredSteps":{"stepId":"1"}}}`,
			Webhook{Event: EventAMLMonitorUpdate, Known: true, EventID: "e"}},
		"version with a fraction": {`{"event":"AML Monitor Update","body":{"eventId":"e","updatedAMLVersionNumber":2.5}}`,
			Webhook{Event: EventAMLMonitorUpdate, Known: true, EventID: "e"}},
		"version far too large": {`{"event":"AML Monitor Update","body":{"eventId":"e","updatedAMLVersionNumber":1e300}}`,
			Webhook{Event: EventAMLMonitorUpdate, Known: true, EventID: "e"}},
		"some unusable steps": {`{"event":"Verification Update Required","body":{"eventId":"e","requiredSteps":[1,null,{"reasonCode":"x"},{"stepId":3}]}}`,
			Webhook{Event: EventVerificationUpdateRequired, Known: true, EventID: "e", RequiredSteps: []RequiredStep{{StepID: "3"}}}},
		"control characters are shown": {`{"event":"Nasty\u0000\nEvent","body":{"journeyId":"a\u0000b"}}`,
			Webhook{Event: "Nasty\ufffd\ufffdEvent", JourneyID: "a\ufffdb"}},
	}
	for name, c := range cases {
		got, err := DecodeWebhook([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestUnknownEventNameIsBounded(t *testing.T) {
	t.Parallel()
	w, err := DecodeWebhook([]byte(`{"event":"` + strings.Repeat("é", 5000) + `","body":{"journeyId":"j"}}`))
	if err != nil || w.Known || w.Event != strings.Repeat("é", maxEventName) {
		t.Errorf("got known %v, %d bytes, %v; want %d characters of an unknown name", w.Known, len(w.Event), err, maxEventName)
	}
}

func TestWebhookLogsWithoutTheReference(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("got", "webhook", Webhook{Event: "x", JourneyID: "j-1", ReferenceNo: "someone@example.com"})
	if got := out.String(); strings.Contains(got, "someone") || !strings.Contains(got, "j-1") {
		t.Errorf("got %q, want the journey and not the reference", got)
	}
}

func TestValidID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a", sampleJourney, sampleEvent(1), "A.b_c-9", "..a", strings.Repeat("x", 128)} {
		if !ValidID(id) {
			t.Errorf("ValidID(%q): got false, want true", id)
		}
	}
	for _, id := range []string{"", ".", "..", "a b", "a/b", "a\x00", "a\n", "é", "a%2f", "\xff", strings.Repeat("x", 129)} {
		if ValidID(id) {
			t.Errorf("ValidID(%q): got true, want false", id)
		}
	}
}
