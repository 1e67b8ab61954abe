package config

import (
	"time"

	"idjourney/idwise"
	"idjourney/journey"
)

// setDefaults fills in what the file leaves out. In every key, zero means "not
// said".
func (c *Config) setDefaults() {
	c.Listen.Public = first(c.Listen.Public, ":8080")
	c.Listen.API = first(c.Listen.API, ":8081")
	c.Listen.Admin = first(c.Listen.Admin, "127.0.0.1:9090")
	c.Log.Level = first(c.Log.Level, "info")
	c.Log.Format = first(c.Log.Format, "text")
	if c.Ledger.URLFile == "" {
		c.Ledger.URL = first(c.Ledger.URL, NewLedgerURL("sqlite:idjourney.db"))
	}
	c.Ledger.KeepContent = first(c.Ledger.KeepContent, 30*24*time.Hour)
	c.TaskQueue = first(c.TaskQueue, "idjourney")
	c.Intake = c.Intake.WithDefaults()
	c.Forwarder.Concurrency = first(c.Forwarder.Concurrency, 8)
	c.Forwarder.PollInterval = first(c.Forwarder.PollInterval, time.Second)
	c.Forwarder.LeaseFor = first(c.Forwarder.LeaseFor, 30*time.Second)
	c.Screening.Unconfirmed = first(c.Screening.Unconfirmed, 200)
	c.Screening.RequestsPerSecond = first(c.Screening.RequestsPerSecond, 5)
	c.Worker.setDefaults()
	c.Policy = c.Policy.over(DefaultPolicy())
	c.ReviewOverdue = first(c.ReviewOverdue, 24*time.Hour)
	c.Activities = mergeActivities(c.Activities)
	face := c.ActivityOptions(ActivityCompareGovernmentFace)
	for i := range c.Accounts {
		c.Accounts[i].setDefaults(c.Policy, face)
		c.Accounts[i].calendars = c.Calendars
	}
}

// WithDefaults returns the limits with none of them zero, which net/http reads as
// unlimited.
func (i Intake) WithDefaults() Intake {
	i.MaxBody = first(i.MaxBody, 1<<20)
	i.ReadHeaderTimeout = first(i.ReadHeaderTimeout, 5*time.Second)
	i.ReadTimeout = first(i.ReadTimeout, 10*time.Second)
	i.WriteTimeout = first(i.WriteTimeout, 15*time.Second)
	i.IdleTimeout = first(i.IdleTimeout, 2*time.Minute)
	i.RecordTimeout = first(i.RecordTimeout, 2*time.Second)
	i.SignalTimeout = first(i.SignalTimeout, 2*time.Second)
	i.ShutdownTimeout = first(i.ShutdownTimeout, 20*time.Second)
	i.BodyMemory = first(i.BodyMemory, 64<<20)
	i.WebhooksPerSecond = first(i.WebhooksPerSecond, 200)
	i.BytesPerSecond = first(i.BytesPerSecond, 512<<10)
	return i
}

func (w *Worker) setDefaults() {
	w.StopTimeout = first(w.StopTimeout, 30*time.Second)
	w.MaxConcurrentActivities = first(w.MaxConcurrentActivities, 200)
	w.MaxConcurrentDeliveries = first(w.MaxConcurrentDeliveries, 100)
	w.MaxConcurrentWorkflowTasks = first(w.MaxConcurrentWorkflowTasks, 200)
	w.Pollers.Initial = first(w.Pollers.Initial, 5)
	w.Pollers.Minimum = first(w.Pollers.Minimum, 2)
	w.Pollers.Maximum = first(w.Pollers.Maximum, 50)
}

// mergeActivities puts what is configured over the defaults. A name that is no
// default's stays at the end for the validation to find.
func mergeActivities(configured []ActivityOptions) []ActivityOptions {
	merged := Defaults()
	for _, o := range configured {
		known := false
		for i := range merged {
			if merged[i].Name == o.Name {
				merged[i], known = o.over(merged[i]), true
				break
			}
		}
		if !known {
			merged = append(merged, o)
		}
	}
	return merged
}

func (a *Account) setDefaults(base Policy, face ActivityOptions) {
	if a.Region == "" && a.BaseURL == "" {
		a.Region = "eu"
	}
	if a.BaseURL == "" {
		a.BaseURL, _ = idwise.RegionURL(a.Region)
	}
	a.RequestsPerSecond = first(a.RequestsPerSecond, 10)
	a.Timeout = first(a.Timeout, 20*time.Second)
	if a.Government != nil {
		a.Government.Kind = first(a.Government.Kind, "http")
		a.Government.Timeout = first(a.Government.Timeout, 15*time.Second)
	}
	for i := range a.Endpoints {
		a.Endpoints[i].Timeout = first(a.Endpoints[i].Timeout, 15*time.Second)
		a.Endpoints[i].MaxConcurrent = first(a.Endpoints[i].MaxConcurrent, 10)
	}
	a.Overrides = a.Overrides.over(base)
	for i := range a.Flows {
		f := &a.Flows[i]
		f.Policy = f.Policy.over(a.Overrides)
		for j := range f.Steps {
			f.Steps[j].setDefaults(face)
		}
	}
}

// setDefaults keeps what is not said below the step's patience: a wait that
// outlasts it could never end well.
func (s *Step) setDefaults(face ActivityOptions) {
	s.When = first(s.When, journey.WhenRulesPassed)
	s.OnFailed = first(s.OnFailed, journey.MeansReview)
	s.OnInconclusive = first(s.OnInconclusive, journey.MeansReview)
	base := stepDefaults()
	s.Kind = first(s.Kind, KindActivity)
	if s.HTTP != nil {
		s.HTTP.Timeout = first(s.HTTP.Timeout, min(15*time.Second, first(s.StartToClose, s.Patience)))
		base.StartToClose = max(base.StartToClose, s.HTTP.Timeout)
	}
	if s.Activity == ActivityCompareGovernmentFace {
		base = face
		s.ShownBy = first(s.ShownBy, "face")
		s.MatchWait = first(s.MatchWait, min(2*time.Minute, s.Patience/2))
		s.MatchPoll = first(s.MatchPoll, min(2*time.Second, s.MatchWait))
	}
	s.StartToClose = first(s.StartToClose, min(base.StartToClose, s.Patience))
	s.Heartbeat = first(s.Heartbeat, base.Heartbeat)
	s.Retry = s.Retry.over(base.Retry)
}
