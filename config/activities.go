package config

import "time"

// ActivityOptions are the time-outs and retries of one activity.
type ActivityOptions struct {
	Name            string        `mapstructure:"name" doc:"One of the activities in the table at the end. Required."`
	StartToClose    time.Duration `mapstructure:"start_to_close" doc:"How long one try may take."`
	ScheduleToClose time.Duration `mapstructure:"schedule_to_close" doc:"How long all tries together may take. A step has patience instead."`
	Heartbeat       time.Duration `mapstructure:"heartbeat" doc:"How long a try may be silent before it counts as lost."`
	Retry           Retry         `mapstructure:"retry" doc:"How it is tried again."`
}

// Retry says how a failed try is followed by another.
type Retry struct {
	Initial         time.Duration `mapstructure:"initial" doc:"Wait before the second try."`
	Coefficient     float64       `mapstructure:"coefficient" doc:"Each further wait is the last one times this; at least 1."`
	MaximumInterval time.Duration `mapstructure:"maximum_interval" doc:"No wait is longer."`
	Attempts        int           `mapstructure:"attempts" doc:"Tries at most; 0: as many as the time allows."`
	NonRetryable    []string      `mapstructure:"non_retryable" doc:"Types of errors that are not tried again."`
}

// ActivityOptions returns the options of one of idjourney's own activities, and
// careful ones for a name it does not know.
func (c *Config) ActivityOptions(name string) ActivityOptions {
	for _, o := range c.Activities {
		if o.Name == name {
			return o
		}
	}
	return ActivityOptions{Name: name}.over(Defaults()[0])
}

// over fills what o leaves open from base.
func (o ActivityOptions) over(base ActivityOptions) ActivityOptions {
	o.Name = first(o.Name, base.Name)
	o.StartToClose = first(o.StartToClose, base.StartToClose)
	o.ScheduleToClose = first(o.ScheduleToClose, base.ScheduleToClose)
	o.Heartbeat = first(o.Heartbeat, base.Heartbeat)
	o.Retry = o.Retry.over(base.Retry)
	return o
}

func (r Retry) over(base Retry) Retry {
	r.Initial = first(r.Initial, base.Initial)
	r.Coefficient = first(r.Coefficient, base.Coefficient)
	r.MaximumInterval = first(r.MaximumInterval, base.MaximumInterval)
	r.Attempts = first(r.Attempts, base.Attempts)
	if r.NonRetryable == nil {
		r.NonRetryable = base.NonRetryable
	}
	return r
}

// first returns a, or b if a is the zero value.
func first[T comparable](a, b T) T {
	var zero T
	if a != zero {
		return a
	}
	return b
}
