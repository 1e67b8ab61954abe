package activities_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

func (w *world) history(t *testing.T, id string, from, to int) journey.AMLHistory {
	t.Helper()
	return must(t, w.activities.FetchAMLHistory, journey.AMLInput{Account: account, JourneyID: id, From: from, To: to})
}

// monitored starts a journey and changes its AML record, each kind one version.
func (w *world) monitored(t *testing.T, kinds ...idwisetest.AMLKind) (id string) {
	t.Helper()
	id = w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
	for _, kind := range kinds {
		if err := w.vendor.ChangeAML(id, idwisetest.AMLChange{Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

func TestFetchAMLHistorySeparatesTheVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.monitored(t, idwisetest.AMLAdded, idwisetest.AMLChanged, idwisetest.AMLAdded)
	first, second := "match-"+id+"-1", "match-"+id+"-3"
	added := journey.AMLChange{Version: 1, Added: []string{first}, Datasets: map[string]int{"sanctions": 1}}
	changed := journey.AMLChange{Version: 2, Changed: []string{first}, Datasets: map[string]int{"sanctions": 1, "pep": 1}}
	third := journey.AMLChange{Version: 3, Added: []string{second}, Datasets: map[string]int{"sanctions": 1}}
	for name, c := range map[string]struct {
		from, to int
		want     journey.AMLHistory
	}{
		"all":             {1, 3, journey.AMLHistory{Changes: []journey.AMLChange{added, changed, third}}},
		"from nothing on": {0, 1, journey.AMLHistory{Changes: []journey.AMLChange{added}}},
		"one":             {2, 2, journey.AMLHistory{Changes: []journey.AMLChange{changed}}},
		"none":            {3, 2, journey.AMLHistory{}},
		"more than there are": {3, 5, journey.AMLHistory{
			Problem: journey.ProblemMissing, Changes: []journey.AMLChange{third},
		}},
	} {
		got := w.history(t, id, c.from, c.to)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		text, err := json.Marshal(got)
		if err != nil || strings.Contains(string(text), "Listed Person") {
			t.Errorf("%s: %v, the answer names a person: %s", name, err, text)
		}
	}
}

// The documentation allows both readings of an answer, and documents no value for what
// happened to a match.
func TestFetchAMLHistoryReadsEachFormOfAVersion(t *testing.T) {
	t.Parallel()
	const asked = 4
	match := func(id string, version int, update string) string {
		return fmt.Sprintf(`{"match_id":%q,"aml_record_version":%d,"ongoing_monitor_update_type":%q,"datasets":["SAN"]}`, id, version, update)
	}
	unnamed := func(id, update string) string {
		return fmt.Sprintf(`{"match_id":%q,"ongoing_monitor_update_type":%q,"datasets":["SAN"]}`, id, update)
	}
	many := make([]string, 60)
	for i := range many {
		many[i] = unnamed(fmt.Sprintf("m-%02d", i), "Added")
	}
	for name, c := range map[string]struct {
		matches                 []string
		added, removed, changed int
	}{
		"all that stood":     {[]string{match("a", 1, "Added"), match("b", asked, "Added"), match("c", asked, "REMOVED")}, 1, 1, 0},
		"only what changed":  {[]string{match("b", asked, "New match")}, 1, 0, 0},
		"versions not named": {[]string{unnamed("a", "Updated"), unnamed("b", "removal"), unnamed("c", "newly listed"), unnamed("d", "")}, 1, 1, 2},
		"nothing of it":      {[]string{match("a", 1, "Added")}, 0, 0, 0},
		"nothing":            {nil, 0, 0, 0},
		"too many":           {many, 50, 0, 1},
	} {
		w := newWorld(t)
		w.road.answers(callHistory, 200, "", fmt.Sprintf(`{"check_id":"j1","aml_matches":[%s]}`, strings.Join(c.matches, ",")))
		got := w.history(t, "j1", asked, asked)
		if len(got.Changes) != 1 || got.Problem != "" {
			t.Errorf("%s: got %+v, want one change", name, got)
			continue
		}
		change := got.Changes[0]
		if got, want := change.Datasets["SAN"], min(c.added+c.changed, 50)+max(0, len(c.matches)-50); got != want {
			t.Errorf("%s: %d of the dataset, want %d: what went is not counted", name, got, want)
		}
		if len(change.Added) != c.added || len(change.Removed) != c.removed || len(change.Changed) != c.changed || change.Version != asked {
			t.Errorf("%s: got %+v, want version %d with %d added, %d removed, %d changed", name, change, asked, c.added, c.removed, c.changed)
		}
	}
}

func TestFetchAMLHistoryIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.monitored(t, idwisetest.AMLAdded)
	w.history(t, id, 5, 10_000)
	if got, want := w.road.count(callHistory), 20; got != want {
		t.Errorf("it asked for %d versions, want %d", got, want)
	}
}

func TestFetchAMLHistoryWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, calls int
		body          string
		problem       journey.Problem
	}{
		"403":             {403, 1, "", journey.ProblemDenied},
		"a bare 404":      {404, 1, "", journey.ProblemDenied},
		"another check":   {200, 2, `{"check_id":"another","aml_matches":[]}`, journey.ProblemUnreadable},
		"a page":          {200, 2, "<html>", journey.ProblemUnreadable},
		"unknown version": {404, 2, `{"success":false,"error_code":"missing_requested_resource","message":"m"}`, journey.ProblemMissing},
	} {
		w := newWorld(t)
		w.road.answers(callHistory, c.status, "", c.body)
		got := w.history(t, "j1", 1, 2)
		if diff := cmp.Diff(journey.AMLHistory{Problem: c.problem}, got); diff != "" || w.road.count(callHistory) != c.calls {
			t.Errorf("%s: %d calls, want %d, (-want +got):\n%s", name, w.road.count(callHistory), c.calls, diff)
		}
	}
	w := newWorld(t)
	w.road.answers(callHistory, 503, "9", "")
	_, err := run(t, w.activities.FetchAMLHistory, journey.AMLInput{Account: account, JourneyID: "j1", From: 1, To: 1})
	wantRetry(t, err, "vendor_unavailable", 9*time.Second)
}
