package journey

import (
	"slices"
	"time"
)

// StepOutcome is a custom step's answer. The zero value is no answer at all.
type StepOutcome string

// A step passes only by saying so.
const (
	StepPassed       StepOutcome = "passed"
	StepFailed       StepOutcome = "failed"
	StepInconclusive StepOutcome = "inconclusive"
	// StepPending says that the answer comes later, announced by StepAnswered.
	StepPending StepOutcome = "pending"
	// StepSkipped is Apply's own: the declared condition did not hold.
	StepSkipped StepOutcome = "skipped"
)

// StepAnswer is what a custom step's activity answers. It is the contract for
// steps in any language: {"outcome": "passed|failed|inconclusive", "reason": "…"}.
type StepAnswer struct {
	Outcome StepOutcome `json:"outcome"`
	// Reason is a short code, never personal data: "no_record", "mismatch".
	Reason string `json:"reason,omitempty"`
	// Subject is the verdict's Subject that was judged; empty when not known.
	Subject string `json:"subject,omitempty"`
}

// Steps are the custom steps: what was answered, and what is under way.
type Steps struct {
	// UserStepsHinted says that a webhook announced the end of the user's steps.
	UserStepsHinted bool      `json:"userStepsHinted,omitempty"`
	Runs            []StepRun `json:"runs,omitempty"`
	// Running is the step whose activity is under way, Waiting the one whose answer comes
	// later, until WaitUntil at most, Announced one whose answer was announced while it ran.
	Running   string    `json:"running,omitempty"`
	Waiting   string    `json:"waiting,omitempty"`
	WaitUntil time.Time `json:"waitUntil,omitzero"`
	Announced string    `json:"announced,omitempty"`
	// Completing is true while Complete Custom Step is called, Completed once the
	// vendor took it.
	Completing bool `json:"completing,omitempty"`
	Completed  bool `json:"completed,omitempty"`
	// Retries counts the steps that operators had run again, Reruns those that ran
	// again because they had judged something else than the result shows.
	Retries int       `json:"retries,omitempty"`
	Reruns  int       `json:"reruns,omitempty"`
	Face    *SeenFace `json:"face,omitempty"` // the last comparison
}

// StepRun is the final answer of one custom step.
type StepRun struct {
	Name string `json:"name"`
	StepAnswer
}

// SeenFace is a comparison and the subject it was first seen for.
type SeenFace struct {
	FaceComparison
	Subject string `json:"subject,omitempty"`
}

const (
	// answerWithin is how long a pending answer may take where the policy declares nothing.
	answerWithin = 24 * time.Hour
	// maxReruns bounds how often steps run again for a subject that keeps changing; after
	// that the last answer stands, and counts as judged_other.
	maxReruns  = 3
	maxSubject = 128
)

// step is the declared custom step of that name.
func (p Policy) step(name string) (step StepPolicy, declared bool) {
	at := slices.IndexFunc(p.Steps, func(p StepPolicy) bool { return p.Name == name })
	if at < 0 {
		return StepPolicy{Name: name}, false
	}
	return p.Steps[at], true
}

// busy says that a step or Complete Custom Step is under way, or an answer announced.
func (p *Steps) busy() bool { return p.Running != "" || p.Waiting != "" || p.Completing }

// run is the answer of a step; nil if there is none.
func (p *Steps) run(name string) *StepRun {
	at := slices.IndexFunc(p.Runs, func(r StepRun) bool { return r.Name == name })
	if at < 0 {
		return nil
	}
	return &p.Runs[at]
}

// judgedOther says that the answer was given for something else than what the
// verdict shows now, for example for a selfie that has been submitted again.
func (a StepAnswer) judgedOther(v Verdict) bool {
	return a.Subject != "" && v.Subject != "" && a.Subject != v.Subject
}

// ask runs a custom step's activity. A retry is a new question, except where it would
// be submitted to the vendor twice.
func (p *Steps) ask(step StepPolicy, round int, v *Verdict) []Effect {
	p.Running = step.Name
	in := &StepInput{Step: step.Name, Round: round}
	if v != nil {
		in.Subject = v.Subject
	}
	if step.ShownBy == "" {
		in.Round += p.Retries
	}
	return []Effect{{Kind: EffectStep, Lane: LaneSteps, Step: &step, StepIn: in}}
}

// next is the first step to be asked for what the verdict shows. It records the steps
// whose condition does not hold as skipped.
func (p *Steps) next(declared []StepPolicy, v Verdict) (step StepPolicy, found bool) {
	p.UserStepsHinted = true // from here on they count as finished, whatever the result takes back
	if p.Reruns < maxReruns {
		p.Runs = slices.DeleteFunc(p.Runs, func(r StepRun) bool { return r.judgedOther(v) })
	}
	for _, step := range declared {
		switch {
		case p.run(step.Name) != nil, v.finished() && step.ShownBy != "":
			// Answered, or asked of a vendor that takes nothing any more.
		case step.When == WhenRulesPassed && len(v.FailedRules) > 0:
			p.Runs = append(p.Runs, StepRun{step.Name, StepAnswer{StepSkipped, "rules_failed", v.Subject}})
		default:
			return step, true
		}
	}
	return StepPolicy{}, false
}

// lackAnswers says that a step of ours, which the vendor takes no part in, has no
// answer for what the user submitted again.
func (p *Steps) lackAnswers(declared []StepPolicy, v Verdict) bool {
	return p.Reruns < maxReruns && slices.ContainsFunc(declared, func(step StepPolicy) bool {
		run := p.run(step.Name)
		return step.ShownBy == "" && (run == nil || run.judgedOther(v))
	})
}

// seeFace remembers for which subject a finished verdict first showed its comparison.
func (p *Steps) seeFace(v Verdict) {
	if v.Face != nil && (p.Face == nil || p.Face.FaceComparison != *v.Face) {
		p.Face = &SeenFace{FaceComparison: *v.Face, Subject: v.Subject}
	}
}

// evidence is what is known of a step. A comparison in the vendor's result counts, unless
// the subject has changed since it was judged or first seen: a new selfie does not pass on
// the old one's comparison.
func (p *Steps) evidence(step StepPolicy, v Verdict) (StepOutcome, string) {
	run, face := p.run(step.Name), step.ShownBy == "face"
	switch {
	case run != nil && run.Outcome == StepSkipped && step.When == WhenRulesPassed && len(v.FailedRules) > 0:
		return StepSkipped, run.Reason // it judged nothing, and is not due for what is there now
	case run != nil && run.judgedOther(v):
		return StepInconclusive, "judged_other"
	case face && v.Face != nil:
		judged := run != nil && run.Outcome == StepPassed && run.Subject != ""
		seen := p.Face != nil && p.Face.FaceComparison == *v.Face
		switch {
		case !judged && seen && p.Face.Subject != "" && v.Subject != "" && p.Face.Subject != v.Subject:
			return StepInconclusive, "judged_other"
		case v.Face.Matched:
			return StepPassed, ""
		default:
			return StepFailed, "mismatch"
		}
	case run == nil:
		return StepInconclusive, "not_run"
	case face && run.Outcome == StepPassed:
		return StepInconclusive, "comparison_gone"
	default:
		return run.Outcome, run.Reason
	}
}

// await waits for an answer that comes later. One that was announced while the step was
// running is asked for at once.
func (p *Steps) await(step StepPolicy, declared bool, now time.Time) (ask bool) {
	if p.WaitUntil.IsZero() {
		within := time.Duration(step.AnswerWithin)
		if within <= 0 {
			within = answerWithin
		}
		p.WaitUntil = now.Add(within)
	}
	if p.Announced == step.Name && declared {
		p.Announced = ""
		return true
	}
	p.Waiting = step.Name
	return false
}

// record keeps a step's final answer. One that is none of the three is inconclusive.
func (p *Steps) record(name string, a StepAnswer) StepRun {
	p.WaitUntil, p.Announced = time.Time{}, ""
	switch a.Outcome {
	case StepPassed, StepFailed, StepInconclusive:
	default:
		a.Outcome, a.Reason = StepInconclusive, "bad_answer"
	}
	if a.Reason != "" && !IsCode(a.Reason) || len(a.Subject) > maxSubject {
		a.Reason = "bad_reason" // it may be a person's data: it goes no further
	}
	a.Subject = a.Subject[:min(len(a.Subject), maxSubject)]
	run := StepRun{name, a}
	p.Runs = append(p.Runs, run)
	return run
}

// userStepsFinished says that the result shows the steps that the policy lists. Without the
// webhook a silence has to pass as well: the user may still be busy with a last step.
func (s *State) userStepsFinished(v Verdict, now time.Time) bool {
	silence := s.Look.Silent > 0 && !now.Before(s.Since.Add(s.patience()))
	return v.shows(s.Policy.UserSteps) && (s.Steps.UserStepsHinted || silence)
}

// runCustomSteps starts the next custom step. After the last one it calls the vendor's
// Complete Custom Step, whatever the answers were, so that no journey hangs at the vendor.
func (s *State) runCustomSteps(now time.Time) []Effect {
	step, found := s.Steps.next(s.Policy.Steps, *s.Verdict)
	switch {
	case found:
		s.pause(CustomSteps, now)
		return s.askStep(step)
	case s.Verdict.finished():
		return s.conclude(now, nil)
	case len(s.Policy.Steps) == 0 && !s.Policy.HasCustomStep:
		s.enter(AwaitingResult, now)
		return nil
	}
	s.pause(CustomSteps, now)
	s.Steps.Completing = true
	return []Effect{{Kind: EffectComplete, Lane: LaneVendor, Complete: &CompleteInput{}}}
}

func (s *State) askStep(step StepPolicy) []Effect {
	return s.Steps.ask(step, s.Rounds.Number, s.Verdict)
}

// onAnnounced takes the callback of a step's service. It is a hint, so the step is
// asked once more.
func (s *State) onAnnounced(name string, now time.Time) []Effect {
	if s.Verdict == nil { // nothing is known of the journey: fetch first
		s.Look.wish(now, false)
	}
	if s.Steps.Running == name {
		s.Steps.Announced = name
		return nil
	}
	return s.askWaiting(name, now)
}

func (s *State) askWaiting(name string, now time.Time) []Effect {
	if s.Steps.Waiting != name || s.Closed() {
		return nil
	}
	s.Steps.Waiting = ""
	step, declared := s.Policy.step(name)
	if !declared { // nobody awaits the answer any more
		s.Steps.WaitUntil = time.Time{}
		s.Look.wish(now, false)
		return nil
	}
	return s.askStep(step)
}

// onStepped takes a custom step's answer.
func (s *State) onStepped(in Stepped, now time.Time) []Effect {
	if s.Steps.Running != in.Step {
		return nil
	}
	s.Steps.Running = ""
	if s.final() {
		return nil
	}
	answer := in.Answer
	if answer.Outcome == StepPending {
		if s.Steps.WaitUntil.IsZero() || now.Before(s.Steps.WaitUntil) {
			step, declared := s.Policy.step(in.Step)
			if s.Steps.await(step, declared, now) {
				return s.askStep(step)
			}
			return nil
		}
		answer.Outcome, answer.Reason = StepInconclusive, "no_answer"
	}
	run := s.Steps.record(in.Step, answer)
	if s.Verdict != nil && run.judgedOther(*s.Verdict) && s.Steps.Reruns < maxReruns {
		// It judged something that we do not know: fetch before it is run again.
		s.Steps.Reruns++
		s.Look.wish(now, false)
		return nil
	}
	return s.settleLook(s.advance(now), now)
}

// onCompleted takes the answer of Complete Custom Step. A refused call is tried
// again after the next fetch that still shows the journey open.
func (s *State) onCompleted(a CompleteAnswer, now time.Time) []Effect {
	if !s.Steps.Completing {
		return nil
	}
	s.Steps.Completing = false
	if s.final() {
		return nil
	}
	var effects []Effect
	if a.Problem == "" {
		s.Steps.Completed = true
		s.Attention.clear(AttentionCompleteFailed)
	} else {
		effects = s.raise(AttentionCompleteFailed, a.Problem, now)
	}
	s.enter(AwaitingResult, now)
	if s.Verdict != nil && s.Verdict.finished() {
		effects = append(effects, s.advance(now)...)
	}
	return s.settleLook(effects, now)
}
