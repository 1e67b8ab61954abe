package idwisetest

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"idjourney/idwise"

	"github.com/google/go-cmp/cmp"
)

// matchesAt is a version of the AML history, in short.
func (r *rig) matchesAt(id string, version int) []string {
	r.t.Helper()
	history, err := r.client.AMLHistory(r.t.Context(), id, version)
	if err != nil {
		r.t.Fatalf("version %d: %v", version, err)
	}
	short := []string{}
	for _, m := range history.Matches {
		line := m.MatchID[strings.LastIndexByte(m.MatchID, '-')+1:] + " " + m.OngoingMonitorUpdateType + " " + strconv.Itoa(m.AMLRecordVersion) + " " + strings.Join(m.Datasets, "+")
		if m.IsWhitelisted {
			line += " whitelisted"
		}
		short = append(short, line)
	}
	return short
}

func TestAMLChangesByVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("approve", "r-1")
	if _, err := r.client.AMLHistory(t.Context(), id, 1); !idwise.IsMissing(err) {
		t.Errorf("a version that is not yet: got %v, want missing", err)
	}
	for _, c := range []struct {
		kind   AMLKind
		system string
		now    []string
		action string
	}{
		{AMLAdded, "Refer", []string{"1 Added 1 sanctions"}, idwise.ActionAMLOGMUpdate},
		{AMLChanged, "Refer", []string{"1 Changed 2 sanctions+pep"}, idwise.ActionAMLOGMUpdate},
		{AMLWhitelisted, "Complete", []string{"1 Changed 3 sanctions+pep whitelisted"}, idwise.ActionAMLAmend},
		{AMLAdded, "Refer", []string{"1 Changed 3 sanctions+pep whitelisted", "4 Added 4 sanctions"}, idwise.ActionAMLOGMUpdate},
		{AMLRemoved, "Complete", []string{"1 Changed 3 sanctions+pep whitelisted"}, idwise.ActionAMLOGMUpdate},
	} {
		before := r.vendor.Journey(id)
		must(t, r.vendor.ChangeAML(id, AMLChange{Kind: c.kind}))
		version := before.AMLVersion + 1
		sent := len(before.Webhooks) + 2
		update, updated := r.hook(id, sent, idwise.EventAMLMonitorUpdate), r.hook(id, sent, idwise.EventUpdatedJourney)
		if update.AMLVersion != version || update.System != c.system || update.PreviousSystem != before.System {
			t.Errorf("%s: got version %d, %s before %s", c.kind, update.AMLVersion, update.PreviousSystem, update.System)
		}
		if updated.Action != c.action || updated.System != c.system || updated.EventID == update.EventID {
			t.Errorf("%s: got action %q, system %s, event %s", c.kind, updated.Action, updated.System, updated.EventID)
		}
		if diff := cmp.Diff(c.now, r.matchesAt(id, version)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.kind, diff)
		}
		if result := r.result(id); len(result.AML.Matches) != len(c.now) || result.SystemDecision != c.system {
			t.Errorf("%s: the result shows %d matches, %s", c.kind, len(result.AML.Matches), result.SystemDecision)
		}
	}
	if diff := cmp.Diff([]string{"1 Changed 2 sanctions+pep"}, r.matchesAt(id, 2)); diff != "" {
		t.Errorf("version 2, later (-want +got):\n%s", diff)
	}
}

func TestAMLHistoryOfChangesOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.AMLChangesOnly = true })
	id := r.finished("approve", "r-1")
	for _, kind := range []AMLKind{AMLAdded, AMLAdded, AMLRemoved, AMLChanged} {
		must(t, r.vendor.ChangeAML(id, AMLChange{Kind: kind}))
	}
	for version, want := range [][]string{
		1: {"1 Added 1 sanctions"}, 2: {"2 Added 2 sanctions"}, 3: {"2 Removed 3 sanctions"}, 4: {"1 Changed 4 sanctions+pep"},
	} {
		if version == 0 {
			continue // versions count from 1
		}
		if diff := cmp.Diff(want, r.matchesAt(id, version)); diff != "" {
			t.Errorf("version %d (-want +got):\n%s", version, diff)
		}
	}
}

// The second change's webhooks are lost, so that the customer sees versions 1 and 3.
func TestAMLGap(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("", "aml-gap-1")
	snap := r.await(id, func(s Snapshot) bool { return s.Undelivered == 2 && s.AMLVersion == 3 })
	r.delivered(id, len(snap.Webhooks)-2)
	var versions []int
	for _, w := range r.endpoint.received() {
		if w.Event == idwise.EventAMLMonitorUpdate {
			versions = append(versions, w.AMLVersion)
		}
	}
	if !slices.Equal(versions, []int{1, 3}) {
		t.Errorf("got versions %v, want 1 and 3", versions)
	}
	if diff := cmp.Diff([]string{"1 Changed 2 sanctions+pep"}, r.matchesAt(id, 2)); diff != "" {
		t.Errorf("the lost version (-want +got):\n%s", diff)
	}
	if result := r.result(id); result.FinalDecision != "Approved" || len(result.AML.Matches) != 2 {
		t.Errorf("got %s and %d matches", result.FinalDecision, len(result.AML.Matches))
	}
}

func TestSpotChecks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	older, newer := r.finished("approve", "r-1"), r.finished("approve", "r-1")
	r.delivered(older, 2)
	failed, err := r.vendor.SpotCheck(older, SpotCheckRequest{})
	must(t, err)
	w := r.hook(newer, 3, idwise.EventFinishedSpotCheck)
	if w.SpotCheckJourneyID != failed || w.JourneyID != "" || w.ReferenceNo != "r-1" || w.System != "Refer" {
		t.Errorf("got spot check %q of journey %q, reference %q, %s", w.SpotCheckJourneyID, w.JourneyID, w.ReferenceNo, w.System)
	}
	passed, err := r.vendor.SpotCheck(newer, SpotCheckRequest{Passed: true, OlderName: true})
	must(t, err)
	w = r.hook(newer, 4, idwise.EventFinishedSpotCheck)
	if w.SpotCheckJourneyID != passed || w.JourneyID != newer || w.System != "Complete" {
		t.Errorf("the older name: got spot check %q of journey %q, %s", w.SpotCheckJourneyID, w.JourneyID, w.System)
	}
	for id, want := range map[string][2]string{failed: {"Refer", "Failed"}, passed: {"Complete", "Passed"}} {
		result, err := r.client.SpotCheck(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{result.SystemDecision, result.RuleResults["same_subject"].Result}; got != want || result.ReferenceNumber != "r-1" || result.EndedAt().IsZero() {
			t.Errorf("got %v of %q, want %v", got, result.ReferenceNumber, want)
		}
		if _, err := r.client.Result(t.Context(), id); !idwise.IsMissing(err) {
			t.Errorf("as a journey: got %v, want missing", err)
		}
	}
	if _, err := r.client.SpotCheck(t.Context(), older); !idwise.IsMissing(err) {
		t.Errorf("a journey as a spot check: got %v, want missing", err)
	}
	if status, fields := r.call("GET", "/journey/v2/spot-check/"+failed, "", "Authorization", "Basic b3RoZXI6c2VjcmV0Mg=="); status != 403 {
		t.Errorf("another account: got %d %v, want 403", status, fields)
	}
	if _, err := r.vendor.SpotCheck(r.finished("refer", "r-2"), SpotCheckRequest{}); err == nil {
		t.Error("a journey that did not end well: got no error")
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("", "spot-passed-1")
	r.delivered(id, 3)
	check := r.vendor.Journey(id).SpotChecks[0]
	for _, want := range []idwise.Deletion{idwise.Deleted, idwise.AlreadyGone} {
		if got, err := r.client.DeleteJourney(t.Context(), id); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	_, result := r.client.Result(t.Context(), id)
	_, history := r.client.AMLHistory(t.Context(), id, 1)
	_, spot := r.client.SpotCheck(t.Context(), check)
	for name, err := range map[string]error{"result": result, "history": history, "spot check": spot} {
		if !idwise.IsMissing(err) {
			t.Errorf("the %s of a deleted journey: got %v, want missing", name, err)
		}
	}
	if err := r.vendor.AMLMatch(id); err == nil || !r.vendor.Journey(id).Deleted {
		t.Errorf("got %v; want a deleted journey that nothing happens to", err)
	}
	foreign, err := r.vendor.Begin(StartRequest{Account: "other", Script: "never-finish"})
	must(t, err)
	if _, err := r.client.DeleteJourney(t.Context(), foreign); !idwise.IsDenied(err) || r.vendor.Journey(foreign).Deleted {
		t.Errorf("another account's journey: got %v, want a refusal", err)
	}
}

// A script ends with its journey.
func TestDeletedJourneySendsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id, other := r.vendor.Start("no-custom-step", "r-1"), ""
	if _, err := r.client.DeleteJourney(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	other = r.vendor.Start("no-custom-step", "r-2")
	r.delivered(other, 2)
	if snap := r.vendor.Journey(id); len(snap.Webhooks) != 0 {
		t.Errorf("got %d webhooks of a deleted journey", len(snap.Webhooks))
	}
}

func TestUnknownAction(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("approve", "r-1")
	must(t, r.vendor.Update(id, "AML Made Up"))
	if w := r.hook(id, 3, idwise.EventUpdatedJourney); w.Action != "AML Made Up" || w.Final != "Complete" {
		t.Errorf("got action %q, final %s", w.Action, w.Final)
	}
}

func TestLegacyForm(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("", "legacy-1")
	r.delivered(id, 4)
	for _, w := range r.endpoint.received() {
		if !w.Legacy || w.EventID != "" || w.JourneyID != id || w.ReferenceNo != "legacy-1" || w.System == "" || w.Final == "" || w.Action != "" {
			t.Errorf("got %+v, want the form of 2023", w)
		}
	}
	for _, body := range r.endpoint.bodies {
		if strings.Contains(body, "eventId") {
			t.Errorf("got %s", body)
		}
	}
}

func TestTheClientStartsAJourney(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	started, err := r.client.StartJourney(t.Context(), idwise.StartRequest{FlowID: "flow-9", ReferenceNo: "no-custom-step-7"})
	must(t, err)
	if snap := r.vendor.Journey(started.JourneyID); snap.Script != "no-custom-step" || snap.FlowID != "flow-9" || snap.Reference != "no-custom-step-7" {
		t.Errorf("got script %q of flow %q for %q", snap.Script, snap.FlowID, snap.Reference)
	}
	r.await(started.JourneyID, inPhase(PhaseFinished))
	status, summary := r.call("GET", "/journey/v2/summary/"+started.JourneyID, "")
	steps, _ := summary["step_summaries"].([]any)
	if assessed, _ := summary["result"].(map[string]any); status != 200 || summary["is_completed"] != true || len(steps) != 2 || assessed["interim_rule_assessment"] != "Passed" {
		t.Errorf("got %d, %v, want the summary of a finished journey", status, summary)
	}
}
