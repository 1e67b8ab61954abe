package config

import (
	"reflect"
	"time"
)

// inherit fills the unset keys of section from base. The zero value means unset.
func inherit[T any](section *T, base T) {
	fill(reflect.ValueOf(section).Elem(), reflect.ValueOf(base))
}

func fill(v, base reflect.Value) {
	switch {
	case shapeOf(v.Type()) == section && v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), base.Field(i))
		}
	case v.CanSet() && v.IsZero():
		v.Set(base)
	}
}

// setDefaults fills in what the file leaves out.
func (c *Config) setDefaults() {
	inherit(c, Config{
		TaskQueue: "idjourney",
		Listen:    Listen{Public: ":8080", API: ":8081", Admin: "127.0.0.1:9090"},
		Log:       Log{Level: "info", Format: "text"},
		Ledger:    Ledger{KeepContent: 30 * 24 * time.Hour},
		Forwarder: Forwarder{Concurrency: 8, PollInterval: time.Second, LeaseFor: 30 * time.Second},
		Screening: Screening{Unconfirmed: 200, RequestsPerSecond: 5},
		Worker: Worker{
			StopTimeout: 30 * time.Second, MaxConcurrentActivities: 200, MaxConcurrentDeliveries: 100, MaxConcurrentWorkflowTasks: 200,
			Pollers: Pollers{Initial: 5, Minimum: 2, Maximum: 50},
		},
		Policy:        DefaultPolicy(),
		ReviewOverdue: 24 * time.Hour,
	})
	c.Intake = c.Intake.WithDefaults()
	if c.Ledger.URLFile == "" {
		inherit(&c.Ledger, Ledger{URL: NewLedgerURL("sqlite:idjourney.db")})
	}
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
	inherit(&i, Intake{
		MaxBody:           1 << 20,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       2 * time.Minute,
		RecordTimeout:     2 * time.Second,
		SignalTimeout:     2 * time.Second,
		ShutdownTimeout:   20 * time.Second,
		BodyMemory:        64 << 20,
		WebhooksPerSecond: 200,
		BytesPerSecond:    512 << 10,
	})
	return i
}
