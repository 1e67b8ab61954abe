package journey

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Who may have bound a spot check, beside an actor.
const (
	BoundByReference = "reference"
	BoundByVendor    = "vendor"
)

// Why the journey of a spot check is not known.
const (
	unboundNone = "no_journey"
	unboundTie  = "several_journeys"
)

const (
	// spotLookEvery spaces the fetches of a spot check that is not shown, or not bound,
	// after the waits of the policy.
	spotLookEvery = 24 * time.Hour
	maxLinkReason = 500 // bytes of a person's reason
	maxID         = 128 // bytes of a journey's id
)

// ErrLinking refuses a person's link while another one is looked at.
var ErrLinking = errors.New("another link of this spot check is being looked at: look again")

// refusedBound refuses a link that nothing waits for.
const refusedBound = "this spot check does not wait for a link: it is bound, or not finished, or unknown to IDWise"

// SpotApply is the life of one spot check, as Apply is that of a journey. The API says what
// was found, the ledger whose it is. It is decided once, published, handed over to its
// journey where the policy says so, and then closed.
func SpotApply(s SpotState, in Input, now time.Time) (SpotState, []Effect) {
	s = s.clone()
	var effects []Effect
	switch {
	case in.Event != nil:
		s.onEvent(*in.Event, now)
	case in.SpotFetched != nil:
		effects = s.onFetched(*in.SpotFetched, now)
	case in.Published != nil && in.Published.Answer.Parked:
		s.Counts.Parked++
		s.Attention.raise(AttentionDeliveryParked, in.Published.Endpoint, now)
	case in.HandedOver != nil && in.HandedOver.Problem != "":
		// Without it, a failed spot check would leave an approval standing.
		effects = s.handOver()
	case in.Linked != nil && s.CheckLink(*in.Linked) == nil:
		// The ledger says whether there is such a journey, and under which policy.
		s.Link, s.Refused = in.Linked, ""
		s.Look.wish(now, false)
	case in.Quarantined != "":
		s.Counts.Quarantined++
		s.Attention.raise(AttentionQuarantined, in.Quarantined, now)
		s.Look.wish(now, false)
	case in.Tick:
		effects = s.onTick(now)
	}
	s.LastEffect = number(effects, s.LastEffect, s.Start(), s.Look.Causes)
	return s, effects
}

// onEvent takes a hint. One that comes after the decision causes a fetch like any other:
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
	s.Claimed = cmp.Or(e.JourneyID, s.Claimed)
	s.Look.follow(e.TraceParent)
	if s.Unknown {
		s.Unknown, s.Look.MissingSince = false, time.Time{}
	}
	s.Look.Silent = 0
	s.Look.wish(now, false)
}

// onTick starts a fetch if one is due; what arrived together shares it.
func (s *SpotState) onTick(now time.Time) []Effect {
	if due := s.Deadline(); due.IsZero() || now.Before(due) {
		return nil
	}
	s.Look.begin()
	s.Look.At = time.Time{}
	s.Counts.Fetches++
	ask := SpotFetchInput{Claimed: s.Claimed}
	if s.Linking = s.Link != nil; s.Linking {
		ask.Link = s.Link.JourneyID
	}
	return []Effect{{Kind: EffectFetchSpotCheck, Lane: LaneVendor, SpotFetch: &ask}}
}

// onFetched takes what was answered about the result, or about a person's link.
func (s *SpotState) onFetched(a SpotAnswer, now time.Time) []Effect {
	s.Look.UnderWay = false
	if a.Policy.Version != "" {
		s.Policy = a.Policy
	}
	if !s.Linking {
		s.ReferenceHash = cmp.Or(a.ReferenceHash, s.ReferenceHash)
		if a.Problem != "" || a.Result == nil {
			s.onProblem(a.Problem, now)
			return nil
		}
	}
	defer s.Look.coverLate(now)
	if s.Linking {
		return s.onLinkAnswered(a, now)
	}
	s.Look.answered(&s.Attention)
	if s.Result == nil || a.Result.finished() {
		s.Result = a.Result // what was finished stays so: a link rests on it
	}
	if !a.Result.finished() {
		s.notShown(now)
		return nil
	}
	s.Attention.clear(AttentionHintMismatch)
	s.Look.Silent = 0
	return s.onFinished(a, now)
}

// onProblem takes a fetch that brought no result.
func (s *SpotState) onProblem(p Problem, now time.Time) {
	code, unknown := s.Look.onProblem(p, s.Policy, s.Result != nil || s.Decision != nil, s.Look.Dirty, now)
	if unknown {
		s.Unknown = true
		return
	}
	if code != "" {
		s.Attention.raise(code, "", now)
	}
	if p == ProblemMissing && s.Decision != nil { // the decision stands
		s.Look.At = time.Time{}
	}
	s.Look.Silent++
}

// notShown asks again while the API does not show what the webhook said.
func (s *SpotState) notShown(now time.Time) {
	s.Look.Silent++
	switch n := s.Look.Silent; {
	case n <= len(s.Policy.AskAgain):
		s.Look.At = now.Add(time.Duration(s.Policy.AskAgain[n-1]))
	case s.Decision != nil: // it stands
		s.Look.At = time.Time{}
	default:
		s.Look.At = now.Add(spotLookEvery)
		s.Attention.raise(AttentionHintMismatch, "spot_check_not_shown", now)
	}
}

// onFinished decides what the result means, once it is known for whom.
func (s *SpotState) onFinished(a SpotAnswer, now time.Time) []Effect {
	s.Look.At = time.Time{}
	switch {
	case s.Decision != nil: // it stands; what the vendor has found since goes to the journey's reviewers
		return s.handOver()
	case a.Decided != nil: // by an earlier run; the same ids do nothing twice, and complete what it left undone
		return s.settle(*a.Decided)
	}
	waiting, unbound := a.Unbound(SpotFetchInput{Account: s.Account, SpotID: s.SpotID, Claimed: s.Claimed}, now)
	if !unbound {
		journeyID, by, _ := a.Binding(s.Claimed)
		return s.decide(SpotDecision{JourneyID: journeyID, BoundBy: by}, now)
	}
	s.Look.At = now.Add(spotLookEvery) // its journey may be imported, or decided, meanwhile
	return s.awaitLink(waiting, now)
}

// finished says whether the vendor has come to a decision.
func (r SpotResult) finished() bool { return r.System != "" && r.System != Incomplete }

// outcome is passed only for what the vendor calls complete, with no rule failed. A
// value that is not known to us is put on hold: it may mean anything.
func (r SpotResult) outcome() (SpotOutcome, []string) {
	switch {
	case len(r.FailedRules) > 0:
		return SpotFailed, r.FailedRules
	case r.System == Complete:
		return SpotPassed, nil
	case r.System == Refer:
		return SpotFailed, []string{"refer"}
	default:
		return SpotHeld, []string{reasonUnknown}
	}
}

// Binding says whose the spot check is and by what, or why that is not known. The vendor's
// claim counts where the ledger knows that journey under the same reference; else the
// reference must mean one journey alone.
func (a SpotAnswer) Binding(claimed string) (journeyID, by, unbound string) {
	switch {
	case a.Claimed:
		return claimed, BoundByVendor, ""
	case len(a.Candidates) == 1:
		return a.Candidates[0], BoundByReference, ""
	case len(a.Candidates) == 0:
		return "", "", unboundNone
	default:
		return "", "", unboundTie
	}
}

// Unbound is how a finished spot check is shown while it is bound to no journey; ok is
// false if the answer binds it, or if there is nothing to show.
func (a SpotAnswer) Unbound(in SpotFetchInput, now time.Time) (d SpotDecision, ok bool) {
	if a.Decided != nil || a.Result == nil || !a.Result.finished() {
		return SpotDecision{}, false
	}
	_, _, unbound := a.Binding(in.Claimed)
	return SpotDecision{
		ID: SpotDecisionID(in.Account, in.SpotID), Account: in.Account, SpotID: in.SpotID,
		Outcome: SpotHeld, System: a.Result.System, Reasons: []string{unbound}, DecidedAt: now,
	}, unbound != ""
}

// awaitLink puts a finished spot check on hold until a person links it, and publishes
// that once.
func (s *SpotState) awaitLink(waiting SpotDecision, now time.Time) []Effect {
	unbound := waiting.Reasons[0]
	if s.Unbound != unbound {
		s.Attention.clear(AttentionSpotCheckUnbound)
	}
	s.Unbound = unbound
	if s.Attention.raise(AttentionSpotCheckUnbound, unbound, now) == nil {
		return nil
	}
	// It is no decision, so it is not published under the decision's id.
	return s.publish(messageID("sph", s.Account, s.SpotID, unbound), waiting)
}

// decide makes the spot check's one decision.
func (s *SpotState) decide(d SpotDecision, now time.Time) []Effect {
	d.ID, d.Account, d.SpotID = SpotDecisionID(s.Account, s.SpotID), s.Account, s.SpotID
	d.System, d.DecidedAt = s.Result.System, now
	d.Outcome, d.Reasons = s.Result.outcome()
	return s.settle(d)
}

// settle takes the decision, publishes it and hands over what did not pass. No link is
// awaited any more.
func (s *SpotState) settle(d SpotDecision) []Effect {
	s.Decision, s.Unbound, s.Look.At = &d, "", time.Time{}
	if s.Link != nil {
		s.Link, s.Refused = nil, refusedBound
	}
	s.Attention.clear(AttentionSpotCheckUnbound)
	return append(s.publish(d.ID, d), s.handOver()...)
}

// publish makes one effect per endpoint, each in a lane of its own. A decision is
// recorded even without an endpoint.
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
		effects = append(effects, publishing(fmt.Sprintf("%s@%s", id, endpoint), PublishInput{Message: m, Endpoint: endpoint}))
	}
	return effects
}

// handOver brings a spot check that did not pass, or was put on hold, to its journey,
// where the policy says that people review it there.
func (s *SpotState) handOver() []Effect {
	outcome := s.Decision.Outcome
	if outcome == SpotPassed && s.Result != nil {
		outcome, _ = s.Result.outcome()
	}
	if outcome == SpotPassed || s.Policy.SpotCheckFailed != SpotCheckMeansReview {
		return nil
	}
	return []Effect{{Kind: EffectHandOver, Lane: LaneHandOver, HandOver: &HandOverInput{Event: Event{
		EventID: messageID("spf", s.Account, s.SpotID), Type: SpotCheckFailed,
		Account: s.Account, JourneyID: s.Decision.JourneyID,
		Hint: Hint{SpotCheck: s.SpotID}, ReceivedAt: s.Decision.DecidedAt,
	}}}}
}

// CheckLink says, in a sentence, why a person's link cannot be taken now; nil if it
// can.
func (s SpotState) CheckLink(l SpotLink) error {
	id := l.JourneyID // it becomes part of a workflow's id
	switch {
	case l.Actor == "" || l.Reason == "" || len(l.Reason) > maxLinkReason:
		return errors.New("a link needs an actor, and a reason of at most 500 bytes")
	case len(id) > maxID, !plain(id, "._-"), strings.Trim(id, ".") == "":
		return errors.New("a link names a journey by its id: letters, digits, dots, dashes and underscores, at most 128")
	case s.Link != nil:
		return ErrLinking
	case s.Unbound == "":
		return errors.New(refusedBound)
	default:
		return nil
	}
}

// LinkRefused says why the last link was not taken; nil if it was.
func (s SpotState) LinkRefused() error {
	if s.Refused == "" {
		return nil
	}
	return errors.New(s.Refused)
}

// onLinkAnswered binds the spot check by a person's link, if the ledger knows the journey.
func (s *SpotState) onLinkAnswered(a SpotAnswer, now time.Time) []Effect {
	link := *s.Link
	s.Link, s.Linking, s.Look.At = nil, false, now.Add(spotLookEvery)
	switch {
	case a.Problem != "":
		s.Refused = "the ledger could not be asked about that journey: try again"
	case !a.Linked:
		s.Refused = "the ledger knows no journey of that id in this account"
	default:
		return s.decide(SpotDecision{JourneyID: link.JourneyID, BoundBy: link.Actor, LinkReason: link.Reason}, now)
	}
	return nil
}
