package journey

import (
	"slices"
	"time"
)

// answerWithin is how long a pending answer may take where the policy says nothing.
const answerWithin = 24 * time.Hour

// runStep asks a custom step's activity. What a person had run again is asked anew,
// except where it would be submitted to the vendor twice.
func (s *State) runStep(step StepPolicy) []Effect {
	s.Running = step.Name
	in := &StepInput{Account: s.Account, JourneyID: s.JourneyID, Step: step.Name, Round: s.Round}
	if s.Verdict != nil {
		in.Subject = s.Verdict.Subject
	}
	if step.ShownBy == "" {
		in.Round += s.Retries
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
	if s.WaitUntil.IsZero() {
		within := time.Duration(step.AnswerWithin)
		if within <= 0 {
			within = answerWithin
		}
		s.WaitUntil = now.Add(within)
	}
	if s.Announced == name && ok {
		s.Announced = ""
		return s.runStep(step)
	}
	s.Waiting = name
	return nil
}

// onAnnounced takes the callback of a step's service: it is a hint, so the step is
// asked once more.
func (s *State) onAnnounced(name string, now time.Time) []Effect {
	if s.Verdict == nil { // a journey that is not known here: look first
		s.lookNow(now)
	}
	if s.Running == name {
		s.Announced = name
		return nil
	}
	return s.askWaiting(name, now)
}

// waitOver asks a step for the last time when its time is over.
func (s *State) waitOver(now time.Time) []Effect {
	if s.Waiting == "" || now.Before(s.WaitUntil) {
		return nil
	}
	return s.askWaiting(s.Waiting, now)
}

func (s *State) askWaiting(name string, now time.Time) []Effect {
	step, ok := s.stepPolicy(name)
	if s.Waiting != name || s.Closed() {
		return nil
	}
	if !ok { // no longer declared: its answer is awaited by nobody
		s.Waiting, s.WaitUntil = "", time.Time{}
		s.lookNow(now)
		return nil
	}
	s.Waiting = ""
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
	if s.Round == 0 || s.Reruns >= maxReruns {
		return false
	}
	return slices.ContainsFunc(s.Policy.Steps, func(p StepPolicy) bool {
		run := s.run(p.Name)
		return p.ShownBy == "" && (run == nil || run.judgedOther(v))
	})
}
