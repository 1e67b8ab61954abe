package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

const (
	// reasonOverdue is why the policy decided in a person's place.
	reasonOverdue = "review_overdue"
	// reasonHeld is why a review is open that an operator's hold waits for.
	reasonHeld = "held_by_operator"
)

// conclude draws the consequence of a finished verdict. By is the person whose
// disposition of an AML alert led to it, else nil.
func (s *State) conclude(now time.Time, by *Reviewed) []Effect {
	v := *s.Verdict
	s.clear(AttentionCompleteFailed)
	var effects []Effect
	var j Judgement
	if v.asksAgain() {
		if s.Standing.Outcome == OutcomeApproved && s.matched(v) {
			j = hold("aml_match")
		}
	} else {
		s.seeFace(v)
		j = s.judge(v)
		effects = s.attentionFor(j, now)
	}
	j = heavier(j, s.missed())
	if s.Decided.Last != nil && (s.Decided.Last.Source == SourceOperator || s.Decided.Last.overdue() && by == nil) {
		j = s.afterPerson(j, v)
	}
	j = s.afterRejection(j, v)
	if by != nil && j.Outcome == OutcomeApproved {
		j.Source, j.Reasons, j.By = SourceOperator, []string{by.Reason}, by.Actor
	}
	j = s.unconfirmed(s.overdue(s.suspect(j), now), now)
	return append(effects, s.apply(j, now)...)
}

// apply brings the journey to where a judgement puts it. While the user has
// something to submit no person is asked, and their clock stands still.
func (s *State) apply(j Judgement, now time.Time) []Effect {
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

// suspect puts a failed spot check before a person, whatever the verdict says: until
// then nothing is approved.
func (s *State) suspect(j Judgement) Judgement {
	if s.Policy.SpotCheckFailed == SpotCheckMeansTell {
		s.Reviews.SpotFailed = "" // the spot check itself was told
	}
	if s.Reviews.SpotFailed == "" || j.Outcome == OutcomeRejected {
		return j
	}
	if j.Outcome == OutcomeApproved {
		j.Outcome = ""
	}
	if j.Review == "" {
		j.Review, j.Reason = ReviewLocal, "spot_check_failed"
	}
	return j
}

// overdue lets the declared ladders end: the policy decides in the place of the
// person who did not, after a look at the API has shown that nothing has changed.
func (s *State) overdue(j Judgement, now time.Time) Judgement {
	var ends []Ladder
	if s.Reviews.Open != nil && j.Review != "" {
		ends = append(ends, s.Reviews.Open.Ladder)
	}
	for _, a := range s.AML.Alerts {
		ends = append(ends, a.Ladder)
	}
	for _, l := range ends {
		if !l.over(now) || s.Standing.Outcome == OutcomeRejected {
			continue
		}
		end := Judgement{Outcome: l.Finally, Source: SourcePolicy, Reasons: []string{reasonOverdue}}
		if l.Finally == OutcomeOnHold {
			end.Review, end.Reason = ReviewLocal, reasonOverdue
			if j.Review != "" {
				end.Review, end.Reason = j.Review, j.Reason
			}
		}
		j = heavier(j, end)
	}
	return j
}

// afterPerson holds a person's decision against the system's: the verdict it was
// made on changes nothing, a match that the person did not see is held, and any
// other new verdict is put before a person again.
func (s *State) afterPerson(j Judgement, v Verdict) Judgement {
	switch {
	case s.Decided.Last.Outcome == OutcomeOnHold && (j.Outcome == OutcomeOnHold || s.fingerprint(v) == s.Decided.Last.Fingerprint):
		return s.held(j)
	case j.Outcome == s.Standing.Outcome, s.fingerprint(v) == s.Decided.Last.Fingerprint:
		return Judgement{}
	case s.Decided.Last.overdue(): // nobody has looked yet: the verdict counts as it is
		return j
	case j.Outcome == OutcomeOnHold && len(s.unaccepted(v)) > 0:
		return j
	default:
		return Judgement{Review: ReviewLocal, Reason: "verdict_changed"}
	}
}

// held keeps the review of a hold that only a person ends.
func (s *State) held(j Judgement) Judgement {
	switch {
	case j.Review != "":
		return Judgement{Review: j.Review, Reason: j.Reason}
	case s.Decided.Last.overdue():
		return Judgement{Review: ReviewLocal, Reason: reasonOverdue}
	default:
		return Judgement{Review: ReviewLocal, Reason: reasonHeld}
	}
}

// afterRejection keeps a rejection: nothing of the system's softens it, by whatever
// detour. Only a person does, here or by a final Approved at the vendor that was
// not there when it was made.
func (s *State) afterRejection(j Judgement, v Verdict) Judgement {
	switch {
	case s.Decided.Rejected == nil, j.Outcome == "", j.Outcome == OutcomeRejected:
		return j
	case j.Outcome == OutcomeApproved && v.Final == Approved && s.Decided.Rejected.Final != "" && s.Decided.Rejected.Final != Approved:
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
