package journey

import (
	"cmp"
	"slices"
	"time"
)

const (
	// reasonOverdue is the reason of a decision that the policy made in a person's place.
	reasonOverdue = "review_overdue"
	// reasonOperatorHold is the reason of the review that ends an operator's hold.
	reasonOperatorHold = "held_by_operator"
	// reasonChanged is the reason of a review of what a person has decided before.
	reasonChanged = "verdict_changed"
)

// Filter is one of the rules that lead from a verdict to a judgement. Each takes the
// judgement of those before it and may change it.
type Filter struct {
	Name string
	// Sentence says for a compliance officer what the filter does.
	Sentence string
	// Finished is true for a filter that judges a finished verdict only. The others also
	// apply when a deadline is missed while the vendor has the journey open again.
	Finished bool

	apply func(*State, Judgement, basis) Judgement
}

// basis is what a judgement rests on beside the state.
type basis struct {
	verdict Verdict
	by      *Reviewed // the person whose disposition of an AML alert led to it, else nil
	now     time.Time
}

// filters are in the order in which they apply. The table in docs/journey.md is generated
// from them.
var filters = []Filter{
	{"verdict", "The policy judges IDWise's verdict and the answers of the custom steps. The heaviest finding counts: rejected, then on hold, " +
		"then a review, then approved. While a reviewer asks for a resubmission there is no verdict to judge.", true, (*State).afterVerdict},
	{"aml_match", "While there is no verdict to judge, an AML match that nobody has accepted puts an approved journey on hold, " +
		"unless `aml_match` is `tell`.", false, (*State).afterMatch},
	{"missed", "A missed resubmission or renewal counts as its `on_missed` says, if that is heavier.", false, (*State).afterMissed},
	{"operator", "After an operator's decision, the same facts or the same outcome change nothing, and the operator's hold stays until a person ends it. " +
		"A new AML match puts the journey on hold; any other new verdict goes to a person.", false, (*State).afterOperator},
	{"overdue_decision", "After a decision that the policy made because no person did, the same facts or the same outcome change nothing, and the hold stays " +
		"until a person ends it. A new verdict counts as it is, and so does a person's disposition of an AML alert.", true, (*State).afterOverdue},
	{"rejection", "A rejection stands. Only an operator overturns it, or IDWise's reviewer by a final Approved that was not there when it was made. " +
		"Anything else that contradicts it goes to a person.", false, (*State).afterRejection},
	{"disposition", "An approval that follows from a person's disposition of an AML alert is that operator's decision.", true, (*State).afterDisposition},
	{"spot_check", "After a failed spot check nothing is approved until a person has reviewed it, unless `spot_check_failed` is `tell`. " +
		"A rejection counts all the same.", true, (*State).afterSpotCheck},
	{"ladder_end", "The end of a review's or an alert's ladder counts as its `finally` says (rejected or on_hold), if that is heavier. " +
		"A rejected journey stays as it is.", false, (*State).afterLadders},
	{"unconfirmed_renewal", "A renewal that webhooks alone call due opens a local review once its time is over, if the journey is approved and no other review is due. " +
		"The outcome stays.", true, (*State).afterUnconfirmed},
}

// weigh judges the present verdict by all filters that apply to it.
func (s *State) weigh(by *Reviewed, now time.Time) Judgement {
	b := basis{verdict: *s.Verdict, by: by, now: now}
	var j Judgement
	for _, f := range filters {
		if b.verdict.finished() || !f.Finished {
			j = f.apply(s, j, b)
		}
	}
	return j
}

func (s *State) afterVerdict(j Judgement, b basis) Judgement {
	if b.verdict.asksAgain() {
		return j
	}
	return s.judge(b.verdict)
}

func (s *State) afterMatch(j Judgement, b basis) Judgement {
	judged := b.verdict.finished() && !b.verdict.asksAgain()
	if judged || s.Standing.Outcome != OutcomeApproved || !s.matched(b.verdict) {
		return j
	}
	return onHold("aml_match")
}

// afterMissed adds what a missed resubmission or renewal means.
func (s *State) afterMissed(j Judgement, _ basis) Judgement {
	r := s.Rounds.Open
	if r == nil || !r.Missed {
		return j
	}
	return heavier(j, means(s.Policy.deadline(r.Kind).OnMissed, string(r.Kind)+"_missed"))
}

// afterOperator compares an operator's decision with the system's. Only a match that
// the operator did not see takes force before a person has looked again.
func (s *State) afterOperator(j Judgement, b basis) Judgement {
	if s.Decided.Last == nil || s.Decided.Last.Source != SourceOperator {
		return j
	}
	if kept, same := s.nothingNew(j, b.verdict, reasonOperatorHold); same {
		return kept
	}
	if j.Outcome == OutcomeOnHold && s.AML.unaccepted(b.verdict) {
		return j
	}
	return Judgement{Review: ReviewLocal, Reason: reasonChanged}
}

// afterOverdue is afterOperator for what the policy decided in a person's place. Nobody
// has looked yet, so that a new verdict counts as it is.
func (s *State) afterOverdue(j Judgement, b basis) Judgement {
	if !s.Decided.Last.isOverdue() || b.by != nil {
		return j
	}
	if kept, same := s.nothingNew(j, b.verdict, reasonOverdue); same {
		return kept
	}
	return j
}

// nothingNew says that a judgement changes nothing about the last decision, and what is
// left of it: for a hold, the review that ends it, by default for the given reason.
func (s *State) nothingNew(j Judgement, v Verdict, reason string) (kept Judgement, same bool) {
	same = s.fingerprint(v) == s.Decided.Last.Fingerprint
	switch {
	case s.Decided.Last.Outcome != OutcomeOnHold || j.Outcome != OutcomeOnHold && !same:
		return Judgement{}, same || j.Outcome == s.Standing.Outcome
	case j.Review != "":
		return Judgement{Review: j.Review, Reason: j.Reason}, true
	default:
		return Judgement{Review: ReviewLocal, Reason: reason}, true
	}
}

func (s *State) afterRejection(j Judgement, b basis) Judgement {
	switch {
	case s.Decided.Rejected == nil, j.Outcome == "", j.Outcome == OutcomeRejected:
		return j
	case j.Outcome == OutcomeApproved && b.verdict.Final == Approved && s.Decided.Rejected.Final != "" && s.Decided.Rejected.Final != Approved:
		return j
	default:
		return Judgement{Review: ReviewLocal, Reason: reasonChanged}
	}
}

func (s *State) afterDisposition(j Judgement, b basis) Judgement {
	if b.by != nil && j.Outcome == OutcomeApproved {
		j.Source, j.Reasons, j.By = SourceOperator, []string{b.by.Reason}, b.by.Actor
	}
	return j
}

func (s *State) afterSpotCheck(j Judgement, _ basis) Judgement {
	if s.Policy.SpotCheckFailed == SpotCheckMeansTell {
		s.Reviews.SpotFailed = "" // the spot check has published its failure itself
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

// afterLadders lets the declared ladders end: the policy decides in the place of the
// person who did not, after a fetch has shown no change.
func (s *State) afterLadders(j Judgement, b basis) Judgement {
	var ends []Ladder
	if s.Reviews.Open != nil && j.Review != "" {
		ends = append(ends, s.Reviews.Open.Ladder)
	}
	for _, a := range s.AML.Alerts {
		ends = append(ends, a.Ladder)
	}
	for _, l := range ends {
		if !l.ended(b.now) || s.Standing.Outcome == OutcomeRejected {
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

// afterUnconfirmed puts a renewal that webhooks alone claim before a person. It decides
// nothing and asks nothing of the user: anybody with the webhook secret could have sent
// all of it.
func (s *State) afterUnconfirmed(j Judgement, b basis) Judgement {
	stands := j.Outcome == OutcomeApproved || j.Outcome == "" && s.Standing.Outcome == OutcomeApproved
	if at := s.Rounds.unconfirmedAt(s.Policy.Renewal); stands && j.Review == "" && !at.IsZero() && !b.now.Before(at) {
		j.Review, j.Reason = ReviewLocal, reasonUnconfirmed
	}
	return j
}

// Judgement is what a finished verdict and the custom steps mean under a policy:
// an outcome, or a review, or (an AML match) both.
type Judgement struct {
	Outcome Outcome
	Source  Source
	Reasons []string
	Review  ReviewKind
	Reason  string // of the review
	// Baseline marks what the vendor had decided before our time.
	Baseline bool
	By       string // the person whose decision it is, empty for the source's
}

// What a verdict says that nobody can act on.
const (
	reasonInconsistent = "inconsistent"
	reasonUnknown      = "unknown_value"
)

// judge says what a verdict means. It depends on no earlier judgement, except for what
// people accepted. The heaviest finding wins: a rejection, then on hold, then a review,
// then the approval.
func (s *State) judge(v Verdict) Judgement {
	matched, unclear := s.matched(v), v.unclear()
	// A match came after an approval, or by monitoring.
	monitored := s.Standing.Outcome == OutcomeApproved || s.Standing.Outcome == OutcomeOnHold ||
		slices.ContainsFunc(v.AML.Matches, AMLMatch.news)
	switch {
	case unclear != "":
		return onHold(unclear)
	case v.Final == Rejected:
		return Judgement{Outcome: OutcomeRejected, Source: SourceVendorReview}
	case v.Final == Refer && matched && monitored:
		// The vendor's system referred an approved customer because of the match.
		j := onHold("aml_match")
		j.Review = ReviewVendor
		return j
	case v.Final == Refer:
		return Judgement{Review: ReviewVendor, Reason: "refer"}
	case s.Policy.Unlisted && matched:
		return onHold("aml_match")
	case s.Policy.Unlisted:
		return Judgement{Review: ReviewLocal, Reason: "flow_unlisted"}
	}
	worst := Judgement{Outcome: OutcomeApproved, Source: SourceVendor}
	if v.Final == Approved {
		worst.Source = SourceVendorReview
	}
	if matched {
		worst = onHold("aml_match")
	}
	if s.Decided.Adopted && s.Rounds.Number == 0 {
		return worst // from before our time: no step of ours was ever asked
	}
	for _, step := range s.Policy.Steps {
		worst = heavier(worst, s.judgeStep(step, v))
	}
	return worst
}

// unclear is why nobody can act on a verdict, empty if it is plain. The vendor defines
// the final decision as the manual one if set, else the system's.
func (v Verdict) unclear() string {
	switch {
	case v.Final != cmp.Or(v.Manual, v.System):
		return reasonInconsistent
	case v.Final != Rejected && v.Final != Refer && !v.passes():
		return reasonUnknown
	default:
		return ""
	}
}

// matched says that a match stands against an approval.
func (s *State) matched(v Verdict) bool {
	return s.AML.unaccepted(v) && s.Policy.AMLMatch != AMLMeansTell
}

// judgeStep weighs one custom step. Nothing is approved without positive
// evidence for it, except that a person at the vendor may approve a journey whose
// step was not due, and one whose step failed if the policy says so.
func (s *State) judgeStep(step StepPolicy, v Verdict) Judgement {
	outcome, reason := s.Steps.evidence(step, v)
	name := step.Name + ":" + string(outcome)
	if reason != "" {
		name += ":" + reason
	}
	byPerson, unasked := v.Final == Approved, s.Steps.run(step.Name) == nil
	switch {
	case outcome == StepPassed, outcome == StepSkipped && byPerson, outcome == StepFailed && byPerson && step.VendorReviewSettles:
		return Judgement{Outcome: OutcomeApproved, Source: SourceVendor}
	case outcome == StepFailed:
		return means(step.OnFailed, name)
	case unasked && s.Decided.approvedWithout(step.Name, s.Rounds.Number):
		return Judgement{Outcome: OutcomeApproved, Source: SourceVendor}
	case unasked && s.Rounds.Number == 0 && s.Standing.decided():
		// Declared later, or answered in a run that was ended: the missing answer is not
		// the user's doing, so a person looks at it.
		return Judgement{Review: ReviewLocal, Reason: name}
	default:
		return means(step.OnInconclusive, name)
	}
}

func means(m Meaning, reason string) Judgement {
	switch m {
	case MeansReject:
		return Judgement{Outcome: OutcomeRejected, Source: SourcePolicy, Reasons: []string{reason}}
	case MeansOnHold:
		return onHold(reason)
	default:
		return Judgement{Review: ReviewLocal, Reason: reason}
	}
}

// onHold decides on_hold and opens the local review that ends it.
func onHold(reason string) Judgement {
	return Judgement{Outcome: OutcomeOnHold, Source: SourcePolicy, Reasons: []string{reason}, Review: ReviewLocal, Reason: reason}
}

// heavier is the heavier of two judgements, of equal ones the first.
func heavier(a, b Judgement) Judgement {
	if b.rank() < a.rank() {
		return b
	}
	return a
}

// rank is 0 for the heaviest: rejected, then on hold, then a review, then all others.
func (j Judgement) rank() int {
	return slices.Index([]bool{j.Outcome == OutcomeRejected, j.Outcome == OutcomeOnHold, j.Review != "", true}, true)
}
