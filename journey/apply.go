// Package journey is the life of one identity verification as a pure function:
// Apply(state, input, now) -> (state, effects). It knows no Temporal, no clock and
// no I/O, so that the same facts lead to the same end in whatever order they come.
//
// The vendor's sequence, in its own words: Finished User Steps arrives, the
// result is fetched, the custom steps run, Complete Custom Step is called,
// Finished Journey arrives, the result is fetched again, and what it says is
// decided. A webhook is only ever a hint to look (claim.go); what counts is what
// the API then answers (look.go), what the custom steps found (custom.go) and
// what both together mean (judge.go, decide.go).
package journey

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Apply takes one input. It never fails and never changes what it was given: what
// it does not understand it counts and leaves alone.
func Apply(s State, in Input, now time.Time) (State, []Effect) {
	s = s.clone()
	var effects []Effect
	switch {
	case in.Event != nil:
		effects = s.onEvent(*in.Event, now)
	case in.Fetched != nil:
		effects = s.onFetched(*in.Fetched, now)
	case in.Stepped != nil:
		effects = s.onStepped(*in.Stepped, now)
	case in.Completed != nil:
		effects = s.onCompleted(*in.Completed, now)
	case in.Published != nil:
		effects = s.onPublished(*in.Published, now)
	case in.Reviewed != nil:
		effects = s.onReviewed(*in.Reviewed, now)
	case in.Acted != nil:
		effects = s.onAct(*in.Acted, now)
	case in.AMLFetched != nil:
		effects = s.onAMLHistory(*in.AMLFetched, now)
	case in.Erased != nil:
		effects = s.onErased(*in.Erased, now)
	case in.Quarantined != "":
		s.Counts.Quarantined++
		effects = s.raise(AttentionQuarantined, in.Quarantined, now)
		s.Look.wish(now, false) // it was a signal about this journey, whatever it said
	case in.Tick:
		effects = s.onTick(now)
	}
	effects = s.tellLedger(effects, now)
	for i := range effects {
		s.LastEffect++
		effects[i].ID = s.LastEffect
		effects[i].causedBy(s.Look.Causes)
		if p := effects[i].Publish; p != nil {
			// What is told of one step carries the phase that it led to, so that
			// messages which race each other to the ledger say the same.
			p.Message.Phase = s.Phase
		}
	}
	return s, effects
}

// onTick does what is due. Only a tick starts a fetch, so that all events which
// arrived together share one.
func (s *State) onTick(now time.Time) []Effect {
	effects := append(s.climb(now), s.waitOver(now)...)
	if s.Closed() || s.Look.UnderWay {
		return effects
	}
	fetch, hinted, postponed := s.due(now)
	if effects = append(effects, postponed...); !fetch {
		return effects
	}
	s.Look.begin()
	s.Counts.Fetches++
	return append(effects, Effect{Kind: EffectFetch, Lane: LaneVendor, Fetch: &FetchInput{
		Account: s.Account, JourneyID: s.JourneyID, Phase: s.Phase, At: now,
		WantBaseline: s.Standing.Sequence == 0, Hinted: hinted, Clock: s.Reviews.Clock,
	}})
}

// onPublished takes how a message ended. If the ledger holds another decision under
// the number (this history was reset), the ledger is right: the journey takes up its
// standing and decides again on top of it where the facts ask for that.
func (s *State) onPublished(p Published, now time.Time) []Effect {
	if s.Outbox.Sending[p.Lane]--; s.Outbox.Sending[p.Lane] <= 0 {
		delete(s.Outbox.Sending, p.Lane)
	}
	if ledger := p.Answer.Conflict; ledger != nil {
		s.takeStanding(*ledger)
		s.Look.wish(now, false)
		return nil
	}
	if !p.Answer.Parked {
		return nil
	}
	s.Counts.Parked++
	return s.raise(AttentionDeliveryParked, p.Endpoint, now)
}

// enter changes the phase; entering the one it is in changes nothing.
func (s *State) enter(p Phase, now time.Time) {
	if s.Phase == p {
		return
	}
	s.Phase, s.Since, s.Look.Silent, s.Look.At = p, now, 0, time.Time{}
}

// raise records that a person is needed and tells the customer once.
func (s *State) raise(code AttentionCode, detail string, now time.Time) []Effect {
	item := s.Attention.raise(code, detail, now)
	if item == nil {
		return nil
	}
	id := messageID("att", s.Account, s.JourneyID, string(code), detail, now.Format(time.RFC3339Nano))
	return s.publish(Message{ID: id, Type: MessageAttention, Attention: item}, now)
}

func (s *State) clear(codes ...AttentionCode) { s.Attention.clear(codes...) }

// publish makes one effect per endpoint of the customer's. Messages of a stream
// share a lane per endpoint, so they keep their order; any other has its own.
// A decision is recorded at once, even where there is no endpoint to tell or where
// an endpoint is away and holds up what is meant for it.
func (s *State) publish(m Message, now time.Time) []Effect {
	m.Account, m.JourneyID, m.Phase, m.At = s.Account, s.JourneyID, s.Phase, now
	endpoints := s.Policy.Endpoints
	var effects []Effect
	waits := len(endpoints) == 0
	for _, endpoint := range endpoints {
		lane := fmt.Sprintf("%s@%s", m.Stream, endpoint)
		if m.Stream == "" {
			lane = fmt.Sprintf("%s@%s", m.ID, endpoint)
		}
		waits = waits || s.Outbox.Sending[lane] > 0
		s.Outbox.Sending[lane]++
		effects = append(effects, Effect{Kind: EffectPublish, Lane: lane, Publish: &PublishInput{Message: m, Endpoint: endpoint}})
	}
	if waits && m.Decision != nil {
		record := Effect{Kind: EffectPublish, Lane: LaneLedger, Publish: &PublishInput{Message: m}}
		effects = append([]Effect{record}, effects...)
	}
	return effects
}

// clone copies what Apply may append to or delete from. Verdict, Review, Resubmission
// and Decided are replaced as a whole and never written through.
func (s State) clone() State {
	s.Look = s.Look.clone()
	s.AML.Alerts = slices.Clone(s.AML.Alerts)
	s.Outbox.Sending = maps.Clone(s.Outbox.Sending)
	if s.Outbox.Sending == nil {
		s.Outbox.Sending = map[string]int{}
	}
	s.Steps.Runs = slices.Clone(s.Steps.Runs)
	s.AML.Accepted = slices.Clone(s.AML.Accepted)
	s.AML.Seen = slices.Clone(s.AML.Seen)
	s.Attention = slices.Clone(s.Attention)
	return s
}
