package config

import (
	"time"

	"idjourney/journey"
)

// Step declares one custom step: an activity, on any task queue and in any
// language, and what its answers mean.
type Step struct {
	Name                string          `mapstructure:"name" doc:"Name of the step: [a-z0-9_-], at most 64 characters. Steps of one name are equal in all flows of an account. Required."`
	Kind                StepKind        `mapstructure:"kind" doc:"activity: a Temporal activity is run; http: a service is called, and no code is needed."`
	Activity            string          `mapstructure:"activity" doc:"Activity that is run: CompareGovernmentFace, or one of your own. Required for the kind activity, not allowed for http."`
	HTTP                *HTTPCall       `mapstructure:"http" doc:"The service that is called. Required for the kind http."`
	TaskQueue           string          `mapstructure:"task_queue" doc:"Task queue of the activity's worker. Empty: idjourney's own."`
	When                journey.When    `mapstructure:"when" doc:"rules_passed: only while none of IDWise's rules has failed; always."`
	OnFailed            journey.Meaning `mapstructure:"on_failed" doc:"What failed means although IDWise's decision passes: review, reject or on_hold."`
	OnInconclusive      journey.Meaning `mapstructure:"on_inconclusive" doc:"What inconclusive means: review, reject or on_hold."`
	ShownBy             string          `mapstructure:"shown_by" doc:"face if IDWise's result shows the outcome as its face comparison, which then counts; always so for CompareGovernmentFace."`
	VendorReviewSettles bool            `mapstructure:"vendor_review_settles" doc:"true if an approval by a reviewer at IDWise also settles this step's failure."`
	StepID              string          `mapstructure:"step_id" doc:"IDWise's id of the flow's custom step, in quotes. Required for CompareGovernmentFace."`
	Patience            time.Duration   `mapstructure:"patience" doc:"How long the step may take, all tries together, before it is inconclusive. Required: no step waits for ever."`
	AnswerWithin        time.Duration   `mapstructure:"answer_within" doc:"How long a step that answered pending may take until its answer is there; then it is inconclusive. Required with http.callback; set it for an activity that may answer pending."`
	MatchWait           time.Duration   `mapstructure:"match_wait" doc:"CompareGovernmentFace only: how long to wait for the comparison to show after a face was submitted. Default: 2m, and at most half the patience."`
	MatchPoll           time.Duration   `mapstructure:"match_poll" doc:"CompareGovernmentFace only: how often to look for it. Default: 2s, and at most match_wait."`
	StartToClose        time.Duration   `mapstructure:"start_to_close" doc:"How long one try may take. Default for CompareGovernmentFace: the table at the end; never more than the patience."`
	Heartbeat           time.Duration   `mapstructure:"heartbeat" doc:"How long a try may be silent. Set it only for an activity that sends heartbeats, as CompareGovernmentFace does (30s)."`
	Retry               Retry           `mapstructure:"retry" doc:"How it is tried again within its patience."`
}

// StepKind says what runs a step.
type StepKind string

// A step is a Temporal activity, or a call of a service over HTTP.
const (
	KindActivity StepKind = "activity"
	KindHTTP     StepKind = "http"
)

// HTTPCall is the service that a step of the kind http calls.
type HTTPCall struct {
	URL      string        `mapstructure:"url" doc:"Address that is asked by POST; https for a live account. Required."`
	Token    Secret        `mapstructure:"token" doc:"Bearer token. Required."`
	Timeout  time.Duration `mapstructure:"timeout" doc:"How long one call may take. Default: 15s, and at most start_to_close."`
	Callback bool          `mapstructure:"callback" doc:"true if the service may answer pending and call back later, within answer_within. The API must be on, and api.url set."`
}

// ActivityName is the activity that runs the step.
func (s Step) ActivityName() string {
	if s.Kind == KindHTTP {
		return ActivityCallStep
	}
	return s.Activity
}

// Step returns the step of that name in any of the account's flows; steps of one
// name are equal (Load sees to it).
func (a *Account) Step(name string) (Step, bool) {
	for _, f := range a.Flows {
		for _, s := range f.Steps {
			if s.Name == name {
				return s, true
			}
		}
	}
	return Step{}, false
}

// StepOptions returns the activity options of a step of an account, Name being
// the activity's. They are always bounded: ScheduleToClose is its patience.
func (c *Config) StepOptions(account, step string) (ActivityOptions, bool) {
	a, ok := c.Account(account)
	if !ok {
		return ActivityOptions{}, false
	}
	s, ok := a.Step(step)
	if !ok {
		return ActivityOptions{}, false
	}
	return ActivityOptions{
		Name: s.ActivityName(), StartToClose: s.StartToClose, ScheduleToClose: s.Patience,
		Heartbeat: s.Heartbeat, Retry: s.Retry,
	}, true
}

// policy is the part of the step that a journey reads.
func (s Step) policy() journey.StepPolicy {
	return journey.StepPolicy{
		Name: s.Name, Activity: s.ActivityName(), TaskQueue: s.TaskQueue, When: s.When,
		AnswerWithin: journey.Duration(s.AnswerWithin),
		OnFailed:     s.OnFailed, OnInconclusive: s.OnInconclusive,
		ShownBy: s.ShownBy, VendorReviewSettles: s.VendorReviewSettles,
	}
}
