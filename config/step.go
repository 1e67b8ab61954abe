package config

import (
	"cmp"
	"regexp"
	"slices"
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

var stepNameForm = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

func (s Step) validate(path string, found *faults) {
	if !stepNameForm.MatchString(s.Name) {
		found.add(path+".name", "must be 1 to 64 characters of a-z, 0-9, _ and -")
	}
	s.validateKind(path, found)
	oneOf(found, path+".when", string(s.When), string(journey.WhenRulesPassed), string(journey.WhenAlways))
	const failure = "a step that did not pass"
	validateMeaning(found, path+".on_failed", s.OnFailed, failure)
	validateMeaning(found, path+".on_inconclusive", s.OnInconclusive, failure)
	if s.ShownBy != "" {
		oneOf(found, path+".shown_by", s.ShownBy, "face")
	}
	if s.Patience <= 0 {
		found.add(path+".patience", "is missing: say how long the step may take before it is inconclusive, for example 24h; without it, it could wait for ever")
	} else {
		s.validateTimes(path, found)
	}
	s.Retry.validate(path+".retry", found)
}

func (s Step) validateKind(path string, found *faults) {
	oneOf(found, path+".kind", string(s.Kind), string(KindActivity), string(KindHTTP))
	switch {
	case s.Kind == KindHTTP && (s.Activity != "" || s.TaskQueue != ""):
		found.add(path, "is of kind http and has an activity or a task_queue: keep one or the other")
	case s.Kind == KindActivity && s.HTTP != nil:
		found.add(path+".http", "is set, but the step's kind is activity: write kind: http, or take it out")
	case s.Kind == KindActivity && s.Activity == "":
		found.add(path+".activity", "is missing: write %s, or the name of an activity of yours", ActivityCompareGovernmentFace)
	case s.Activity == ActivityCallStep:
		found.add(path+".activity", "is %s, which is run by itself: write kind: http instead", s.Activity)
	case s.Activity != ActivityCompareGovernmentFace && isOwn(s.Activity):
		found.add(path+".activity", "is %s, which is no step: write %s, or the name of an activity of yours", s.Activity, ActivityCompareGovernmentFace)
	}
	if s.AnswerWithin != 0 && s.Activity == ActivityCompareGovernmentFace {
		found.add(path+".answer_within", "is set, but %s never answers pending: take it out", s.Activity)
	}
}

func isOwn(activity string) bool {
	return slices.ContainsFunc(Defaults(), func(o ActivityOptions) bool { return o.Name == activity })
}

// validateHTTP checks what the step calls, and that a call back can arrive and is
// not awaited for ever.
func (s Step) validateHTTP(path string, live bool, api API, found *faults) {
	if s.HTTP == nil {
		found.add(path+".http", "is missing: write the url and the token of the service that is called")
		return
	}
	checkURL(found, path+".http.url", s.HTTP.URL, live)
	if s.HTTP.Timeout > s.StartToClose {
		found.add(path+".http.timeout", "is longer than start_to_close (%s): no call can take that long", shortDuration(s.StartToClose))
	}
	if !s.HTTP.Callback {
		if s.AnswerWithin != 0 {
			found.add(path+".answer_within", "has no effect: write http.callback: true if the service may call back, or take it out")
		}
		return
	}
	if s.AnswerWithin <= 0 {
		found.add(path+".answer_within", "is missing: say how long the service may take to call back, for example 48h; without it, it could be awaited for ever")
	}
	if len(api.Tokens) == 0 || api.URL == "" {
		found.add(path+".http.callback", "needs the API, which takes the answer: list a token under api.tokens, and write api.url")
	} else {
		checkURL(found, "api.url", api.URL, live)
	}
}

// validateMeaning keeps approval out of reach of a failure: nothing is approved
// without positive evidence.
func validateMeaning(found *faults, path string, m journey.Meaning, what string) {
	if m == "approve" || m == journey.Meaning(journey.OutcomeApproved) {
		found.add(path, "cannot approve: %s is no evidence; write review, reject or on_hold", what)
		return
	}
	oneOf(found, path, string(m), string(journey.MeansReview), string(journey.MeansReject), string(journey.MeansOnHold))
}

func (s Step) validateTimes(path string, found *faults) {
	if s.StartToClose > s.Patience {
		found.add(path+".start_to_close", "is longer than the step's patience: no try can take that long")
	}
	if s.Activity != ActivityCompareGovernmentFace {
		if s.MatchWait != 0 || s.MatchPoll != 0 || s.StepID != "" {
			found.add(path, "has match_wait, match_poll or step_id, which only %s reads: take it out", ActivityCompareGovernmentFace)
		}
		return
	}
	if s.StepID == "" {
		found.add(path+".step_id", "is missing: write IDWise's id of the flow's custom step, in quotes")
	}
	if s.TaskQueue != "" {
		found.add(path+".task_queue", "is set, but %s runs on idjourney's own: take it out", ActivityCompareGovernmentFace)
	}
	if s.MatchWait >= s.StartToClose {
		found.add(path+".match_wait", "must be shorter than start_to_close (%s): the wait happens inside one try", s.StartToClose)
	}
	if s.MatchPoll > s.MatchWait {
		found.add(path+".match_poll", "is longer than match_wait: nobody would look")
	}
	if s.Heartbeat != 0 && s.Heartbeat <= s.MatchPoll {
		found.add(path+".heartbeat", "must be longer than match_poll: a try would count as lost between two looks")
	}
}

// setDefaults keeps what is not said below the step's patience: a wait that
// outlasts it could never end well.
func (s *Step) setDefaults(face ActivityOptions) {
	inherit(s, Step{
		Kind: KindActivity, When: journey.WhenRulesPassed,
		OnFailed: journey.MeansReview, OnInconclusive: journey.MeansReview,
	})
	base := stepDefaults()
	if s.HTTP != nil {
		s.HTTP.Timeout = cmp.Or(s.HTTP.Timeout, min(15*time.Second, cmp.Or(s.StartToClose, s.Patience)))
		base.StartToClose = max(base.StartToClose, s.HTTP.Timeout)
	}
	if s.Activity == ActivityCompareGovernmentFace {
		base = face
		s.ShownBy = cmp.Or(s.ShownBy, "face")
		s.MatchWait = cmp.Or(s.MatchWait, min(2*time.Minute, s.Patience/2))
		s.MatchPoll = cmp.Or(s.MatchPoll, min(2*time.Second, s.MatchWait))
	}
	inherit(s, Step{StartToClose: min(base.StartToClose, s.Patience), Heartbeat: base.Heartbeat, Retry: base.Retry})
}
