package activities_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/ledger"
)

func TestFetchAnswersTheVerdict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "refer", idwisetest.PhaseUserDone).JourneyID
	must(t, w.activities.CompleteCustomStep, journey.CompleteInput{Account: account, JourneyID: id})
	w.await(t, id, idwisetest.PhaseFinished)
	if err := w.vendor.AMLMatch(id); err != nil {
		t.Fatal(err)
	}

	got := w.fetch(t, id)
	want := journey.Verdict{
		FlowID: "flow-onboarding", Ended: true, System: journey.Refer, Final: journey.Refer,
		FailedRules: []string{"expired_document", "no_aml_records"}, Documents: 1, DocumentSteps: []string{"10"}, Selfie: "Complete",
		AML: journey.AML{Applicability: "Applicable", Version: 1, Matches: []journey.AMLMatch{{
			ID: "match-" + id + "-1", Datasets: []string{"sanctions"}, Status: "Potential Match", Version: 1, MonitorUpdate: "Added",
		}}},
	}
	if got.Verdict == nil {
		t.Fatalf("got %+v, want a verdict", got)
	}
	if diff := cmp.Diff(want, *got.Verdict, cmpopts.IgnoreFields(journey.Verdict{}, "Subject", "EndedAt")); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
	if since := time.Since(got.Verdict.EndedAt); since < 0 || since > time.Minute {
		t.Errorf("the vendor's journey ended at %s, want just now", got.Verdict.EndedAt)
	}
	if got.Verdict.Subject == "" || got.Problem != "" || got.Baseline != nil {
		t.Errorf("got subject %q, problem %q, baseline %v; want only a subject", got.Verdict.Subject, got.Problem, got.Baseline)
	}
	if p := got.Policy; p.Flow != "onboarding" || p.Unlisted || len(p.Steps) != 1 || p.Version == "" {
		t.Errorf("got policy %+v, want the one of onboarding", p)
	}
}

// A result is full of personal data, none of which may get into a history.
func TestFetchAnswersNoPersonalData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.start(t, "no-custom-step", idwisetest.PhaseFinished)
	if err := w.vendor.AMLMatch(s.JourneyID); err != nil {
		t.Fatal(err)
	}
	personal := append(strings.Fields(s.Applicant.FullName), s.Applicant.PersonalNumber, s.Applicant.BirthDate,
		s.Reference, "Listed Person", "images/"+s.JourneyID)

	req, err := http.NewRequest(http.MethodGet, serve(t, w.vendor)+"/journey/v2/"+s.JourneyID, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("key", "secret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	sent, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(w.fetch(t, s.JourneyID))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range personal {
		if !strings.Contains(string(sent), text) {
			t.Errorf("the vendor's result lacks %q: this test proves nothing about it", text)
		}
		if strings.Contains(string(got), text) {
			t.Errorf("the answer holds %q:\n%s", text, got)
		}
	}
}

func TestFetchHashesTheReference(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hash := func(reference string) string {
		return w.fetch(t, w.vendor.Start("never-finish", reference)).ReferenceHash
	}
	first, same, other, none := hash("a-1"), hash("a-1"), hash("a-2"), hash("")
	if first == "" || first != same || first == other || none != "" {
		t.Errorf("got %q, %q, %q, %q; want two equal, another, and none", first, same, other, none)
	}
}

func TestFetchOfAnUnlistedFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, err := w.vendor.Begin(idwisetest.StartRequest{Script: "never-finish", FlowID: "flow-other"})
	if err != nil {
		t.Fatal(err)
	}
	got := w.fetch(t, id)
	if !got.Policy.Unlisted || got.Policy.Flow != "flow-other" || got.Verdict == nil || got.Verdict.FlowID != "flow-other" {
		t.Errorf("got %+v, want a verdict under an unlisted flow's policy", got)
	}
}

func TestFetchRecordsTheJourney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.vendor.Start("never-finish", "customer-7")
	w.fetch(t, id)
	got, err := w.ledger.Journey(t.Context(), account, id)
	want := ledger.Journey{Account: account, JourneyID: id, Reference: "customer-7", Flow: "onboarding", Phase: journey.AwaitingResult}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ledger.Journey{}, "UpdatedAt")); err != nil || diff != "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
}

// The journey may be decided while the vendor is answering. The fetch carries the phase of
// its request, which is then outdated.
func TestFetchDoesNotBringAnOldPhaseBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.vendor.Start("never-finish", "customer-7")
	w.road.set(func(http.ResponseWriter, *http.Request, string, int) bool {
		d := decision(id, 1, journey.OutcomeExpired)
		d.DecidedAt = time.Now()
		if _, err := w.ledger.SaveDecision(context.Background(), d, journey.Settled); err != nil {
			t.Errorf("saving the decision: %v", err)
		}
		return false
	})
	w.fetch(t, id)
	got, err := w.ledger.Journey(t.Context(), account, id)
	if err != nil || got.Phase != journey.Settled || got.Reference != "customer-7" {
		t.Errorf("got %+v, %v; want it settled, with its reference", got, err)
	}
}

func TestFetchBaseline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.vendor.Start("never-finish", "")
	ask := func(wanted bool) *journey.Standing {
		return must(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: id, WantBaseline: wanted}).Baseline
	}
	if got := ask(true); got != nil {
		t.Errorf("of a journey the ledger has not seen: got %+v, want none", got)
	}
	if got := ask(true); got != nil {
		t.Errorf("of a journey without a decision: got %+v, want none", got)
	}
	d := decision(id, 3, journey.OutcomeOnHold)
	if _, err := w.ledger.SaveDecision(t.Context(), d, journey.Settled); err != nil {
		t.Fatal(err)
	}
	want := &journey.Standing{Outcome: journey.OutcomeOnHold, Sequence: 3, Since: d.DecidedAt}
	if diff := cmp.Diff(want, ask(true)); diff != "" {
		t.Errorf("baseline (-want +got):\n%s", diff)
	}
	if got := ask(false); got != nil {
		t.Errorf("not asked for: got %+v, want none", got)
	}
	w.road.answers(callResult, 404, "", "")
	if got := ask(true); got == nil || got.Sequence != 3 {
		t.Errorf("without a verdict: got %+v, want the ledger's", got)
	}
}

// A journey that was fetched before does not count as adopted.
func TestFetchKnowsAFetchedJourney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.vendor.Start("never-finish", "")
	for fetch, want := range []bool{false, true} {
		got := must(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: id, WantBaseline: true}).Known
		if got != want {
			t.Errorf("fetch %d: known is %v, want %v", fetch+1, got, want)
		}
	}
}
