package config

import (
	"slices"
	"strings"
	"time"
)

// ActivityOptions are the time-outs and retries of one activity.
type ActivityOptions struct {
	Name            string        `mapstructure:"name" doc:"One of the activities in the table at the end. Required."`
	StartToClose    time.Duration `mapstructure:"start_to_close" doc:"How long one try may take."`
	ScheduleToClose time.Duration `mapstructure:"schedule_to_close" doc:"How long all tries together may take. A step has patience instead."`
	Heartbeat       time.Duration `mapstructure:"heartbeat" doc:"How long a try may be silent before it counts as lost."`
	Retry           Retry         `mapstructure:"retry" doc:"How it is tried again."`
}

// Retry says how a failed attempt is retried.
type Retry struct {
	Initial         time.Duration `mapstructure:"initial" doc:"Wait before the second try."`
	Coefficient     float64       `mapstructure:"coefficient" doc:"Each further wait is the last one times this; at least 1."`
	MaximumInterval time.Duration `mapstructure:"maximum_interval" doc:"No wait is longer."`
	Attempts        int           `mapstructure:"attempts" doc:"Tries at most; 0: as many as the time allows."`
	NonRetryable    []string      `mapstructure:"non_retryable" doc:"Types of errors that are not tried again."`
}

// ActivityOptions returns the options of one of idjourney's own activities, and
// conservative ones for an unknown name.
func (c *Config) ActivityOptions(name string) ActivityOptions {
	for _, o := range c.Activities {
		if o.Name == name {
			return o
		}
	}
	o := Defaults()[0]
	o.Name = name
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
	return []ActivityOptions{
		{
			// A vendor that stays away for longer is worth a person's attention; the
			// journey asks again by itself afterwards.
			Name:         ActivityFetch,
			StartToClose: 30 * time.Second, ScheduleToClose: 15 * time.Minute,
			Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: time.Minute},
		},
		{
			// All its tries together last for the step's patience. A step may wait
			// inside one try for the comparison to show, hence the heartbeat.
			Name:         ActivityCompareGovernmentFace,
			StartToClose: 5 * time.Minute, Heartbeat: 30 * time.Second,
			Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: time.Minute},
		},
		{
			// Until it succeeds the vendor's journey is blocked, so it is retried for a day.
			Name:         ActivityCompleteCustomStep,
			StartToClose: 30 * time.Second, ScheduleToClose: 24 * time.Hour,
			Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: 5 * time.Minute},
		},
		{
			// A customer's endpoint may be down over a long weekend.
			Name:         ActivityPublish,
			StartToClose: time.Minute, ScheduleToClose: 5 * 24 * time.Hour,
			Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: 10 * time.Minute},
		},
		{
			// One try asks for up to 20 versions. Without the history the journey is
			// judged by the newest, and attention says so.
			Name:         ActivityFetchAMLHistory,
			StartToClose: 5 * time.Minute, ScheduleToClose: time.Hour,
			Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: time.Minute},
		},
		{
			// The erasure was promised: it is retried over a weekend before a person is called.
			Name:         ActivityErase,
			StartToClose: time.Minute, ScheduleToClose: 3 * 24 * time.Hour,
			Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: 10 * time.Minute},
		},
		{
			Name:         ActivityFetchSpotCheck,
			StartToClose: 30 * time.Second, ScheduleToClose: 15 * time.Minute,
			Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: time.Minute},
		},
		{
			// A failed spot check that reaches no journey would be forgotten.
			Name:         ActivityHandOver,
			StartToClose: 30 * time.Second, ScheduleToClose: 3 * 24 * time.Hour,
			Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: 10 * time.Minute},
		},
	}
}

// stepDefaults are the options of a step whose activity is not ours. It has no
// heartbeat: an activity that does not send any would be killed for it.
func stepDefaults() ActivityOptions {
	return ActivityOptions{
		StartToClose: time.Minute,
		Retry:        Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: time.Minute},
	}
}

// mergeActivities puts what is configured over the defaults. A name that is no
// default's stays at the end for the validation to find.
func mergeActivities(configured []ActivityOptions) []ActivityOptions {
	merged := Defaults()
	for _, o := range configured {
		i := slices.IndexFunc(merged, func(d ActivityOptions) bool { return d.Name == o.Name })
		if i < 0 {
			merged = append(merged, o)
			continue
		}
		inherit(&o, merged[i])
		merged[i] = o
	}
	return merged
}

func (o ActivityOptions) validate(found *faults) {
	path := "activities[" + o.Name + "]"
	i := slices.IndexFunc(Defaults(), func(d ActivityOptions) bool { return d.Name == o.Name })
	if i < 0 {
		found.add(path, "is not one of idjourney's own activities: %s (a step has its options in the flow)", activityNames())
		return
	}
	if o.Name == ActivityCompareGovernmentFace && o.ScheduleToClose != 0 {
		found.add(path+".schedule_to_close", "has no effect: set the step's patience")
	}
	o.Retry.validate(path+".retry", found)
}

func (r Retry) validate(path string, found *faults) {
	if r.Coefficient < 1 {
		found.add(path+".coefficient", "must be at least 1: the waits would shrink")
	}
	if r.Initial > r.MaximumInterval {
		found.add(path+".initial", "is longer than maximum_interval: correct one of them")
	}
}

func activityNames() string {
	var names []string
	for _, d := range Defaults() {
		names = append(names, d.Name)
	}
	return strings.Join(names, ", ")
}
