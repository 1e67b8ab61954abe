package config

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"idjourney/journey"
)

// ActivityOptions are the time-outs and retries of one activity.
type ActivityOptions struct {
	Name            string        `yaml:"name" doc:"One of the activities in the table at the end. Required."`
	StartToClose    time.Duration `yaml:"start_to_close" doc:"How long one try may take."`
	ScheduleToClose time.Duration `yaml:"schedule_to_close" doc:"How long all tries together may take. A step has patience instead."`
	Heartbeat       time.Duration `yaml:"heartbeat" doc:"How long a try may be silent before it counts as lost."`
	Retry           Retry         `yaml:"retry" doc:"How it is tried again."`
}

// Retry says how a failed attempt is retried.
type Retry struct {
	Initial         time.Duration `yaml:"initial" doc:"Wait before the second try."`
	Coefficient     float64       `yaml:"coefficient" doc:"Each further wait is the last one times this; at least 1."`
	MaximumInterval time.Duration `yaml:"maximum_interval" doc:"No wait is longer."`
	Attempts        int           `yaml:"attempts" doc:"Tries at most; 0: as many as the time allows."`
	NonRetryable    []string      `yaml:"non_retryable" doc:"Types of errors that are not tried again."`
}

// ActivityOptions returns the options of one of idjourney's own activities; an unknown
// name gets those of Fetch.
func (c *Config) ActivityOptions(name string) ActivityOptions {
	o, ok := find(c.Activities, named(name))
	if !ok {
		o = defaultActivities()[0]
		o.Name = name
	}
	return o
}

// The names of idjourney's own activities. CompareGovernmentFace is the one that
// steps may name; CallStep runs the steps of the kind http.
const (
	ActivityFetch                 = "Fetch"
	ActivityCompareGovernmentFace = "CompareGovernmentFace"
	ActivityCompleteCustomStep    = "CompleteCustomStep"
	ActivityPublish               = "Publish"
	ActivityFetchAMLHistory       = "FetchAMLHistory"
	ActivityErase                 = "Erase"
	ActivityFetchSpotCheck        = "FetchSpotCheck"
	ActivityHandOver              = "HandOver"
	ActivityCallStep              = "CallStep"
)

// defaultActivities returns the time-outs and retries of idjourney's own activities, before
// configuration. All are bounded by time, not by attempts: an outage has a duration.
func defaultActivities() []ActivityOptions {
	const day = 24 * time.Hour
	// All tries together last for the step's patience; one may wait, with heartbeats.
	face := options(ActivityCompareGovernmentFace, 5*time.Minute, 0, time.Minute)
	face.Heartbeat = 30 * time.Second
	return []ActivityOptions{
		// After that a person is called; the journey asks again by itself.
		options(ActivityFetch, 30*time.Second, 15*time.Minute, time.Minute),
		face,
		// Until it succeeds the vendor's journey is blocked.
		options(ActivityCompleteCustomStep, 30*time.Second, day, 5*time.Minute),
		// A customer's endpoint may be down over a long weekend.
		options(ActivityPublish, time.Minute, 5*day, 10*time.Minute),
		// One try asks for up to 20 versions.
		options(ActivityFetchAMLHistory, 5*time.Minute, time.Hour, time.Minute),
		// The erasure was promised: it is retried over a weekend before a person is called.
		options(ActivityErase, time.Minute, 3*day, 10*time.Minute),
		options(ActivityFetchSpotCheck, 30*time.Second, 15*time.Minute, time.Minute),
		// A failed spot check that reaches no journey would be forgotten.
		options(ActivityHandOver, 30*time.Second, 3*day, 10*time.Minute),
	}
}

// options are those of an activity by the time of one try, of all tries, and the longest
// wait between two.
func options(name string, try, all, wait time.Duration) ActivityOptions {
	return ActivityOptions{
		Name: name, StartToClose: try, ScheduleToClose: all,
		Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: wait},
	}
}

// stepDefaults are the options of a step whose activity is not ours: without a heartbeat,
// which it may not send.
func stepDefaults() ActivityOptions { return options("", time.Minute, 0, time.Minute) }

// mergeActivities puts what is configured over the defaults; unknown names come last.
func mergeActivities(configured []ActivityOptions) []ActivityOptions {
	merged := defaultActivities()
	for _, o := range configured {
		if i := slices.IndexFunc(merged, named(o.Name)); i >= 0 {
			inherit(&o, merged[i])
			merged[i] = o
		} else {
			merged = append(merged, o)
		}
	}
	return merged
}

func named(activity string) func(ActivityOptions) bool {
	return func(o ActivityOptions) bool { return o.Name == activity }
}

func isOwn(activity string) bool { return slices.ContainsFunc(defaultActivities(), named(activity)) }

func (o ActivityOptions) validate(found *faults) {
	path := "activities[" + o.Name + "]"
	if !isOwn(o.Name) {
		var names []string
		for _, d := range defaultActivities() {
			names = append(names, d.Name)
		}
		found.add(path, "is not one of idjourney's own activities: %s (a step has its options in the flow)", strings.Join(names, ", "))
		return
	}
	found.addIf(o.Name == ActivityCompareGovernmentFace && o.ScheduleToClose != 0, path+".schedule_to_close",
		"has no effect: set the step's patience")
	o.Retry.validate(path+".retry", found)
}

func (r Retry) validate(path string, found *faults) {
	found.addIf(r.Coefficient < 1, path+".coefficient", "must be at least 1: the waits would shrink")
	found.addIf(r.Initial > r.MaximumInterval, path+".initial", "is longer than maximum_interval: correct one of them")
}

// Step declares one custom step and what its answers mean.
type Step struct {
	Name                string          `yaml:"name" doc:"Name of the step: [a-z0-9_-], at most 64 characters. Steps of one name are equal in all flows of an account. Required."`
	Kind                StepKind        `yaml:"kind" default:"activity" check:"oneof=activity,http" doc:"activity: a Temporal activity is run; http: a service is called, and no code is needed."`
	Activity            string          `yaml:"activity" doc:"Activity that is run: CompareGovernmentFace, or one of your own. Required for the kind activity, not allowed for http."`
	HTTP                *HTTPCall       `yaml:"http" doc:"The service that is called. Required for the kind http."`
	TaskQueue           string          `yaml:"task_queue" doc:"Task queue of the activity's worker. Empty: idjourney's own."`
	When                journey.When    `yaml:"when" default:"rules_passed" check:"oneof=rules_passed,always" doc:"rules_passed: only while none of IDWise's rules has failed; always."`
	OnFailed            journey.Meaning `yaml:"on_failed" default:"review" check:"meaning=a step that did not pass" doc:"What failed means although IDWise's decision passes: review, reject or on_hold."`
	OnInconclusive      journey.Meaning `yaml:"on_inconclusive" default:"review" check:"meaning=a step that did not pass" doc:"What inconclusive means: review, reject or on_hold."`
	ShownBy             string          `yaml:"shown_by" doc:"face if IDWise's result shows the outcome as its face comparison, which then counts; always so for CompareGovernmentFace."`
	VendorReviewSettles bool            `yaml:"vendor_review_settles" doc:"true if an approval by a reviewer at IDWise also settles this step's failure."`
	StepID              string          `yaml:"step_id" doc:"IDWise's id of the flow's custom step, in quotes. Required for CompareGovernmentFace."`
	Patience            time.Duration   `yaml:"patience" doc:"How long the step may take, all tries together, before it is inconclusive. Required: no step waits for ever."`
	AnswerWithin        time.Duration   `yaml:"answer_within" doc:"How long a step that answered pending may take until its answer is there; then it is inconclusive. Required with http.callback; set it for an activity that may answer pending."`
	MatchWait           time.Duration   `yaml:"match_wait" doc:"CompareGovernmentFace only: how long to wait for the comparison to show after a face was submitted. Default: 2m, and at most half the patience."`
	MatchPoll           time.Duration   `yaml:"match_poll" doc:"CompareGovernmentFace only: how often to look for it. Default: 2s, and at most match_wait."`
	StartToClose        time.Duration   `yaml:"start_to_close" doc:"How long one try may take. Default for CompareGovernmentFace: the table at the end; never more than the patience."`
	Heartbeat           time.Duration   `yaml:"heartbeat" doc:"How long a try may be silent. Set it only for an activity that sends heartbeats, as CompareGovernmentFace does (30s)."`
	Retry               Retry           `yaml:"retry" doc:"How it is tried again within its patience."`
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
	URL      string        `yaml:"url" check:"url" doc:"Address that is asked by POST; https for a live account. Required."`
	Token    Secret        `yaml:"token" doc:"Bearer token. Required."`
	Timeout  time.Duration `yaml:"timeout" doc:"How long one call may take. Default: 15s, and at most start_to_close."`
	Callback bool          `yaml:"callback" doc:"true if the service may answer pending and call back later, within answer_within. The API must be on, and api.url set."`
}

// activityName is the activity that runs the step.
func (s Step) activityName() string {
	if s.Kind == KindHTTP {
		return ActivityCallStep
	}
	return s.Activity
}

// Step returns the step of that name in any of the account's flows; Load has checked that
// steps of one name are equal.
func (a *Account) Step(name string) (Step, bool) {
	for _, f := range a.Flows {
		if s, ok := find(f.Steps, func(s Step) bool { return s.Name == name }); ok {
			return s, true
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
	return ActivityOptions{
		Name: s.activityName(), StartToClose: s.StartToClose, ScheduleToClose: s.Patience,
		Heartbeat: s.Heartbeat, Retry: s.Retry,
	}, ok
}

// policy is the part of the step that a journey reads.
func (s Step) policy() journey.StepPolicy {
	return journey.StepPolicy{
		Name: s.Name, Activity: s.activityName(), TaskQueue: s.TaskQueue, When: s.When,
		AnswerWithin: journey.Duration(s.AnswerWithin),
		OnFailed:     s.OnFailed, OnInconclusive: s.OnInconclusive,
		ShownBy: s.ShownBy, VendorReviewSettles: s.VendorReviewSettles,
	}
}

var stepNameForm = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

func (s Step) validate(path string, live bool, api API, found *faults) {
	found.addIf(!stepNameForm.MatchString(s.Name), path+".name", "must be 1 to 64 characters of a-z, 0-9, _ and -")
	s.validateKind(path, found)
	if s.Kind == KindHTTP {
		s.validateHTTP(path, live, api, found)
	}
	found.addIf(s.ShownBy != "" && s.ShownBy != "face", path+".shown_by", "is %q, which means nothing here: write one of face", s.ShownBy)
	if s.Patience <= 0 {
		found.add(path+".patience", "is missing: say how long the step may take before it is inconclusive, for example 24h; without it, it could wait for ever")
	} else {
		s.validateTimes(path, found)
	}
	s.Retry.validate(path+".retry", found)
}

func (s Step) validateKind(path string, found *faults) {
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
	found.addIf(s.AnswerWithin != 0 && s.Activity == ActivityCompareGovernmentFace, path+".answer_within",
		"is set, but %s never answers pending: take it out", s.Activity)
}

// validateHTTP checks what the step calls, and that a call back can arrive in bounded time.
func (s Step) validateHTTP(path string, live bool, api API, found *faults) {
	if s.HTTP == nil {
		found.add(path+".http", "is missing: write the url and the token of the service that is called")
		return
	}
	found.addIf(s.HTTP.Timeout > s.StartToClose, path+".http.timeout",
		"is longer than start_to_close (%s): no call can take that long", shortDuration(s.StartToClose))
	if !s.HTTP.Callback {
		found.addIf(s.AnswerWithin != 0, path+".answer_within",
			"has no effect: write http.callback: true if the service may call back, or take it out")
		return
	}
	found.addIf(s.AnswerWithin <= 0, path+".answer_within",
		"is missing: say how long the service may take to call back, for example 48h; without it, it could be awaited for ever")
	if len(api.Tokens) == 0 || api.URL == "" {
		found.add(path+".http.callback", "needs the API, which takes the answer: list a token under api.tokens, and write api.url")
	} else {
		checkURL(found, "api.url", api.URL, live)
	}
}

func (s Step) validateTimes(path string, found *faults) {
	const face = ActivityCompareGovernmentFace
	found.addIf(s.StartToClose > s.Patience, path+".start_to_close", "is longer than the step's patience: no try can take that long")
	if s.Activity != face {
		found.addIf(s.MatchWait != 0 || s.MatchPoll != 0 || s.StepID != "", path,
			"has match_wait, match_poll or step_id, which only %s reads: take it out", face)
		return
	}
	found.addIf(s.StepID == "", path+".step_id", "is missing: write IDWise's id of the flow's custom step, in quotes")
	found.addIf(s.TaskQueue != "", path+".task_queue", "is set, but %s runs on idjourney's own: take it out", face)
	found.addIf(s.MatchWait >= s.StartToClose, path+".match_wait",
		"must be shorter than start_to_close (%s): the wait happens inside one try", s.StartToClose)
	found.addIf(s.MatchPoll > s.MatchWait, path+".match_poll", "is longer than match_wait: nobody would look")
	found.addIf(s.Heartbeat != 0 && s.Heartbeat <= s.MatchPoll, path+".heartbeat",
		"must be longer than match_poll: a try would count as lost between two looks")
}

// setDefaults keeps every default below the step's patience.
func (s *Step) setDefaults(face ActivityOptions) {
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
