package idwisetest

import (
	"log/slog"
	"net/http"
	"time"
)

// Config configures the stand-in.
type Config struct {
	// Accounts are the customers. At least one.
	Accounts []Account
	// Scale multiplies all of the vendor's times: 0.001 makes 5 minutes 300 ms.
	// 0 means 1. It applies to retries of webhooks and to the times in scripts,
	// not to AckTimeout, to faults, and to the two-second rule of the summary.
	Scale float64
	// AckTimeout is how long an endpoint may take to answer a webhook; default 10 s.
	AckTimeout time.Duration
	// ManuallyReviewed also sends the older Manually Reviewed after a review.
	ManuallyReviewed bool
	// AMLChangesOnly makes the AML history return only what a version changed, removed
	// matches included, instead of all matches at that version: the contract allows both
	// readings.
	AMLChangesOnly bool
	// Seed makes ids the same in every run; 0 makes them random.
	Seed uint64
	// Now stamps times and guards the two-second rule; default time.Now.
	Now func() time.Time
	// Logger gets one line per webhook given up; nil for none.
	Logger *slog.Logger
}

// Account is one customer of the vendor's.
type Account struct {
	// Key and Secret open the API.
	Key, Secret string
	// FlowID is the flow of journeys started without one; default "flow-onboarding".
	FlowID string
	// NoCustomStep says that the flow has no custom step: journeys finish without
	// complete-custom-step.
	NoCustomStep bool
	// WebhookURL is where all events go; see also [Vendor.SetWebhookURL].
	WebhookURL string
	// WebhookHeader is sent with every webhook, for example Authorization.
	WebhookHeader http.Header
	// BasicUser and BasicPassword, if one is set, are sent as HTTP Basic.
	BasicUser, BasicPassword string
}

// The steps of every flow, as webhooks and requests name them. CustomStepID is the
// one that takes a face.
const (
	DocumentStepID = "10"
	SelfieStepID   = "20"
	CustomStepID   = "30"
)

const defaultFlow = "flow-onboarding"

// retries are the vendor's waits before the second, third and fourth attempt.
var retries = [...]time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute}

func (c Config) withDefaults() Config {
	if c.Scale <= 0 {
		c.Scale = 1
	}
	if c.AckTimeout <= 0 {
		c.AckTimeout = 10 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Accounts = append([]Account(nil), c.Accounts...)
	for i := range c.Accounts {
		if c.Accounts[i].FlowID == "" {
			c.Accounts[i].FlowID = defaultFlow
		}
	}
	return c
}
