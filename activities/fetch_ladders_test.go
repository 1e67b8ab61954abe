package activities_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// Only the ladders that may be needed go into a history.
func TestFetchAnswersTheLaddersThatMayBeNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.vendor.Start("never-finish", "")
	finished := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
	matched := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
	if err := w.vendor.AMLMatch(matched); err != nil {
		t.Fatal(err)
	}
	review, all := []string{"review"}, []string{"review", "aml_low", "aml_medium", "aml_high"}
	for name, c := range map[string]struct {
		id    string
		phase journey.Phase
		want  []string
	}{
		"open at the vendor":   {open, journey.AwaitingUserSteps, nil},
		"finished":             {finished, journey.AwaitingResult, review},
		"finished, with match": {matched, journey.AwaitingResult, all},
		"settled before":       {finished, journey.Settled, all}, // all matches may have been removed
		"reviewed before":      {finished, journey.AwaitingReview, all},
	} {
		in := journey.FetchInput{Account: account, JourneyID: c.id, Phase: c.phase}
		var got []string
		for _, l := range must(t, w.activities.Fetch, in).Ladders {
			got = append(got, l.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: ladders (-want +got):\n%s", name, diff)
		}
	}
}

// The review's ladder continues from its clock; an alert's starts now.
func TestFetchComputesTheLadders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
	if err := w.vendor.AMLMatch(id); err != nil {
		t.Fatal(err)
	}
	const spent = 30 * time.Hour // of the 72 after which a review is escalated
	got := must(t, w.activities.Fetch, journey.FetchInput{
		Account: account, JourneyID: id, Phase: journey.AwaitingReview, Clock: journey.Clock{Spent: journey.Duration(spent)},
	}).Ladders
	for name, want := range map[string]struct {
		spent, remind, escalate time.Duration
		reminders               int
	}{
		journey.LadderReview:                      {spent, 18 * time.Hour, 42 * time.Hour, 1},
		journey.AlertLadder(journey.SeverityHigh): {0, 4 * time.Hour, 24 * time.Hour, 3},
	} {
		i := slices.IndexFunc(got, func(l journey.Ladder) bool { return l.Name == name })
		if i < 0 {
			t.Fatalf("got %+v, want %s", got, name)
		}
		l := got[i]
		if len(l.Remind) != want.reminders || time.Duration(l.Spent) != want.spent {
			t.Errorf("%s: got %+v, want %d reminders and %s spent", name, l, want.reminders, want.spent)
		}
		wantIn(t, name+" reminds", l.Remind[0], want.remind)
		wantIn(t, name+" escalates", l.EscalateAt, want.escalate)
	}
}

func wantIn(t *testing.T, what string, at time.Time, in time.Duration) {
	t.Helper()
	if off := time.Until(at) - in; off > 0 || off < -time.Minute {
		t.Errorf("%s at %s, want in %s", what, at, in)
	}
}
