package workflows

import (
	"fmt"
	"math"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// call maps a kind of effect to its activity.
type call struct {
	name      string
	input     any
	taskQueue string
	summary   string
	account   string
	limits    Limits
}

func (i *interpreter[S]) call(e journey.Effect) call {
	c := call{name: string(e.Kind), account: i.state.Start().Account, limits: i.options.Limits(string(e.Kind))}
	switch e.Kind {
	case journey.EffectFetch:
		c.input, c.summary = e.Fetch, "ask IDWise for the result"
	case journey.EffectComplete:
		c.input, c.summary = e.Complete, "Complete Custom Step at IDWise"
	case journey.EffectStep:
		c.name, c.input, c.taskQueue = e.Step.Activity, e.StepIn, e.Step.TaskQueue
		c.summary, c.limits = "custom step "+e.Step.Name, i.options.StepLimits(e.StepIn.Account, e.Step.Name)
	case journey.EffectAML:
		c.input, c.summary = e.AML, fmt.Sprintf("ask IDWise for AML versions %d to %d", e.AML.From, e.AML.To)
	case journey.EffectErase:
		c.input, c.summary = e.Erase, "erase the personal data"
	case journey.EffectPublish:
		c.input, c.summary = e.Publish, publishSummary(*e.Publish)
		if e.Publish.Endpoint != "" {
			c.taskQueue = i.options.Deliveries
		}
	case journey.EffectFetchSpotCheck:
		c.input, c.summary = e.SpotFetch, "ask IDWise for the spot check, and the ledger whose it is"
		if e.SpotFetch.Link != "" {
			c.summary = "ask the ledger about the journey that a person named"
		}
	case journey.EffectHandOver:
		c.input, c.summary = e.HandOver, "hand over to journey "+e.HandOver.Event.JourneyID
	default:
		panic(unknownEffect(e))
	}
	return c
}

func unknownEffect(e journey.Effect) string {
	return fmt.Sprintf("effect %d has the kind %q, which this worker does not know", e.ID, e.Kind)
}

func publishSummary(p journey.PublishInput) string {
	text := string(p.Message.Type)
	if d := p.Message.Decision; d != nil {
		text = fmt.Sprintf("decision %d: %s", d.Sequence, d.Outcome)
	}
	if p.Message.Type == "" {
		text = "phase " + string(p.Message.Phase)
	}
	if p.Endpoint == "" {
		return text + " to the ledger"
	}
	return text + " to " + p.Endpoint
}

// activityOptions limits the activity to what is left of its budget. It waits for
// cancellation: only then is it known whether the activity was done.
func (c call) activityOptions(left time.Duration) workflow.ActivityOptions {
	left = max(left, time.Second)
	return workflow.ActivityOptions{
		TaskQueue:              c.taskQueue,
		StartToCloseTimeout:    min(c.limits.StartToClose, left),
		ScheduleToCloseTimeout: left,
		HeartbeatTimeout:       c.limits.Heartbeat,
		WaitForCancellation:    true,
		Summary:                c.summary,
		Priority:               temporal.Priority{FairnessKey: c.account},
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:        c.limits.Retry.Initial,
			BackoffCoefficient:     c.limits.Retry.Coefficient,
			MaximumInterval:        c.limits.Retry.MaximumInterval,
			MaximumAttempts:        int32(min(max(c.limits.Retry.Attempts, 0), math.MaxInt32)),
			NonRetryableErrorTypes: c.limits.Retry.NonRetryable,
		},
	}
}
