package workflows_test

import (
	"strings"
	"testing"
	"time"

	"idjourney/journey"
)

func TestAPersonLinksASpotCheck(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t, "Refer", "j1", "j2")
	link := func(journeyID, reason string) *linked {
		u := &linked{}
		w.env.UpdateWorkflow(journey.UpdateLink, "", u, journey.SpotLink{JourneyID: journeyID, Actor: "ops", Reason: reason})
		return u
	}
	var wordless, typo, good, second, late *linked
	w.at(0, func() { w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1")) })
	w.at(time.Hour, func() {
		wordless = link("j-linked", "")
		typo = link("j-typo", "ticket 7")
	})
	w.at(2*time.Hour, func() {
		good, second = link("j-linked", "ticket 7"), link("j-linked", "ticket 8")
	})
	w.at(3*time.Hour, func() { late = link("j-linked", "r") })
	got, err := w.play(spotStart)
	if err != nil || got != "failed" {
		t.Fatalf("ended as %q, %v; want failed", got, err)
	}
	for name, c := range map[string]struct {
		got  *linked
		want string
	}{
		"no reason": {wordless, "a reason"}, "a typo": {typo, "knows no journey"},
		"the right one": {good, ""}, "at the same moment": {second, "another link"},
	} {
		if text := c.got.text(); (c.want == "") != (text == "") || !strings.Contains(text, c.want) {
			t.Errorf("%s: answered %q, want %q", name, text, c.want)
		}
	}
	if late != nil {
		t.Error("it is still open an hour after it was linked")
	}
	if n := len(w.published); n != 2 || w.published[0].Outcome != journey.SpotHeld || w.published[1].BoundBy != "ops" || w.published[1].LinkReason != "ticket 7" {
		t.Errorf("published %+v, want held and then the link by ops", w.published)
	}
	if len(w.handed) != 1 || w.handed[0].JourneyID != "j-linked" {
		t.Errorf("handed over %+v", w.handed)
	}
}

// linked is the outcome of an update; answered is false while there is none.
type linked struct {
	err      error
	answered bool
}

func (u *linked) Accept()                   {}
func (u *linked) Reject(err error)          { u.err, u.answered = err, true }
func (u *linked) Complete(_ any, err error) { u.err, u.answered = err, true }

func (u *linked) text() string {
	switch {
	case u == nil || !u.answered:
		return "no answer"
	case u.err != nil:
		return u.err.Error()
	default:
		return ""
	}
}
