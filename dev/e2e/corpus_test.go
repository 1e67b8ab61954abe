package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"idjourney/dev/history"
	"idjourney/journey"
	"idjourney/journey/journeytest"
)

// situations names the cases whose histories make up the replay corpus, by what an
// operator would say of the last run.
var situations = map[string]string{
	"approved":                             "approved_straight_through",
	"duplicated":                           "approved_despite_duplicates",
	"face-mismatch":                        "rejected_by_the_vendors_reviewer",
	"government-down":                      "parked_in_local_review",
	"government-down-operator-approves":    "approved_by_an_operator",
	"aml-change":                           "on_hold_after_a_sanctions_match",
	"aml-gap-filled-from-the-history":      "after_an_aml_gap",
	"finished-journey-lost":                "finished_journey_never_came",
	"never-finished":                       "expired",
	"expired-user-comes-back":              "expired_and_come_back",
	"unknown-journey":                      "unknown_to_the_vendor",
	"wrong-path":                           "denied_by_the_vendor",
	"review-reminded-then-overdue":         "review_overdue",
	"resubmission-done":                    "resubmitted",
	"renewal-done":                         "renewed",
	"adopted-and-held-at-once":             "adopted_and_held_at_once",
	"step-answers-later":                   "answered_by_callback",
	"delivery-parked-and-the-next-goes-on": "mid_delivery_outage",
	"spot-check-told":                      "told_of_a_failed_spot_check",
	"relationship-ended":                   "ended",
}

// corpus is where the histories are, those of each value of the rules in a folder of
// its own: those of older rules stay as long as Apply has a branch for them.
const corpus = "../../workflows/testdata/histories"

// recorded is a situation's name in the corpus, under the present rules.
func recorded(situation string) string { return fmt.Sprintf("rules-%d/%s", journey.Rules, situation) }

// TestCorpus plays the corpus's cases and checks that their histories can be
// walked; RECORD=1 (`make corpus`) writes them down for the replay test.
func TestCorpus(t *testing.T) {
	if os.Getenv("RECORD") == "" {
		checkCorpus(t)
		return
	}
	cases, err := journeytest.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		name, wanted := situations[c.Name]
		if !wanted {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c.Name = "corpus-" + c.Name
			p := newPlayer(t, c)
			p.play(ctx)
			p.awaitEnd(ctx)
			record(ctx, t, p.id(), recorded(name))
		})
	}
}

// checkCorpus says that every situation has been recorded.
func checkCorpus(t *testing.T) {
	for _, name := range situations {
		checkRecorded(t, recorded(name))
	}
}

func checkRecorded(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(corpus, name+".1.json")); err != nil {
		t.Errorf("the corpus lacks %s: record it by `make corpus`", name)
	}
}

// begun is the number of events of a run whose first task is done: it is started,
// and the task is scheduled, started and completed.
const begun = 4

// record writes the history of every run of the workflow, in the place of what was
// recorded under that name before.
func record(ctx context.Context, t *testing.T, id, name string) {
	t.Helper()
	old, err := filepath.Glob(filepath.Join(corpus, name+".*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	chain, err := history.Walk(ctx, temporal, id)
	if err != nil {
		t.Fatal(err)
	}
	for i, run := range chain.Runs {
		h, err := history.Events(ctx, temporal, id, run.ID)
		for err == nil && len(h) < begun { // a run that has just continued as new
			<-after(50 * time.Millisecond)
			h, err = history.Events(ctx, temporal, id, run.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := protojson.MarshalOptions{Multiline: true, Indent: " "}.Marshal(&historypb.History{Events: h})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(corpus, fmt.Sprintf("%s.%d.json", name, i+1))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
