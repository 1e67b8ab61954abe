package journey

import (
	"errors"
	"time"
)

// Who may have bound a spot check, beside an actor.
const (
	BoundByReference = "reference"
	BoundByVendor    = "vendor"
)

// Why a spot check belongs to nobody yet.
const (
	unboundNone = "no_journey"
	unboundTie  = "several_journeys"
)

// ErrLinking refuses a person's link while another one is looked at.
var ErrLinking = errors.New("another link of this spot check is being looked at: look again")

// Why else a person's link is refused.
var (
	errNotUnbound  = errors.New("this spot check does not wait for a link: it is bound, or not finished, or unknown to IDWise")
	errLinkActor   = errors.New("a link needs an actor, and a reason of at most 500 bytes")
	errLinkJourney = errors.New("a link names a journey by its id: letters, digits, dots, dashes and underscores, at most 128")
	errLinkUnknown = errors.New("the ledger knows no journey of that id in this account")
	errLinkFailed  = errors.New("the ledger could not be asked about that journey: try again")
)

// maxLinkReason bounds, in bytes, what a person's reason adds to the history.
const maxLinkReason = 500

// SpotDecisionID names a spot check's decision for ever: the idempotency key of its
// delivery.
func SpotDecisionID(account, spotID string) string { return messageID("spt", account, spotID) }

// finished says whether the vendor has come to a decision.
func (r SpotResult) finished() bool { return r.System != "" && r.System != Incomplete }

// outcome is passed only for what the vendor calls complete, with no rule failed. A
// value that is not known to us is held: it may mean anything.
func (r SpotResult) outcome() (SpotOutcome, []string) {
	switch {
	case len(r.FailedRules) > 0:
		return SpotFailed, r.FailedRules
	case r.System == Complete:
		return SpotPassed, nil
	case r.System == Refer:
		return SpotFailed, []string{"refer"}
	default:
		return SpotHeld, []string{"unknown_value"}
	}
}

// Binding says whose the spot check is and by what, or why that is not known. The
// vendor's own word counts where the ledger knows that journey under the same
// reference; else the reference must mean one journey alone.
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

// Held is how a finished spot check is shown and told while it is bound to no journey;
// ok is false if the answer binds it, or if there is nothing to show.
func (a SpotAnswer) Held(in SpotFetchInput, now time.Time) (d SpotDecision, ok bool) {
	if a.Decided != nil || a.Result == nil || !a.Result.finished() {
		return SpotDecision{}, false
	}
	_, _, unbound := a.Binding(in.Claimed)
	return heldSpot(in.Account, in.SpotID, a.Result.System, unbound, now), unbound != ""
}

func heldSpot(account, spotID, system, unbound string, now time.Time) SpotDecision {
	return SpotDecision{
		ID: SpotDecisionID(account, spotID), Account: account, SpotID: spotID,
		Outcome: SpotHeld, System: system, Reasons: []string{unbound}, DecidedAt: now,
	}
}

// hold calls a person to link a spot check, and tells so once. What it found waits.
func (s *SpotState) hold(unbound string, now time.Time) []Effect {
	if s.Unbound != unbound {
		s.Attention.clear(AttentionSpotCheckUnbound)
	}
	s.Unbound = unbound
	if s.Attention.raise(AttentionSpotCheckUnbound, unbound, now) == nil {
		return nil
	}
	// It is no decision, so it is not told under the decision's id.
	return s.publish(messageID("sph", s.Account, s.SpotID, unbound), heldSpot(s.Account, s.SpotID, s.Result.System, unbound, now))
}

// decide makes the spot check's one decision and tells it.
func (s *SpotState) decide(d SpotDecision, now time.Time) []Effect {
	d.ID, d.Account, d.SpotID = SpotDecisionID(s.Account, s.SpotID), s.Account, s.SpotID
	d.System, d.DecidedAt = s.Result.System, now
	d.Outcome, d.Reasons = s.Result.outcome()
	s.settle(d)
	return s.tell()
}

// settle takes the decision; nobody has to link the spot check any more.
func (s *SpotState) settle(d SpotDecision) {
	s.Decision, s.Unbound, s.Look.At = &d, "", time.Time{}
	if s.Link != nil {
		s.Link, s.Refused = nil, errNotUnbound.Error()
	}
	s.Attention.clear(AttentionSpotCheckUnbound)
}

// tell publishes the decision and hands over what did not pass.
func (s *SpotState) tell() []Effect {
	return append(s.publish(s.Decision.ID, *s.Decision), s.handOver()...)
}

// handOver brings a spot check that did not pass to its journey, where the policy says
// that people look at it there. What was held is handed over as well: it did not pass.
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
	switch {
	case l.Actor == "" || l.Reason == "" || len(l.Reason) > maxLinkReason:
		return errLinkActor
	case !plainID(l.JourneyID):
		return errLinkJourney
	case s.Link != nil:
		return ErrLinking
	case s.Unbound == "":
		return errNotUnbound
	default:
		return nil
	}
}

// LinkRefused says why the link that was looked at last was not taken; nil if it was.
func (s SpotState) LinkRefused() error {
	for _, err := range []error{errLinkUnknown, errLinkFailed, errNotUnbound} {
		if s.Refused == err.Error() {
			return err
		}
	}
	return nil
}

// onLinked has the ledger asked whether there is such a journey, and under which policy.
func (s *SpotState) onLinked(l SpotLink, now time.Time) {
	if s.CheckLink(l) != nil {
		return
	}
	s.Link, s.Refused = &l, ""
	s.Look.wish(now, false)
}

// onLinkAnswered binds the spot check as a person said, if the ledger knows the journey.
func (s *SpotState) onLinkAnswered(a SpotAnswer, now time.Time) []Effect {
	link := *s.Link
	s.Link, s.Linking, s.Look.At = nil, false, now.Add(spotLookEvery)
	switch {
	case a.Problem != "":
		s.Refused = errLinkFailed.Error()
	case !a.Linked:
		s.Refused = errLinkUnknown.Error()
	default:
		return s.decide(SpotDecision{JourneyID: link.JourneyID, BoundBy: link.Actor, LinkReason: link.Reason}, now)
	}
	return nil
}

// plainID says that the text can be a vendor's id: it will be part of a workflow's id.
func plainID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	dots := true
	for _, c := range id {
		switch {
		case c == '.':
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
			dots = false
		default:
			return false
		}
	}
	return !dots
}
