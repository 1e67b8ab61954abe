package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// resubmission is how the vendor words a reviewer's third outcome.
const resubmission = "Resubmission"

// conclude draws the consequence of a finished verdict.
func (s *State) conclude(now time.Time) []Effect {
	v := *s.Verdict
	s.clear(AttentionCompleteFailed)
	if strings.HasPrefix(v.Final, resubmission) {
		s.Review = nil
		s.enter(AwaitingResubmission, now)
		return nil
	}
	s.seeFace(v)
	j := s.judge(v)
	effects := s.attentionFor(j, now)
	if s.Decided != nil && s.Decided.Source == SourceOperator {
		j = s.afterPerson(j, v)
	}
	j = s.afterRejection(j, v)
	if j.Review == "" {
		s.Review = nil
		s.enter(Settled, now)
	} else {
		s.enter(AwaitingReview, now)
	}
	if j.Outcome != "" && j.Outcome != s.Standing.Outcome {
		effects = append(effects, s.decide(j, "", now)...)
	}
	if j.Review != "" {
		effects = append(effects, s.openReview(j, now)...)
	}
	return effects
}

// afterPerson holds a person's decision against the system's: the verdict it was
// made on changes nothing, a match that the person did not see is held, and any
// other new verdict is put before a person again.
func (s *State) afterPerson(j Judgement, v Verdict) Judgement {
	switch {
	case j.Outcome == s.Standing.Outcome, s.fingerprint(v) == s.Decided.Fingerprint:
		return Judgement{}
	case j.Outcome == OutcomeOnHold && len(s.unaccepted(v)) > 0:
		return j
	default:
		return Judgement{Review: ReviewLocal, Reason: "verdict_changed"}
	}
}

// afterRejection keeps a rejection: nothing of the system's softens it, by whatever
// detour. Only a person does, here or by a final Approved at the vendor that was
// not there when it was made.
func (s *State) afterRejection(j Judgement, v Verdict) Judgement {
	switch {
	case s.Rejected == nil, j.Outcome == "", j.Outcome == OutcomeRejected:
		return j
	case j.Outcome == OutcomeApproved && v.Final == Approved && s.Rejected.Final != "" && s.Rejected.Final != Approved:
		return j
	default:
		return Judgement{Review: ReviewLocal, Reason: "verdict_changed"}
	}
}

func (s *State) attentionFor(j Judgement, now time.Time) []Effect {
	switch j.Reason {
	case "unknown_value":
		return s.raise(AttentionUnknownValue, "", now)
	case "inconsistent":
		return s.raise(AttentionUnknownValue, "inconsistent", now)
	}
	s.clear(AttentionUnknownValue)
	return nil
}

// decide makes the next numbered decision and publishes it.
func (s *State) decide(j Judgement, decidedBy string, now time.Time) []Effect {
	d := Decision{
		Account: s.Account, JourneyID: s.JourneyID, Sequence: s.Standing.Sequence + 1,
		Outcome: j.Outcome, Source: j.Source, Reasons: j.Reasons, Supersedes: s.Standing.Sequence,
		PolicyVersion: s.Policy.Version, DecidedBy: decidedBy, DecidedAt: now,
	}
	d.ID = DecisionID(d.Account, d.JourneyID, d.Sequence)
	if d.DecidedBy == "" {
		d.DecidedBy = string(j.Source)
	}
	if v := s.Verdict; v != nil {
		d.System, d.Manual, d.Final = v.System, v.Manual, v.Final
		d.AMLVersion, d.AMLMatches = s.AMLVersion, len(v.AML.Matches)
		d.Fingerprint = s.fingerprint(*v)
	}
	switch d.Outcome {
	case OutcomeRejected:
		s.Rejected = &Rejection{Final: d.Final}
	case OutcomeApproved:
		s.Rejected = nil
		if s.Verdict != nil {
			s.accept(*s.Verdict)
		}
	}
	s.Decided = &d
	s.Standing = Standing{Outcome: d.Outcome, Sequence: d.Sequence, Since: now}
	return s.publish(Message{ID: d.ID, Type: MessageDecided, Stream: StreamDecisions, Decision: &d}, now)
}

// openReview opens a review, or leaves the one that is open for the same reason.
func (s *State) openReview(j Judgement, now time.Time) []Effect {
	facts := ""
	if j.Review == ReviewLocal { // what a person decides here is bound to what they saw
		facts = s.fingerprint(*s.Verdict)
	}
	id := messageID("rev", s.Account, s.JourneyID, string(j.Review), j.Reason, facts, strconv.Itoa(s.Standing.Sequence))
	if s.Review != nil && s.Review.ID == id {
		return nil
	}
	s.Review = &Review{ID: id, Kind: j.Review, Reason: j.Reason, Since: now}
	return s.publish(Message{ID: id, Type: MessageReviewRequired, Review: s.Review}, now)
}

// CheckReview says why a person's decision cannot be taken now; nil if it can.
func (s State) CheckReview(r Reviewed) error {
	switch {
	case s.Review == nil || s.Review.Kind != ReviewLocal:
		return errNoLocalReview
	case r.Review != s.Review.ID:
		return errOtherReview
	case r.Outcome != OutcomeApproved && r.Outcome != OutcomeRejected:
		return errReviewOutcome
	case r.Actor == "" || r.Reason == "":
		return errReviewActor
	default:
		return nil
	}
}

// onReviewed takes a person's decision on a local review. Approving accepts the
// AML matches that the person had before them.
func (s *State) onReviewed(r Reviewed, now time.Time) []Effect {
	if s.CheckReview(r) != nil {
		return nil
	}
	s.Review = nil
	s.enter(Settled, now)
	return s.decide(Judgement{Outcome: r.Outcome, Source: SourceOperator, Reasons: []string{r.Reason}}, r.Actor, now)
}

// expire gives up a journey whose user never finished it. A later event opens it
// again.
func (s *State) expire(now time.Time) []Effect {
	s.enter(Expired, now)
	s.Claim = Claim{}
	if s.Standing.Outcome == OutcomeExpired {
		return nil
	}
	return s.decide(Judgement{Outcome: OutcomeExpired, Source: SourcePolicy, Reasons: []string{"never_finished"}}, "", now)
}

// fingerprint names the facts that a decision rests on.
func (s State) fingerprint(v Verdict) string {
	facts := []string{v.System, v.Manual, v.Final, v.AML.fingerprint(), v.Subject}
	facts = append(facts, v.FailedRules...)
	if v.Face != nil {
		facts = append(facts, "face", strconv.FormatBool(v.Face.Matched))
	}
	for _, r := range s.Steps {
		facts = append(facts, r.Name, string(r.Outcome), r.Reason, r.Subject)
	}
	return hash(facts...)[:16]
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// messageID names a message for ever. Its time is part of it, because the same
// thing may have to be told again later; replay and retries keep that time.
func messageID(prefix string, parts ...string) string { return prefix + "_" + hash(parts...)[:32] }
