package idwisetest

import (
	"slices"
	"testing"

	"idjourney/idwise"

	"github.com/google/go-cmp/cmp"
)

// finished is a journey that has come to its end, with a face.
func (r *rig) finished(script, reference string) string {
	r.t.Helper()
	id := r.vendor.Start(script, reference)
	r.customSteps(id, true)
	r.await(id, inPhase(PhaseFinished))
	return id
}

// images are the paths of what the user submitted.
func images(r *idwise.Result) (document, selfie, profile string) {
	shown := r.Documents[DocumentStepID].FaceMatchResult.Images
	return shown[0].ImagePath, shown[1].ImagePath, r.Applicant.ProfileImagePath
}

// hook waits until n webhooks are delivered and answers the last one of a name.
func (r *rig) hook(id string, n int, event string) idwise.Webhook {
	r.t.Helper()
	r.delivered(id, n)
	all := r.endpoint.received()
	for _, w := range slices.Backward(all) {
		if w.Event == event {
			return w
		}
	}
	r.t.Fatalf("got %v, want %s among them", events(all), event)
	return idwise.Webhook{}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A reviewer's request opens the journey again once the user submits, and it takes
// its custom step and its completion again.
func TestResubmissionOpensTheJourneyAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("refer", "r-1")
	before := r.result(id)
	must(t, r.vendor.RequestResubmission(id))
	asked := r.hook(id, 3, idwise.EventVerificationUpdateRequired)
	steps := []idwise.RequiredStep{{StepID: DocumentStepID, ReasonCode: "unclear_image"}, {StepID: SelfieStepID, ReasonCode: "unclear_image"}}
	if diff := cmp.Diff(steps, asked.RequiredSteps); diff != "" || asked.Trigger == idwise.TriggerKYCRenewal || asked.System != "Refer" || asked.Final != "Resubmission Requested" {
		t.Errorf("got trigger %q, system %s, final %s, steps %s", asked.Trigger, asked.System, asked.Final, diff)
	}
	if err := r.client.ProcessCustomStep(t.Context(), id, CustomStepID, []byte("late"), "image/png"); !idwise.IsDenied(err) {
		t.Errorf("a face before the user has submitted: got %v, want a refusal", err)
	}

	must(t, r.vendor.Resubmit(id, ""))
	if w := r.hook(id, 4, idwise.EventUpdatedJourney); w.Action != idwise.ActionStepUpdate || w.System != "Incomplete" || w.Manual != "" {
		t.Errorf("got action %q, system %s, manual %q", w.Action, w.System, w.Manual)
	}
	open := r.result(id)
	if open.Ended() || open.FinalDecision != "Incomplete" || open.ScreeningChecks.AdditionalFaceDB != nil {
		t.Errorf("got ended %v, final %s; want it open, without a comparison", open.Ended(), open.FinalDecision)
	}
	d1, s1, p1 := images(before)
	if d2, s2, p2 := images(open); d1 == d2 || s1 == s2 || p1 == p2 {
		t.Errorf("got images %s %s %s, want others than before", d2, s2, p2)
	}
	r.customSteps(id, true)
	r.hook(id, 5, idwise.EventFinishedJourney)
	snap := r.vendor.Journey(id)
	if snap.Final != "Complete" || snap.CompleteCalls != 2 || snap.CustomStepSubmissions != 2 || snap.Awaits != "" {
		t.Errorf("got %s after %d completions and %d faces, awaits %q", snap.Final, snap.CompleteCalls, snap.CustomStepSubmissions, snap.Awaits)
	}
	if end := r.result(id); !end.EndedAt().After(before.EndedAt()) || end.ScreeningChecks.AdditionalFaceDB == nil {
		t.Errorf("got end %v after %v, want a later one and a comparison", end.EndedAt(), before.EndedAt())
	}
	if err := r.client.ProcessCustomStep(t.Context(), id, CustomStepID, []byte("late"), "image/png"); !idwise.IsDenied(err) {
		t.Errorf("a face afterwards: got %v, want a refusal", err)
	}
}

// What was under way for the images before does not count for those after.
func TestResubmissionVoidsAComparisonUnderWay(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("face-mismatch", "r-1")
	must(t, r.vendor.Review(id, "Resubmission Requested"))
	must(t, r.vendor.Resubmit(id, "expired_document"))
	r.customSteps(id, false)
	r.hook(id, 5, idwise.EventFinishedJourney)
	if result := r.result(id); result.SystemDecision != "Refer" || result.RuleResults["expired_document"].Result != "Failed" || result.ScreeningChecks.AdditionalFaceDB != nil {
		t.Errorf("got %s, rule %v; want only the rule to fail", result.SystemDecision, result.RuleResults["expired_document"])
	}
}

func TestResubmitReference(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("", "resubmit-1")
	r.await(id, func(s Snapshot) bool { return s.Phase == PhaseUserDone })
	r.customSteps(id, true)
	snap := r.delivered(id, 5)
	var sent []string
	for _, w := range snap.Webhooks {
		sent = append(sent, w.Event)
	}
	want := []string{
		idwise.EventFinishedUserSteps, idwise.EventFinishedJourney, idwise.EventVerificationUpdateRequired,
		idwise.EventUpdatedJourney, idwise.EventFinishedJourney,
	}
	if diff := cmp.Diff(want, sent); diff != "" || snap.Final != "Complete" {
		t.Errorf("final %s, events (-want +got):\n%s", snap.Final, diff)
	}
}

func TestResubmissionOfAFlowWithoutCustomStepEndsByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("no-custom-step", "r-1")
	r.await(id, inPhase(PhaseFinished))
	must(t, r.vendor.RequestResubmission(id))
	must(t, r.vendor.Resubmit(id, ""))
	if snap := r.delivered(id, 5); snap.Final != "Complete" || snap.CompleteCalls != 0 {
		t.Errorf("got %s after %d completions", snap.Final, snap.CompleteCalls)
	}
}

// A renewal that is due changes nothing but the rule, and needs no completion.
func TestRenewal(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("approve", "r-1")
	before := r.result(id)
	must(t, r.vendor.RenewalDue(id))
	asked := r.hook(id, 3, idwise.EventVerificationUpdateRequired)
	steps := []idwise.RequiredStep{{StepID: DocumentStepID, ReasonCode: "expired_document"}}
	if diff := cmp.Diff(steps, asked.RequiredSteps); diff != "" || asked.Trigger != idwise.TriggerKYCRenewal || asked.Final != "Complete" {
		t.Errorf("got trigger %q, final %s, steps %s", asked.Trigger, asked.Final, diff)
	}
	if rule := r.result(id).RuleResults["expired_document"]; rule.Result != "Failed" {
		t.Errorf("the rule expired_document has %q, want Failed", rule.Result)
	}
	must(t, r.vendor.RenewalMissed(id))
	missed := r.hook(id, 4, idwise.EventKYCRenewalDeadlineExceeded)
	if len(missed.RequiredSteps) != 1 || missed.RequiredSteps[0].RenewalDeadline == "" || missed.System != "" || missed.Final != "" {
		t.Errorf("got %+v, want a deadline and no decision", missed)
	}
	if now := r.result(id); now.FinalDecision != "Complete" || now.EndedAt() != before.EndedAt() || r.vendor.Journey(id).Awaits != "renewal" {
		t.Errorf("got final %s, ended %v, want nothing to have changed", now.FinalDecision, now.EndedAt())
	}
	must(t, r.vendor.Resubmit(id, ""))
	r.hook(id, 6, idwise.EventFinishedJourney)
	after := r.result(id)
	d1, s1, _ := images(before)
	if d2, s2, _ := images(after); d1 == d2 || s1 != s2 || !after.EndedAt().After(before.EndedAt()) || after.FinalDecision != "Complete" || after.RuleResults["expired_document"].Result != "Passed" {
		t.Errorf("got document %s, selfie %s, final %s; want another document and the same selfie", d2, s2, after.FinalDecision)
	}
	if snap := r.vendor.Journey(id); snap.CompleteCalls != 1 || snap.Phase != PhaseFinished {
		t.Errorf("got %d completions in phase %s", snap.CompleteCalls, snap.Phase)
	}
}

func TestActsAtTheWrongTimeAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	open, referred := r.vendor.Start("never-finish", ""), r.finished("refer", "r-1")
	must(t, r.vendor.RequestResubmission(referred))
	for name, err := range map[string]error{
		"request while open":       r.vendor.RequestResubmission(open),
		"renewal while open":       r.vendor.RenewalDue(open),
		"renewal of a referred":    r.vendor.RenewalDue(referred),
		"deadline of no renewal":   r.vendor.RenewalMissed(referred),
		"submission of nothing":    r.vendor.Resubmit(open, ""),
		"a rule that is none":      r.vendor.Resubmit(referred, "no_such_rule"),
		"update while open":        r.vendor.Update(open, "Step Update"),
		"match while open":         r.vendor.AMLMatch(open),
		"a match that is none":     r.vendor.ChangeAML(referred, AMLChange{Kind: AMLRemoved}),
		"a match that is not this": r.vendor.ChangeAML(referred, AMLChange{Kind: AMLChanged, MatchID: "x"}),
	} {
		if err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	must(t, r.vendor.Review(referred, "Approved"))
	if snap := r.vendor.Journey(referred); snap.Awaits != "" || snap.Final != "Approved" {
		t.Errorf("got %s, awaits %q; want the reviewer's approval to end the waiting", snap.Final, snap.Awaits)
	}
}
