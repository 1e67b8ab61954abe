package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// conclude draws the consequence of a finished verdict. By is the person whose
// disposition of an AML alert led to it, else nil.
func (s *State) conclude(now time.Time, by *Reviewed) []Effect {
	v := *s.Verdict
	s.clear(AttentionCompleteFailed)
	var effects []Effect
	if !v.asksAgain() {
		s.seeFace(v)
		effects = s.attentionFor(v, now)
	}
	return append(effects, s.carryOut(s.weigh(by, now), now)...)
}

// carryOut brings the journey to where a judgement puts it. While the user has
// something to submit no person is asked, and their clock stands still.
func (s *State) carryOut(j Judgement, now time.Time) []Effect {
	r := s.Rounds.Open
	waits := r != nil && !r.Missed
	switch {
	case waits:
		s.pause(AwaitingResubmission, now)
	case j.Review == "":
		s.Reviews.Open, s.Reviews.Clock = nil, Clock{}
		s.enter(Settled, now)
	default:
		s.enter(AwaitingReview, now)
	}
	var effects []Effect
	if j.Outcome != "" && (j.Outcome != s.Standing.Outcome || s.Rounds.Number > s.Decided.Round) {
		effects = s.decide(j, j.By, now)
	}
	if j.Review != "" && !waits {
		effects = append(effects, s.openReview(j, now)...)
	}
	return effects
}

func (s *State) attentionFor(v Verdict, now time.Time) []Effect {
	switch v.puzzle() {
	case reasonUnknown:
		return s.raise(AttentionUnknownValue, "", now)
	case reasonInconsistent:
		return s.raise(AttentionUnknownValue, reasonInconsistent, now)
	}
	s.clear(AttentionUnknownValue)
	return nil
}

// decide makes the next numbered decision and publishes it.
func (s *State) decide(j Judgement, decidedBy string, now time.Time) []Effect {
	d := Decision{
		Account: s.Account, JourneyID: s.JourneyID, Sequence: s.Standing.Sequence + 1,
		Outcome: j.Outcome, Source: j.Source, Reasons: j.Reasons, Supersedes: s.Standing.Sequence,
		PolicyVersion: s.Policy.Version, DecidedBy: decidedBy, DecidedAt: now, Adopted: j.Baseline,
	}
	d.ID = DecisionID(d.Account, d.JourneyID, d.Sequence)
	if d.DecidedBy == "" {
		d.DecidedBy = string(j.Source)
	}
	if v := s.Verdict; v != nil {
		d.System, d.Manual, d.Final = v.System, v.Manual, v.Final
		d.AMLVersion, d.AMLMatches = s.AML.Version, len(v.AML.Matches)
		d.Fingerprint = s.fingerprint(*v)
		s.Decided.Lacks = v.lacks(s.Policy.UserSteps)
	}
	switch d.Outcome {
	case OutcomeRejected:
		s.Decided.Rejected = &Rejection{Final: d.Final}
	case OutcomeApproved:
		s.Decided.Rejected = nil
		if s.Verdict != nil {
			s.accept(*s.Verdict)
		}
	}
	tell := MessageDecided
	if j.Baseline {
		tell = MessageAdopted
		if at := s.Verdict.EndedAt; !at.IsZero() {
			d.DecidedAt = at
		}
	}
	s.Decided.Last, s.Decided.Round, s.Decided.Steps = &d, s.Rounds.Number, nil
	for _, step := range s.Policy.Steps {
		s.Decided.Steps = append(s.Decided.Steps, step.Name)
	}
	s.Standing = Standing{Outcome: d.Outcome, Sequence: d.Sequence, Since: d.DecidedAt}
	return s.publish(Message{ID: d.ID, Type: tell, Stream: StreamDecisions, Decision: &d}, now)
}

// openReview opens a review, or leaves the one that is open for the same reason.
func (s *State) openReview(j Judgement, now time.Time) []Effect {
	facts := ""
	if j.Review == ReviewLocal { // what a person decides here is bound to what they saw
		facts = s.fingerprint(*s.Verdict)
	}
	id := messageID("rev", s.Account, s.JourneyID, string(j.Review), j.Reason, facts, strconv.Itoa(s.Standing.Sequence), strconv.Itoa(s.Rounds.Number))
	if s.Reviews.Open != nil && s.Reviews.Open.ID == id {
		return nil
	}
	review := Review{ID: id, Kind: j.Review, Reason: j.Reason, Since: now}
	switch {
	case review.unconfirmed(): // webhooks start no clock that decides
		review.Ladder.Name = reasonUnconfirmed
	case s.Reviews.Open != nil && !s.Reviews.Open.unconfirmed(): // other facts, but a person has been awaited all the while
		review.Ladder = s.Reviews.Open.Ladder
	default:
		if s.Reviews.Clock.Since.IsZero() {
			s.Reviews.Clock.Since = now
		}
		review.Ladder = s.ladder(LadderReview, now)
	}
	s.Reviews.Open = &review
	return s.publish(Message{ID: id, Type: MessageReviewRequired, Review: s.Reviews.Open}, now)
}

// expire gives up a journey whose user never finished it. A later event opens it
// again.
func (s *State) expire(now time.Time) []Effect {
	s.enter(Expired, now)
	s.Look.Claim = Claim{}
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
	for _, r := range s.Steps.Runs {
		facts = append(facts, r.Name, string(r.Outcome), r.Reason, r.Subject)
	}
	if r := s.Rounds.Open; r != nil && r.Missed {
		facts = append(facts, string(r.Kind)+"_missed")
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
