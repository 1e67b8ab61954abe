package config

import (
	"slices"
	"strings"
	"time"
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
		o = Defaults()[0]
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

// Defaults returns the time-outs and retries of idjourney's own activities, before
// configuration. All are bounded by time, not by attempts: an outage has a duration.
func Defaults() []ActivityOptions {
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
	merged := Defaults()
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

func isOwn(activity string) bool { return slices.ContainsFunc(Defaults(), named(activity)) }

func (o ActivityOptions) validate(found *faults) {
	path := "activities[" + o.Name + "]"
	if !isOwn(o.Name) {
		var names []string
		for _, d := range Defaults() {
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
