package journey

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Decided is the last decision and what it rested on.
type Decided struct {
	Last *Decision `json:"last,omitempty"`
	// Round is that of the decision: what was submitted again is decided again, even if
	// the outcome is the same.
	Round int      `json:"round,omitempty"`
	Lacks bool     `json:"lacks,omitempty"` // what a renewal would show was there already
	Steps []string `json:"steps,omitempty"` // the custom steps of its policy
	// Adopted says that the first decision was the vendor's before our time, so that no
	// custom step is expected for it; Imported that the customer said so.
	Adopted  bool `json:"adopted,omitempty"`
	Imported bool `json:"imported,omitempty"`
	// Rejected remembers a rejection, or an on_hold of which only the ledger knows,
	// until a person approves.
	Rejected *Rejection `json:"rejected,omitempty"`
}

// Rejection is what a rejection rested on. The vendor's reviewer overturns it by a
// final decision that was not there then; an empty one was never known.
type Rejection struct {
	Final string `json:"finalDecision,omitempty"`
}

// Outcome is what was decided. The set is closed.
type Outcome string

// There are four outcomes; the empty one means that nothing is decided yet.
const (
	OutcomeApproved Outcome = "approved"
	OutcomeRejected Outcome = "rejected"
	OutcomeOnHold   Outcome = "on_hold"
	OutcomeExpired  Outcome = "expired"
)

// Source says whose decision it is.
type Source string

// The sources of a decision.
const (
	SourceVendor       Source = "vendor"        // the vendor's system
	SourceVendorReview Source = "vendor_review" // a reviewer in the vendor's dashboard
	SourcePolicy       Source = "policy"        // the declared policy
	SourceOperator     Source = "operator"      // a person, through our API
)

// Decision is one numbered, immutable decision about a journey.
type Decision struct {
	ID        string  `json:"id"`
	Account   string  `json:"account"`
	JourneyID string  `json:"journeyId"`
	Sequence  int     `json:"sequence"`
	Outcome   Outcome `json:"outcome"`
	Source    Source  `json:"source"`
	// System, Manual and Final are the vendor's values it rests on.
	System        string    `json:"systemDecision,omitempty"`
	Manual        string    `json:"manualDecision,omitempty"`
	Final         string    `json:"finalDecision,omitempty"`
	AMLVersion    int       `json:"amlVersion,omitempty"`
	AMLMatches    int       `json:"amlMatches"`
	Reasons       []string  `json:"reasons,omitempty"`
	Supersedes    int       `json:"supersedes,omitempty"`
	PolicyVersion string    `json:"policyVersion"`
	DecidedBy     string    `json:"decidedBy"`
	DecidedAt     time.Time `json:"decidedAt"`
	// Adopted is true for the baseline of a customer from before our time: it is
	// published as a standing, never as a fresh decision.
	Adopted     bool   `json:"adopted,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"` // of the facts it rests on
}

// DecisionID names a decision for ever: the idempotency key of its delivery.
func DecisionID(account, journeyID string, sequence int) string {
	return messageID("dec", account, journeyID, strconv.Itoa(sequence))
}

// Standing is what a customer's app may act on. Only a numbered decision changes it.
type Standing struct {
	Outcome  Outcome   `json:"outcome,omitempty"`
	Sequence int       `json:"sequence"`
	Since    time.Time `json:"since,omitzero"`
}

// decided says that there is a standing which an open journey must have had a finished
// verdict for; an expired one never had.
func (s Standing) decided() bool { return s.Outcome != "" && s.Outcome != OutcomeExpired }

// isOverdue says that the policy decided in the place of a person who did not.
func (d *Decision) isOverdue() bool {
	return d != nil && d.Source == SourcePolicy && len(d.Reasons) == 1 && d.Reasons[0] == reasonOverdue
}

// approvedWithout says that the approval in force was made in this round under a policy
// without the step, which is asked in the next round. Otherwise a new step would put a
// whole base of customers before people at once.
func (d *Decided) approvedWithout(step string, round int) bool {
	return d.Last != nil && d.Last.Outcome == OutcomeApproved && d.Round == round && !slices.Contains(d.Steps, step)
}

// take takes up the last decision, which was made in this round under this policy.
func (d *Decided) take(decision *Decision, round int, policy Policy) {
	switch decision.Outcome {
	case OutcomeRejected:
		d.Rejected = &Rejection{Final: decision.Final}
	case OutcomeApproved:
		d.Rejected = nil
	}
	d.Last, d.Round, d.Steps = decision, round, nil
	for _, step := range policy.Steps {
		d.Steps = append(d.Steps, step.Name)
	}
}

// takeStanding takes up the ledger's standing. What it rests on is not known here,
// so that only a person softens a rejection or lifts a hold.
func (s *State) takeStanding(ledger Standing) {
	s.Standing, s.Decided.Last = ledger, nil
	if ledger.Outcome == OutcomeRejected || ledger.Outcome == OutcomeOnHold {
		s.Decided.Rejected = &Rejection{}
	}
}

// conclude draws the consequence of a finished verdict. By is who disposed of an AML alert
// and so led to it, else nil.
func (s *State) conclude(now time.Time, by *Reviewed) []Effect {
	v := *s.Verdict
	s.Attention.clear(AttentionCompleteFailed)
	var effects []Effect
	if !v.asksAgain() {
		s.Steps.seeFace(v)
		switch reason := v.unclear(); reason {
		case "":
			s.Attention.clear(AttentionUnknownValue)
		case reasonUnknown:
			effects = s.raise(AttentionUnknownValue, "", now)
		default:
			effects = s.raise(AttentionUnknownValue, reason, now)
		}
	}
	return append(effects, s.carryOut(s.weigh(by, now), now)...)
}

// carryOut brings the journey to where a judgement puts it. While the user has
// something to submit no person is asked, and their clock stands still.
func (s *State) carryOut(j Judgement, now time.Time) []Effect {
	waits := s.Rounds.Open != nil && !s.Rounds.Open.Missed
	switch {
	case waits:
		s.pause(AwaitingResubmission, now)
	case j.Review == "":
		s.Reviews.end()
		s.enter(Settled, now)
	default:
		s.enter(AwaitingReview, now)
	}
	var effects []Effect
	if j.Outcome != "" && (j.Outcome != s.Standing.Outcome || s.Rounds.Number > s.Decided.Round) {
		effects = s.decide(j, now)
	}
	if j.Review != "" && !waits {
		effects = append(effects, s.openReview(j, now)...)
	}
	return effects
}

// decide makes the next numbered decision and publishes it.
func (s *State) decide(j Judgement, now time.Time) []Effect {
	d := Decision{
		Account: s.Account, JourneyID: s.JourneyID, Sequence: s.Standing.Sequence + 1,
		Outcome: j.Outcome, Source: j.Source, Reasons: j.Reasons, Supersedes: s.Standing.Sequence,
		PolicyVersion: s.Policy.Version, DecidedBy: cmp.Or(j.By, string(j.Source)), DecidedAt: now, Adopted: j.Baseline,
	}
	d.ID = DecisionID(d.Account, d.JourneyID, d.Sequence)
	message := MessageDecided
	if v := s.Verdict; v != nil {
		d.System, d.Manual, d.Final = v.System, v.Manual, v.Final
		d.AMLVersion, d.AMLMatches = s.AML.Version, len(v.AML.Matches)
		d.Fingerprint = s.fingerprint(*v)
		s.Decided.Lacks = v.lacks(s.Policy.UserSteps)
		if d.Outcome == OutcomeApproved {
			s.AML.accept(v.AML.keys())
		}
		if j.Baseline {
			message = MessageAdopted
			if !v.EndedAt.IsZero() {
				d.DecidedAt = v.EndedAt
			}
		}
	}
	s.Decided.take(&d, s.Rounds.Number, s.Policy)
	s.Standing = Standing{Outcome: d.Outcome, Sequence: d.Sequence, Since: d.DecidedAt}
	return s.publish(Message{ID: d.ID, Type: message, Stream: StreamDecisions, Decision: &d}, now)
}

// adopt takes up a customer from before our time: what the vendor decided long ago is the
// baseline. Matches of the claimed AML version, which a webhook announces, are still news.
func (s *State) adopt(claimed int, known bool, now time.Time) []Effect {
	v := *s.Verdict
	if !v.finished() { // seen at work: a journey of our time
		s.Decided.Imported = false
	}
	if !s.adoptable(v, known) {
		return nil
	}
	s.Decided.Adopted = true
	s.AML.takeBaseline(v.AML, s.Standing, claimed)
	j := Judgement{Outcome: OutcomeApproved, Source: SourceVendor, Baseline: true}
	if v.Manual != "" {
		j.Source = SourceVendorReview
	}
	if v.Final == Rejected {
		j.Outcome = OutcomeRejected
	}
	effects := s.decide(j, now)
	s.AML.accept(s.AML.Seen)
	return effects
}

// adoptable says that a first contact is that of a customer from before our time:
// the vendor had finished long before we heard of it, or the customer imported it. How
// late we fetch proves nothing: a journey of our time that an outage kept waiting needs its
// evidence. Only a clear decision of the vendor's is taken up.
func (s *State) adoptable(v Verdict, known bool) bool {
	after := time.Duration(s.Policy.AdoptAfter)
	old := after > 0 && !known && !v.EndedAt.IsZero() && s.OpenedAt.Sub(v.EndedAt) >= after
	begun := s.Steps.busy() || s.Steps.Completed || len(s.Steps.Runs) > 0
	first := s.Standing.Sequence == 0 && !s.AML.Known && s.Reviews.Open == nil && !begun
	decided := v.unclear() == "" && v.Final != Refer
	return first && (old || s.Decided.Imported) && decided && !s.Policy.Unlisted
}

// expire gives up a journey whose user never finished it. A later event opens it
// again.
func (s *State) expire(now time.Time) []Effect {
	s.enter(Expired, now)
	s.Look.Claim = Claim{}
	if s.Standing.Outcome == OutcomeExpired {
		return nil
	}
	return s.decide(Judgement{Outcome: OutcomeExpired, Source: SourcePolicy, Reasons: []string{"never_finished"}}, now)
}

// fingerprint names the facts that a decision rests on.
func (s *State) fingerprint(v Verdict) string {
	facts := slices.Concat([]string{v.System, v.Manual, v.Final, v.AML.fingerprint(), v.Subject}, v.FailedRules)
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
