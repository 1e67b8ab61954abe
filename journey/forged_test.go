package journey_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

// The names and codes of the vendor's samples are kept; free text, markup and
// addresses are not.
func TestOnlyKnownFormsOfAWebhookAreKept(t *testing.T) {
	t.Parallel()
	kept := journey.Hint{
		System: "Refer", PreviousSystem: "Complete", Manual: "Resubmission Requested", Final: "Approved",
		Action: "AML OGM Update", Trigger: "KYC Renewal", AMLVersion: 4,
		RequiredSteps: []journey.RequiredStep{
			{StepID: "10", ReasonCode: "expired_document", RenewalDeadline: "2026-10-01T00:00:00"},
			{StepID: "6b5c0a56-9c3e-4d8f-9a2b-7f1f3c2d1e0a", ReasonCode: "EXPIRED", RenewalDeadline: "2026-10-01T00:00:00.123+04:00"},
			{StepID: "20"},
		},
	}
	if diff := cmp.Diff(kept, kept.Known()); diff != "" {
		t.Errorf("a sample (-want +got):\n%s", diff)
	}
	for _, text := range []string{
		"account blocked, pay at evil.example", "https://evil.example", "<b>10</b>", "[pay](evil)", "a\nb",
		"pаy", "\u202e01", "call 0900 123456", strings.Repeat("x", 65),
	} {
		got := journey.Hint{Trigger: "see " + text + "!", RequiredSteps: []journey.RequiredStep{{text, text, "<" + text}}}.Known()
		want := journey.Hint{Trigger: journey.Unreadable, RequiredSteps: []journey.RequiredStep{{journey.Unreadable, journey.Unreadable, journey.Unreadable}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// Somebody knows an eventId before the vendor sends it, and sends it with a body of
// their own: the real webhook still leads to a fetch.
func TestAClaimedEventIDKeepsTheRealEventIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.look(fin("Complete"))
	send := func(h journey.Hint) {
		r.in(journey.Input{Event: &journey.Event{EventID: "known", Type: journey.AMLMonitorUpdate, Account: "acme", JourneyID: "j", Hint: h}})
	}
	send(journey.Hint{System: "Complete"})
	r.fetched(fin("Complete"))
	genuine := journey.Hint{System: "Refer", AMLVersion: 1}
	send(genuine)
	if !r.s.Looking {
		t.Fatal("the real event leads to no fetch")
	}
	r.fetched(matches(fin("Refer"), mon))
	r.standing(journey.OutcomeOnHold, "the real event told of a match")
	fetches := r.s.Counts.Fetches
	send(genuine)
	if r.s.Counts.Fetches != fetches || r.s.Counts.Duplicates != 1 {
		t.Errorf("a retry of the same webhook leads to a fetch")
	}
}
