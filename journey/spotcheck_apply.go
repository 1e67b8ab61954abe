package journey

import (
	"fmt"
	"time"
)

// SpotApply is the life of one spot check, as Apply is that of a journey: the webhook is
// a hint to look, the API says what was found, the ledger whose it is. It is decided
// once, told, handed over to its journey where the policy says so, and then over.
func SpotApply(s SpotState, in Input, now time.Time) (SpotState, []Effect) {
	s = s.clone()
	var effects []Effect
	switch {
	case in.Event != nil:
		s.onEvent(*in.Event, now)
	case in.SpotFetched != nil:
		effects = s.onFetched(*in.SpotFetched, now)
	case in.Published != nil:
		s.onPublished(*in.Published, now)
	case in.HandedOver != nil:
		effects = s.onHandedOver(*in.HandedOver)
	case in.Linked != nil:
		s.onLinked(*in.Linked, now)
	case in.Quarantined != "":
		s.Counts.Quarantined++
		s.Attention.raise(AttentionQuarantined, in.Quarantined, now)
		s.Look.wish(now, false)
	case in.Tick:
		effects = s.onTick(now)
	}
	for i := range effects {
		s.LastEffect++
		effects[i].ID = s.LastEffect
		effects[i].causedBy(s.Look.Causes)
	}
	return s, effects
}

// onEvent takes a hint. One that comes after the decision is looked at like any other:
// the vendor may have changed its mind.
func (s *SpotState) onEvent(e Event, now time.Time) {
	s.Counts.Events++
	if s.Look.duplicate(e) {
		s.Counts.Duplicates++
		return
	}
	if e.Type == Refresh {
		s.Attention.clear(AttentionQuarantined, AttentionHintMismatch, AttentionDeliveryParked)
	}
	if e.JourneyID != "" {
		s.Claimed = e.JourneyID
	}
	s.Look.follow(e.TraceParent)
	if s.Unknown {
		s.Unknown, s.Look.MissingSince = false, time.Time{}
	}
	s.Look.Silent = 0
	s.Look.wish(now, false)
}

// onTick starts a look if one is due; what arrived together shares it.
func (s *SpotState) onTick(now time.Time) []Effect {
	if due := s.Deadline(); due.IsZero() || now.Before(due) {
		return nil
	}
	s.Look.begin()
	s.Look.At = time.Time{}
	s.Counts.Fetches++
	ask := SpotFetchInput{Account: s.Account, SpotID: s.SpotID, Claimed: s.Claimed}
	if s.Linking = s.Link != nil; s.Linking {
		ask.Link = s.Link.JourneyID
	}
	return []Effect{{Kind: EffectFetchSpotCheck, Lane: LaneVendor, SpotFetch: &ask}}
}

func (s *SpotState) onPublished(p Published, now time.Time) {
	if !p.Answer.Parked {
		return
	}
	s.Counts.Parked++
	s.Attention.raise(AttentionDeliveryParked, p.Endpoint, now)
}

// onHandedOver hands over again what the ledger did not take: a failed spot check that
// its journey never hears of would leave an approval standing.
func (s *SpotState) onHandedOver(a HandOverAnswer) []Effect {
	if a.Problem == "" {
		return nil
	}
	return s.handOver()
}

// publish makes one effect per endpoint, each in a lane of its own. A decision is
// recorded even where there is no endpoint to tell.
func (s *SpotState) publish(id string, d SpotDecision) []Effect {
	m := Message{
		ID: id, Type: MessageSpotCheckDecided, Account: s.Account, JourneyID: d.JourneyID, At: d.DecidedAt, SpotCheck: &d,
	}
	endpoints := s.Policy.Endpoints
	if len(endpoints) == 0 {
		endpoints = []string{""}
	}
	var effects []Effect
	for _, endpoint := range endpoints {
		effects = append(effects, Effect{
			Kind: EffectPublish, Lane: fmt.Sprintf("%s@%s", id, endpoint), Publish: &PublishInput{Message: m, Endpoint: endpoint},
		})
	}
	return effects
}
