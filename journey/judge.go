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

// judge says what a verdict means. It remembers nothing but what people accepted:
// the same facts mean the same, whatever was seen before. The heaviest finding
// wins: a rejection, then on hold, then a review, then the approval.
func (s *State) judge(v Verdict) Judgement {
	matched, puzzle := s.matched(v), v.puzzle()
	switch {
	case puzzle != "":
		return hold(puzzle)
	case v.Final == Rejected:
		return Judgement{Outcome: OutcomeRejected, Source: SourceVendorReview}
	case v.Final == Refer && matched && s.monitored(v):
		// The vendor's system referred an approved customer because of the match.
		return Judgement{Outcome: OutcomeOnHold, Source: SourcePolicy, Reasons: []string{"aml_match"}, Review: ReviewVendor, Reason: "aml_match"}
	case v.Final == Refer:
		return Judgement{Review: ReviewVendor, Reason: "refer"}
	case s.Policy.Unlisted && matched:
		return hold("aml_match")
	case s.Policy.Unlisted:
		return Judgement{Review: ReviewLocal, Reason: "flow_unlisted"}
	}
	worst := Judgement{Outcome: OutcomeApproved, Source: SourceVendor}
	if v.Final == Approved {
		worst.Source = SourceVendorReview
	}
	if matched {
		worst = hold("aml_match")
	}
	if s.Decided.Adopted && s.Rounds.Number == 0 {
		return worst // from before our time: nothing of ours was ever asked
	}
	for _, step := range s.Policy.Steps {
		worst = heavier(worst, s.judgeStep(step, v))
	}
	return worst
}

// What a verdict says that nobody can act on.
const (
	reasonInconsistent = "inconsistent"
	reasonUnknown      = "unknown_value"
)

// puzzle is why nobody can act on a verdict, empty if it is plain. The vendor defines
// the final decision as the manual one if set, else the system's.
func (v Verdict) puzzle() string {
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
	return len(s.unaccepted(v)) > 0 && s.Policy.AMLMatch != AMLMeansTell
}

// heavier is the heavier of two judgements, of equal ones the first.
func heavier(a, b Judgement) Judgement {
	if b.weight() > a.weight() {
		return b
	}
	return a
}

// monitored says that a match came after an approval, or by monitoring.
func (s *State) monitored(v Verdict) bool {
	return s.Standing.Outcome == OutcomeApproved || s.Standing.Outcome == OutcomeOnHold ||
		slices.ContainsFunc(v.AML.Matches, AMLMatch.news)
}

// judgeStep weighs one custom step. Nothing is approved without positive
// evidence for it, except that a person at the vendor may approve a journey whose
// step was not due, and one whose step failed if the policy says so.
func (s *State) judgeStep(step StepPolicy, v Verdict) Judgement {
	outcome, reason := s.evidence(step, v)
	name := step.Name + ":" + string(outcome)
	if reason != "" {
		name += ":" + reason
	}
	byPerson := v.Final == Approved
	switch {
	case outcome == StepPassed, outcome == StepSkipped && byPerson, outcome == StepFailed && byPerson && step.VendorReviewSettles:
		return Judgement{Outcome: OutcomeApproved, Source: SourceVendor}
	case outcome == StepFailed:
		return means(step.OnFailed, name)
	case s.run(step.Name) == nil && s.approvedWithout(step):
		return Judgement{Outcome: OutcomeApproved, Source: SourceVendor}
	case s.run(step.Name) == nil && s.Rounds.Number == 0 && s.decidedBefore():
		// Declared later, or answered in a run that was ended: that we have no answer is
		// not the user's doing, so a person looks at it.
		return Judgement{Review: ReviewLocal, Reason: name}
	default:
		return means(step.OnInconclusive, name)
	}
}

// approvedWithout says that the standing approval was made under a policy of which
// the step was no part: what was approved stays so, and the next round asks. Else a
// new step would put a whole base of customers before people at once.
func (s *State) approvedWithout(step StepPolicy) bool {
	d := s.Decided.Last
	return d != nil && d.Outcome == OutcomeApproved && s.Decided.Round == s.Rounds.Number && !slices.Contains(s.Decided.Steps, step.Name)
}

// evidence is what is known of a step. Where the vendor's result shows the
// comparison itself, that is what counts, unless the subject has changed since it
// was judged or first seen: a new selfie does not pass on the old one's comparison.
func (s *State) evidence(step StepPolicy, v Verdict) (StepOutcome, string) {
	run := s.run(step.Name)
	if run != nil && run.Outcome == StepSkipped && step.When == WhenRulesPassed && len(v.FailedRules) > 0 {
		return StepSkipped, run.Reason // it judged nothing, and is not due for what is there now
	}
	if run != nil && run.judgedOther(v) {
		return StepInconclusive, "judged_other"
	}
	if step.ShownBy == "face" && v.Face != nil {
		present := run != nil && run.Outcome == StepPassed && run.Subject != "" // and not judged other
		switch {
		case !present && s.Steps.Face != nil && s.Steps.Face.FaceComparison == *v.Face && s.Steps.Face.Subject != "" && v.Subject != "" && s.Steps.Face.Subject != v.Subject:
			return StepInconclusive, "judged_other"
		case v.Face.Matched:
			return StepPassed, ""
		default:
			return StepFailed, "mismatch"
		}
	}
	switch {
	case run == nil:
		return StepInconclusive, "not_run"
	case step.ShownBy == "face" && run.Outcome == StepPassed:
		return StepInconclusive, "comparison_gone"
	default:
		return run.Outcome, run.Reason
	}
}

// seeFace remembers the comparison that a finished verdict shows first.
func (s *State) seeFace(v Verdict) {
	if v.Face != nil && (s.Steps.Face == nil || s.Steps.Face.FaceComparison != *v.Face) {
		s.Steps.Face = &SeenFace{FaceComparison: *v.Face, Subject: v.Subject}
	}
}

func means(m Meaning, reason string) Judgement {
	switch m {
	case MeansReject:
		return Judgement{Outcome: OutcomeRejected, Source: SourcePolicy, Reasons: []string{reason}}
	case MeansOnHold:
		return hold(reason)
	default:
		return Judgement{Review: ReviewLocal, Reason: reason}
	}
}

// hold decides on_hold and opens the local review that ends it.
func hold(reason string) Judgement {
	return Judgement{Outcome: OutcomeOnHold, Source: SourcePolicy, Reasons: []string{reason}, Review: ReviewLocal, Reason: reason}
}

func (j Judgement) weight() int {
	switch {
	case j.Outcome == OutcomeRejected:
		return 3
	case j.Outcome == OutcomeOnHold:
		return 2
	case j.Review != "":
		return 1
	default:
		return 0
	}
}
