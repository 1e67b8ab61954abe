package journey_test

import (
	"strings"
	"testing"
	"time"

	"idjourney/journey"
)

func TestTheVendorsClaimBindsASpotCheckIfTheLedgerAgrees(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		claimed bool
		want    string
	}{
		"the ledger knows it under the reference": {true, "passed j-old vendor"},
		"it does not": {false, "passed j1 reference"},
	} {
		p := openSpot(t, func(in journey.SpotFetchInput, now time.Time) journey.SpotAnswer {
			a := shows("Complete", "j1")(in, now)
			a.Claimed = c.claimed && in.Claimed == "j-old"
			return a
		})
		e := spotEvent("e1")
		e.Event.JourneyID = "j-old"
		p.tell(e)
		if got := p.outcome(); got != c.want {
			t.Errorf("%s: decided %q, want %q", name, got, c.want)
		}
	}
}

// A spot check of no journey, or of two, is held and told so once; a person's link
// decides it, and only then is it known what it means.
func TestAnUnboundSpotCheckWaitsForALink(t *testing.T) {
	t.Parallel()
	for reason, candidates := range map[string][]string{"no_journey": nil, "several_journeys": {"j1", "j2"}} {
		p := openSpot(t, shows("Refer", candidates...))
		p.tell(spotEvent("e1"))
		p.wait(3 * 24 * time.Hour)
		if p.state.Closed() || p.state.Decision != nil || len(p.handed) != 0 || p.fetches != 4 {
			t.Fatalf("%s: closed %v after %d looks; want it held, and looked at every day", reason, p.state.Closed(), p.fetches)
		}
		if a := p.state.Attention; len(a) != 1 || a[0].Code != journey.AttentionSpotCheckUnbound || a[0].Detail != reason {
			t.Errorf("%s: attention is %v", reason, a)
		}
		if len(p.told) != 1 || p.told[0].SpotCheck.Outcome != journey.SpotHeld || p.told[0].JourneyID != "" {
			t.Errorf("%s: told %+v, want once that it is held", reason, p.told)
		}
		link := journey.SpotLink{JourneyID: "j-linked", Actor: "ops", Reason: "ticket 7"}
		if err := p.state.CheckLink(link); err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		p.tell(journey.Input{Linked: &link})
		if got, want := p.outcome(), "failed j-linked ops refer"; got != want || p.state.LinkRefused() != nil {
			t.Errorf("%s: decided %q (%v), want %q", reason, got, p.state.LinkRefused(), want)
		}
		if len(p.told) != 2 || p.told[1].ID == p.told[0].ID || len(p.handed) != 1 || p.handed[0].JourneyID != "j-linked" {
			t.Errorf("%s: told %d, handed over %v; want the decision under an id of its own", reason, len(p.told), p.handed)
		}
		if len(p.state.Attention) != 0 || !p.state.Closed() {
			t.Errorf("%s: attention %v, closed %v", reason, p.state.Attention, p.state.Closed())
		}
	}
}

func TestALinkIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	held := openSpot(t, shows("Refer"))
	held.tell(spotEvent("e1"))
	good := journey.SpotLink{JourneyID: "j-linked", Actor: "ops", Reason: "r"}
	bound := openSpot(t, shows("Complete", "j1"))
	bound.tell(spotEvent("e1"))
	for name, c := range map[string]struct {
		state journey.SpotState
		link  journey.SpotLink
		want  string
	}{
		"no reason":       {held.state, journey.SpotLink{JourneyID: "j", Actor: "ops"}, "a reason"},
		"no actor":        {held.state, journey.SpotLink{JourneyID: "j", Reason: "r"}, "an actor"},
		"no journey":      {held.state, journey.SpotLink{Actor: "ops", Reason: "r"}, "by its id"},
		"a path":          {held.state, journey.SpotLink{JourneyID: "../j", Actor: "ops", Reason: "r"}, "by its id"},
		"dots":            {held.state, journey.SpotLink{JourneyID: "..", Actor: "ops", Reason: "r"}, "by its id"},
		"too long":        {held.state, journey.SpotLink{JourneyID: strings.Repeat("j", 129), Actor: "ops", Reason: "r"}, "by its id"},
		"bound already":   {bound.state, good, "does not wait"},
		"nothing of this": {held.state, good, ""},
	} {
		err := c.state.CheckLink(c.link)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if err := openSpot(t, nil).state.CheckLink(good); err == nil {
		t.Error("a spot check that nothing is known of was linked")
	}
}

func TestALinkToAJourneyThatTheLedgerDoesNotKnowChangesNothing(t *testing.T) {
	t.Parallel()
	p := openSpot(t, shows("Refer"))
	p.tell(spotEvent("e1"))
	p.tell(journey.Input{Linked: &journey.SpotLink{JourneyID: "j-typo", Actor: "ops", Reason: "r"}})
	if err := p.state.LinkRefused(); err == nil || !strings.Contains(err.Error(), "knows no journey") {
		t.Errorf("refused with %v", err)
	}
	if p.state.Decision != nil || p.state.Unbound == "" || p.state.Deadline().IsZero() {
		t.Errorf("got %+v, want it held as before", p.state)
	}
	p.tell(journey.Input{Linked: &journey.SpotLink{JourneyID: "j-linked", Actor: "ops", Reason: "r"}})
	if got, want := p.outcome(), "failed j-linked ops refer"; got != want || p.state.LinkRefused() != nil {
		t.Errorf("decided %q (%v), want %q", got, p.state.LinkRefused(), want)
	}
}

// News that come while a link is looked at are neither lost nor taken for its answer,
// and a look that binds the spot check meanwhile makes the link needless.
func TestALinkAndALookMayCross(t *testing.T) {
	t.Parallel()
	held := openSpot(t, shows("Refer"))
	held.tell(spotEvent("e1"))
	link := journey.SpotLink{JourneyID: "j-linked", Actor: "ops", Reason: "r"}
	now := held.now.Add(time.Minute)
	step := func(s *journey.SpotState, in journey.Input) (effects []journey.Effect) {
		*s, effects = journey.SpotApply(*s, in, now)
		return effects
	}

	s := held.state // the link first
	step(&s, journey.Input{Linked: &link})
	asked := step(&s, journey.Input{Tick: true})
	if len(asked) != 1 || asked[0].SpotFetch.Link != "j-linked" {
		t.Fatalf("asked %+v, want the ledger about the link", asked)
	}
	step(&s, spotEvent("e2"))
	step(&s, journey.Input{SpotFetched: &journey.SpotAnswer{Policy: spotPolicy, Linked: true}})
	if s.Decision == nil || s.Decision.BoundBy != "ops" || s.Closed() {
		t.Errorf("decided %+v, closed %v; want it bound by ops and the news looked at", s.Decision, s.Closed())
	}

	s = held.state // a look first
	step(&s, spotEvent("e2"))
	step(&s, journey.Input{Tick: true})
	step(&s, journey.Input{Linked: &link})
	a := shows("Refer", "j1")(journey.SpotFetchInput{}, now)
	step(&s, journey.Input{SpotFetched: &a})
	if s.Decision == nil || s.Decision.JourneyID != "j1" || s.LinkRefused() == nil {
		t.Errorf("decided %+v, link refused with %v; want j1 and a refusal", s.Decision, s.LinkRefused())
	}
}
