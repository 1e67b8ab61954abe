package journey

import (
	"cmp"
	"slices"
)

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
