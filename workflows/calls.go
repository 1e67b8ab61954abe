package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// call is an effect as an activity: the one table from kinds to activities.
type call struct {
	name      string
	input     any
	taskQueue string
	summary   string
	limits    Limits
}

func (i *interpreter) call(e journey.Effect) call {
	switch e.Kind {
	case journey.EffectFetch:
		return call{name: string(e.Kind), input: e.Fetch, summary: "ask IDWise for the result", limits: i.options.Limits(string(e.Kind))}
	case journey.EffectComplete:
		return call{name: string(e.Kind), input: e.Complete, summary: "Complete Custom Step at IDWise", limits: i.options.Limits(string(e.Kind))}
	case journey.EffectStep:
		return call{
			name: e.Step.Activity, input: e.StepIn, taskQueue: e.Step.TaskQueue,
			summary: "custom step " + e.Step.Name, limits: i.options.StepLimits(i.state.Account, e.Step.Name),
		}
	case journey.EffectAML:
		return call{name: string(e.Kind), input: e.AML, summary: fmt.Sprintf("ask IDWise for AML versions %d to %d", e.AML.From, e.AML.To), limits: i.options.Limits(string(e.Kind))}
	case journey.EffectErase:
		return call{name: string(e.Kind), input: e.Erase, summary: "erase the personal data", limits: i.options.Limits(string(e.Kind))}
	case journey.EffectPublish:
		return call{name: string(e.Kind), input: e.Publish, summary: publishSummary(*e.Publish), limits: i.options.Limits(string(e.Kind))}
	default:
		panic(fmt.Sprintf("effect %d has the kind %q, which this worker does not know", e.ID, e.Kind))
	}
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

// activityOptions bounds the call by what is left of its budget. Cancellation is
// waited for: only then is it known whether the activity was done.
func (c call) activityOptions(left time.Duration) workflow.ActivityOptions {
	left = max(left, time.Second)
	return workflow.ActivityOptions{
		TaskQueue:              c.taskQueue,
		StartToCloseTimeout:    min(c.limits.StartToClose, left),
		ScheduleToCloseTimeout: left,
		HeartbeatTimeout:       c.limits.Heartbeat,
		WaitForCancellation:    true,
		Summary:                c.summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:        c.limits.Retry.Initial,
			BackoffCoefficient:     c.limits.Retry.Coefficient,
			MaximumInterval:        c.limits.Retry.MaximumInterval,
			MaximumAttempts:        c.limits.Retry.MaximumAttempts,
			NonRetryableErrorTypes: c.limits.Retry.NonRetryable,
		},
	}
}
