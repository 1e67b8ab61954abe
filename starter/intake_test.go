package starter

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

func TestTheEventCarriesTheHint(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	body := `{"event":"updated journey","body":{"eventId":"e1","journeyId":"j1","referenceNo":"jane@example.test",
		"systemDecision":"Refer","previousSystemDecision":"Complete","manualDecision":"Approved","finalDecision":"Approved",
		"action":"AML OGM Update","trigger":"KYC Renewal","updatedAMLVersionNumber":4,
		"requiredSteps":[{"stepId":10,"reasonCode":"expired","renewalDeadline":"2026-12-01T00:00:00"}]}}`
	in := take("bank", []byte(body), at, "00-trace", true)
	want := journey.Event{
		EventID: "e1", Type: journey.UpdatedJourney, Account: "bank", JourneyID: "j1",
		ReceivedAt: at, TraceParent: "00-trace",
		Hint: journey.Hint{
			System: "Refer", PreviousSystem: "Complete", Manual: "Approved", Final: "Approved",
			Action: "AML OGM Update", Trigger: "KYC Renewal", AMLVersion: 4,
			RequiredSteps: []journey.RequiredStep{{StepID: "10", ReasonCode: "expired", RenewalDeadline: "2026-12-01T00:00:00"}},
		},
	}
	if diff := cmp.Diff(want, in.event); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	var recorded journey.Event
	if err := json.Unmarshal(in.row.Event, &recorded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, recorded); diff != "" {
		t.Errorf("event in the row (-want +got):\n%s", diff)
	}
	if in.row.ReferenceNo != "jane@example.test" || in.row.EventType != "Updated Journey" {
		t.Errorf("got row %+v", in.row)
	}
}

// Today a spot check names no journey; in the older form it did.
func TestTheEventOfASpotCheckNamesIt(t *testing.T) {
	t.Parallel()
	for body, journeyID := range map[string]string{
		`{"event":"Finished Spot Check","body":{"eventId":"e1","spotCheckJourneyId":"s1","referenceNo":"jane@example.test","systemDecision":"Refer"}}`:                 "",
		`{"event":"Finished Ongoing Check","body":{"eventId":"e1","ongoingCheckId":"s1","journeyId":"j1","referenceNo":"jane@example.test","systemDecision":"Refer"}}`: "j1",
	} {
		in := take("bank", []byte(body), time.Time{}, "", false)
		want := journey.Event{
			EventID: "e1", Type: journey.FinishedSpotCheck, Account: "bank", JourneyID: journeyID,
			Hint: journey.Hint{System: "Refer", SpotCheck: "s1"},
		}
		if diff := cmp.Diff(want, in.event); diff != "" || in.row.ReferenceNo != "jane@example.test" {
			t.Errorf("reference %q in the row, event (-want +got):\n%s", in.row.ReferenceNo, diff)
		}
	}
}

func TestALongClaimIsUnreadable(t *testing.T) {
	t.Parallel()
	step := `{"stepId":"` + strings.Repeat("s", 1000) + `"},`
	body := `{"event":"Updated Journey","body":{"eventId":"e1","journeyId":"j1","systemDecision":"` +
		strings.Repeat("é", 400_000) + `","requiredSteps":[` + strings.Repeat(step, 500) + `{"stepId":"last"}]}}`
	in := take("bank", []byte(body), time.Now(), "", false)
	if got := in.event.Hint.System; got != journey.Unreadable {
		t.Errorf("got a decision of %d bytes, want %q", len(got), journey.Unreadable)
	}
	if got := len(in.event.Hint.RequiredSteps); got != maxSteps {
		t.Errorf("got %d steps, want %d", got, maxSteps)
	}
	if got := len(in.row.Event); got > 16<<10 {
		t.Errorf("the event has %d bytes, want a few", got)
	}
	if in.row.Handling != ledger.Forward {
		t.Errorf("got %s, want it forwarded", in.row.Handling)
	}
}

// TestEveryKnownEventIsDisposedOf fails when idwise has an event whose
// disposition is not listed here.
func TestEveryKnownEventIsDisposedOf(t *testing.T) {
	t.Parallel()
	want := map[string]ledger.Handling{
		"Finished User Steps": ledger.Forward, "Finished Journey": ledger.Forward, "Manually Reviewed": ledger.Forward,
		"Updated Journey": ledger.Forward, "AML Monitor Update": ledger.Forward,
		"Verification Update Required": ledger.Forward, "KYC Renewal Deadline Exceeded": ledger.Forward,
		"Finished Spot Check": ledger.Forward, "Finished Step": ledger.Keep,
	}
	got := map[string]ledger.Handling{}
	for _, name := range idwise.EventNames() {
		got[name], _ = dispose(idwise.Webhook{Event: name, Known: true, JourneyID: "j", SpotCheckJourneyID: "s"})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzTakeKeepsEverything(f *testing.F) {
	f.Add([]byte(`{"event":"Finished Journey","body":{"eventId":"e","journeyId":"j"}}`))
	f.Add([]byte(`[]`))
	f.Add([]byte("{\"event\":\"\\u0000\",\"body\":{\"journeyId\":\"\xff\"}}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		in := take("bank", body, time.Unix(0, 0), "", false)
		switch in.row.Handling {
		case ledger.Forward:
			id := in.event.JourneyID
			if in.event.Type == journey.FinishedSpotCheck {
				id = in.event.Hint.SpotCheck
			}
			if !idwise.ValidID(id) || len(in.row.Event) == 0 || !in.known {
				t.Errorf("forwarded as %+v", in.row)
			}
		case ledger.Keep, ledger.Quarantine:
			if in.row.Reason == "" || len(in.row.Event) > 0 {
				t.Errorf("kept as %+v", in.row)
			}
		default:
			t.Errorf("got handling %q", in.row.Handling)
		}
	})
}
