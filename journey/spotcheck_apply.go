package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
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
		s.raise(AttentionQuarantined, in.Quarantined, now)
		s.lookNow(now)
	case in.Tick:
		effects = s.onTick(now)
	}
	for i := range effects {
		s.LastEffect++
		effects[i].ID = s.LastEffect
		effects[i].causedBy(s.Causes)
	}
	return s, effects
}

// onEvent takes a hint. One that comes after the decision is looked at like any other:
// the vendor may have changed its mind.
func (s *SpotState) onEvent(e Event, now time.Time) {
	s.Counts.Events++
	if e.EventID != "" && s.duplicate(e) {
		s.Counts.Duplicates++
		return
	}
	if e.Type == Refresh {
		s.clear(AttentionQuarantined, AttentionHintMismatch, AttentionDeliveryParked)
	}
	if e.JourneyID != "" {
		s.Claimed = e.JourneyID
	}
	if e.TraceParent != "" && len(s.Links) < 8 {
		s.Links = append(s.Links, e.TraceParent)
	}
	if s.Unknown {
		s.Unknown, s.MissingSince = false, time.Time{}
	}
	s.Silent = 0
	s.lookNow(now)
}

// duplicate remembers the event and says whether it had been seen.
func (s *SpotState) duplicate(e Event) bool {
	sum := sha256.Sum256([]byte(string(e.Type) + "\x00" + e.EventID))
	key := hex.EncodeToString(sum[:6])
	if slices.Contains(s.Seen, key) {
		return true
	}
	s.Seen = append(s.Seen, key)
	s.Seen = s.Seen[max(0, len(s.Seen)-seenWindow):]
	return false
}

func (s *SpotState) lookNow(now time.Time) {
	if s.Looking {
		s.Dirty = true
		return
	}
	s.LookAt = now
}

// onTick starts a look if one is due; what arrived together shares it.
func (s *SpotState) onTick(now time.Time) []Effect {
	if s.Looking || s.LookAt.IsZero() || now.Before(s.LookAt) {
		return nil
	}
	s.Looking, s.Dirty, s.LookAt = true, false, time.Time{}
	s.Counts.Fetches++
	if len(s.Links) > 0 {
		s.Causes, s.Links = s.Links, nil
	}
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
	s.raise(AttentionDeliveryParked, p.Endpoint, now)
}

// onHandedOver hands over again what the ledger did not take: a failed spot check that
// its journey never hears of would leave an approval standing.
func (s *SpotState) onHandedOver(a HandOverAnswer) []Effect {
	if a.Problem == "" {
		return nil
	}
	return s.handOver()
}

// raise records that a person is needed. The customer's systems are told of an unbound
// spot check by a message of its own; the rest concerns the operators.
func (s *SpotState) raise(code AttentionCode, detail string, now time.Time) (fresh bool) {
	if slices.ContainsFunc(s.Attention, func(a AttentionItem) bool { return a.Code == code && a.Detail == detail }) {
		return false
	}
	s.Attention = append(s.Attention, AttentionItem{Code: code, Since: now, Detail: detail})
	return true
}

func (s *SpotState) clear(codes ...AttentionCode) {
	s.Attention = slices.DeleteFunc(s.Attention, func(a AttentionItem) bool { return slices.Contains(codes, a.Code) })
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
