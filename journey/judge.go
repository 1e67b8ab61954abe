package journey

import "slices"

// Judgement is what a finished verdict and the custom steps mean under a policy:
// an outcome, or a review, or (an AML match) both.
type Judgement struct {
	Outcome Outcome
	Source  Source
	Reasons []string
	Review  ReviewKind
	Reason  string // of the review
}

// judge is memoryless but for what people accepted: the same facts always mean
// the same, whatever was seen before. The heaviest finding wins: a rejection,
// then on hold, then a review, then the approval.
func judge(p Policy, v Verdict, steps []StepRun, accepted []string) Judgement {
	switch {
	case v.Final == Rejected:
		return Judgement{Outcome: OutcomeRejected, Source: SourceVendorReview}
	case v.Final == Refer:
		return Judgement{Review: ReviewVendor, Reason: "refer"}
	case !v.passes():
		return hold("unknown_value")
	case p.Unlisted:
		return Judgement{Review: ReviewLocal, Reason: "flow_unlisted"}
	}
	worst := Judgement{Outcome: OutcomeApproved, Source: SourceVendor}
	if v.Final == Approved {
		worst.Source = SourceVendorReview
	}
	if len(v.unaccepted(accepted)) > 0 && p.AMLMatch != AMLMeansTell {
		worst = hold("aml_match")
	}
	for _, step := range p.Steps {
		if found := judgeStep(step, v, steps); found.weight() > worst.weight() {
			worst = found
		}
	}
	return worst
}

// judgeStep weighs one custom step. Nothing is approved without positive
// evidence for it, except that a person at the vendor may approve a journey whose
// step was not due, and one whose step failed if the policy says so.
func judgeStep(step StepPolicy, v Verdict, steps []StepRun) Judgement {
	outcome, reason := evidence(step, v, steps)
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
	default:
		return means(step.OnInconclusive, name)
	}
}

// evidence is what is known of a step. Where the vendor's result shows the
// comparison itself, that is what counts.
func evidence(step StepPolicy, v Verdict, steps []StepRun) (StepOutcome, string) {
	if step.ShownBy == "face" && v.Face != nil {
		if v.Face.Matched {
			return StepPassed, ""
		}
		return StepFailed, "mismatch"
	}
	i := slices.IndexFunc(steps, func(r StepRun) bool { return r.Name == step.Name })
	switch {
	case i < 0:
		return StepInconclusive, "not_run"
	case steps[i].judgedOther(v):
		return StepInconclusive, "judged_other"
	case step.ShownBy == "face" && steps[i].Outcome == StepPassed:
		return StepInconclusive, "comparison_gone"
	default:
		return steps[i].Outcome, steps[i].Reason
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
