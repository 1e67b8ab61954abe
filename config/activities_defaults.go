package config

import "time"

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
// configuration. All are bounded by time, not by a number of tries: an outage
// has a length, not a count.
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
			// Until it succeeds the vendor's journey hangs, so it is tried for a day.
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
			// Somebody was promised it: it outlasts a weekend before a person is called.
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
