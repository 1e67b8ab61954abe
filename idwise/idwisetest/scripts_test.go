package idwisetest

import (
	"slices"
	"testing"

	"idjourney/idwise"

	"github.com/google/go-cmp/cmp"
)

func TestScriptOf(t *testing.T) {
	t.Parallel()
	for reference, want := range map[string]string{
		"approve-0001": "approve", "refer-1": "refer", "refer": "refer", "refer-approve-17": "refer-approve",
		"refer-rejected-1": "refer", "face-late-x": "face-late", "aml-after-approval-3": "aml-after-approval",
		"renewal-1": "renewal", "renewal-missed-1": "renewal-missed", "spot-failed": "spot-failed", "aml-gap-2": "aml-gap",
		"": "approve", "approved-1": "approve", "someone@example.com": "approve", "no-custom-step": "no-custom-step",
	} {
		if got := ScriptOf(reference); got != want {
			t.Errorf("%q: got %q, want %q", reference, got, want)
		}
	}
}

// TestScriptsEnd plays every script that ends and compares its truths and its events.
func TestScriptsEnd(t *testing.T) {
	t.Parallel()
	const fus, fj, uj, aml = idwise.EventFinishedUserSteps, idwise.EventFinishedJourney, idwise.EventUpdatedJourney, idwise.EventAMLMonitorUpdate
	const vur = idwise.EventVerificationUpdateRequired
	reviewed := []string{fus, fj, uj, fj}
	cases := []struct {
		reference string
		finals    []string // the different final decisions, in order
		events    []string
		faceShown bool
	}{
		{"approve-1", []string{"Incomplete", "Complete"}, []string{fus, fj}, true},
		{"slow-1", []string{"Incomplete", "Complete"}, []string{fus, fj}, true},
		{"face-late-1", []string{"Incomplete", "Complete"}, []string{fus, fj}, true},
		{"refer-1", []string{"Incomplete", "Refer"}, []string{fus, fj}, true},
		{"refer-approve-1", []string{"Incomplete", "Refer", "Approved"}, reviewed, true},
		{"refer-reject-1", []string{"Incomplete", "Refer", "Rejected"}, reviewed, true},
		{"face-mismatch-1", []string{"Incomplete", "Refer", "Rejected"}, reviewed, true},
		{"aml-after-approval-1", []string{"Incomplete", "Refer", "Approved"}, append(slices.Clone(reviewed), aml, uj), true},
		{"no-custom-step-1", []string{"Incomplete", "Complete"}, []string{fus, fj}, false},
		{"overturned-1", []string{"Incomplete", "Refer", "Approved", "Rejected", "Approved"}, append(slices.Clone(reviewed), uj, fj, uj, fj), true},
		{"legacy-1", []string{"Incomplete", "Refer", "Approved"}, []string{fus, fj, idwise.EventManuallyReviewed, fj}, true},
		{"renewal-1", []string{"Incomplete", "Complete"}, []string{fus, fj, vur, uj, fj}, true},
		{"renewal-missed-1", []string{"Incomplete", "Complete"}, []string{fus, fj, vur, idwise.EventKYCRenewalDeadlineExceeded}, true},
		{"spot-passed-1", []string{"Incomplete", "Complete"}, []string{fus, fj, idwise.EventFinishedSpotCheck}, true},
		{"spot-failed-1", []string{"Incomplete", "Complete"}, []string{fus, fj, idwise.EventFinishedSpotCheck}, true},
		{"aml-removed-1", []string{"Incomplete", "Complete", "Refer", "Complete"}, []string{fus, fj, aml, uj, aml, uj}, true},
	}
	for _, c := range cases {
		t.Run(c.reference, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			id := r.vendor.Start("", c.reference)
			if c.faceShown {
				r.customSteps(id, true)
			}
			snap := r.delivered(id, len(c.events))
			var finals []string
			for _, truth := range snap.Truths {
				finals = append(finals, truth.Final)
			}
			if diff := cmp.Diff(c.finals, slices.Compact(finals)); diff != "" {
				t.Errorf("final decisions (-want +got):\n%s", diff)
			}
			var sent []string
			for _, w := range snap.Webhooks {
				sent = append(sent, w.Event)
			}
			if diff := cmp.Diff(c.events, sent); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			result := r.result(id)
			if !result.Ended() || result.FinalDecision != c.finals[len(c.finals)-1] {
				t.Errorf("got ended %v, final %q", result.Ended(), result.FinalDecision)
			}
			if got := result.ScreeningChecks.AdditionalFaceDB != nil; got != c.faceShown {
				t.Errorf("the comparison shows: got %v, want %v", got, c.faceShown)
			}
		})
	}
}

func TestNeverFinishedSendsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	silent, other := r.vendor.Start("", "never-finish-1"), r.vendor.Start("", "no-custom-step-1")
	r.delivered(other, 2)
	if snap := r.vendor.Journey(silent); snap.Phase != PhaseStarted || len(snap.Webhooks) != 0 {
		t.Errorf("got phase %s and %d webhooks, want a journey that never ends", snap.Phase, len(snap.Webhooks))
	}
}

func TestUnsubmittedFaceDoesNotMismatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("face-mismatch", "")
	r.customSteps(id, false)
	if snap := r.await(id, inPhase(PhaseFinished)); snap.System != "Complete" || snap.CustomStepSubmissions != 0 || !snap.Completed {
		t.Errorf("got system %s, %d submissions, completed %v", snap.System, snap.CustomStepSubmissions, snap.Completed)
	}
}

func TestAMLMatchMovesOnlyTheSystem(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("aml-after-approval", "r-1")
	r.customSteps(id, true)
	snap := r.delivered(id, 6)
	if snap.System != "Refer" || snap.Manual != "Approved" || snap.Final != "Approved" || snap.AMLVersion != 1 {
		t.Errorf("got %s %s %s version %d", snap.System, snap.Manual, snap.Final, snap.AMLVersion)
	}
	if err := r.vendor.AMLMatch(id); err != nil {
		t.Fatal(err)
	}
	r.delivered(id, 8)
	result := r.result(id)
	if got := len(result.AML.Matches); got != 2 {
		t.Fatalf("got %d matches, want 2", got)
	}
	last := result.AML.Matches[1]
	if last.AMLRecordVersion != 2 || last.OngoingMonitorUpdateType == "" || last.MatchID == result.AML.Matches[0].MatchID {
		t.Errorf("got %+v, want a second match of version 2 found by monitoring", last)
	}
	for _, w := range r.endpoint.received() {
		if w.Event == idwise.EventAMLMonitorUpdate && w.AMLVersion == 0 {
			t.Errorf("got %+v, want a version", w)
		}
	}
}
