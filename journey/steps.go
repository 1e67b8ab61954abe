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
	// Running is the step whose activity is under way, Waiting the one whose answer is
	// announced for later, until WaitUntil at most, Announced the one whose answer was
	// announced while it was running.
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
	Retries int `json:"retries,omitempty"`
	Reruns  int `json:"reruns,omitempty"`
	// Face is the last comparison seen, and the subject it was first seen for.
	Face *SeenFace `json:"face,omitempty"`
}

// StepRun is what became of one custom step.
type StepRun struct {
	Name    string      `json:"name"`
	Outcome StepOutcome `json:"outcome"`
	Reason  string      `json:"reason,omitempty"`
	Subject string      `json:"subject,omitempty"`
}

// SeenFace is a comparison and the subject it was first seen for.
type SeenFace struct {
	FaceComparison
	Subject string `json:"subject,omitempty"`
}

// answerWithin is how long a pending answer may take where the policy says nothing.
const answerWithin = 24 * time.Hour

// runStep asks a custom step's activity. What a person had run again is asked anew,
// except where it would be submitted to the vendor twice.
func (s *State) runStep(step StepPolicy) []Effect {
	s.Steps.Running = step.Name
	in := &StepInput{Account: s.Account, JourneyID: s.JourneyID, Step: step.Name, Round: s.Rounds.Number}
	if s.Verdict != nil {
		in.Subject = s.Verdict.Subject
	}
	if step.ShownBy == "" {
		in.Round += s.Steps.Retries
	}
	return []Effect{{Kind: EffectStep, Lane: LaneSteps, Step: &step, StepIn: in}}
}

// awaitAnswer waits for an answer that comes later, unless it has been announced
// while the step was still running.
func (s *State) awaitAnswer(name string, now time.Time) []Effect {
	step, ok := s.stepPolicy(name)
	if !ok {
		step = StepPolicy{Name: name}
	}
	if s.Steps.WaitUntil.IsZero() {
		within := time.Duration(step.AnswerWithin)
		if within <= 0 {
			within = answerWithin
		}
		s.Steps.WaitUntil = now.Add(within)
	}
	if s.Steps.Announced == name && ok {
		s.Steps.Announced = ""
		return s.runStep(step)
	}
	s.Steps.Waiting = name
	return nil
}

// onAnnounced takes the callback of a step's service: it is a hint, so the step is
// asked once more.
func (s *State) onAnnounced(name string, now time.Time) []Effect {
	if s.Verdict == nil { // a journey that is not known here: look first
		s.Look.wish(now, false)
	}
	if s.Steps.Running == name {
		s.Steps.Announced = name
		return nil
	}
	return s.askWaiting(name, now)
}

// waitOver asks a step for the last time when its time is over.
func (s *State) waitOver(now time.Time) []Effect {
	if s.Steps.Waiting == "" || now.Before(s.Steps.WaitUntil) {
		return nil
	}
	return s.askWaiting(s.Steps.Waiting, now)
}

func (s *State) askWaiting(name string, now time.Time) []Effect {
	step, ok := s.stepPolicy(name)
	if s.Steps.Waiting != name || s.Closed() {
		return nil
	}
	if !ok { // no longer declared: its answer is awaited by nobody
		s.Steps.Waiting, s.Steps.WaitUntil = "", time.Time{}
		s.Look.wish(now, false)
		return nil
	}
	s.Steps.Waiting = ""
	return s.runStep(step)
}

func (s *State) stepPolicy(name string) (StepPolicy, bool) {
	at := slices.IndexFunc(s.Policy.Steps, func(p StepPolicy) bool { return p.Name == name })
	if at < 0 {
		return StepPolicy{}, false
	}
	return s.Policy.Steps[at], true
}

// answersVoid says that a step of ours, which the vendor takes no part in, has no
// answer for what the user submitted again.
func (s *State) answersVoid(v Verdict) bool {
	if s.Rounds.Number == 0 || s.Steps.Reruns >= maxReruns {
		return false
	}
	return slices.ContainsFunc(s.Policy.Steps, func(p StepPolicy) bool {
		run := s.run(p.Name)
		return p.ShownBy == "" && (run == nil || run.judgedOther(v))
	})
}
