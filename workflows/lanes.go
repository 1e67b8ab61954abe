package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// dispatch starts the first pending effect of every idle lane. Lanes run in parallel, so
// an endpoint that is down delays nothing else.
func (i *interpreter[S]) dispatch(ctx workflow.Context) {
	taken := map[string]bool{}
	for _, p := range i.pending {
		if taken[p.Lane] {
			continue
		}
		taken[p.Lane] = true
		if !p.running {
			i.start(ctx, p)
		}
	}
}

// start runs one effect as an activity and appends its answer to the inbox. The effect of
// a cancelled activity was not done and stays pending for the next run.
func (i *interpreter[S]) start(ctx workflow.Context, p *pending) {
	call := i.call(p.Effect)
	now := workflow.Now(ctx).UTC()
	if p.Until.IsZero() {
		p.Until = now.Add(call.limits.ScheduleToClose)
	}
	p.running = true
	future := workflow.ExecuteActivity(
		workflow.WithActivityOptions(i.lanes, call.activityOptions(p.Until.Sub(now))), call.name, call.input)
	workflow.Go(ctx, func(ctx workflow.Context) {
		var raw converter.RawValue
		err := future.Get(ctx, &raw)
		p.running = false
		switch {
		case notDone(err):
			return
		case p.Kind == journey.EffectPublish && notAttempted(err):
			p.Until = time.Time{}
			i.again = true
			return
		}
		i.inbox = append(i.inbox, answer(p.Effect, raw, err))
		i.pending = slices.DeleteFunc(slices.Clone(i.pending), func(other *pending) bool { return other == p })
	})
}

// notDone says that the activity was cancelled, or failed after its cancellation was
// requested: the server then reports the failed attempt instead of a retry.
func notDone(err error) bool {
	failed, ok := errors.AsType[*temporal.ActivityError](err)
	return temporal.IsCanceledError(err) || ok && failed.RetryState() == enumspb.RETRY_STATE_CANCEL_REQUESTED
}

// notAttempted says that a message was given up before the ledger is known to have it, or
// while it waited for its endpoint's share (endpoint_busy). It is started again with a new
// budget. After the codes listed here, the message is recorded and the endpoint cannot be
// reached.
func notAttempted(err error) bool {
	return err != nil && !slices.Contains([]string{"endpoint_unavailable", "endpoint_unlisted", "account_unlisted"}, failureCode(err))
}

// answer converts an activity's result or failure into an input. An unreadable answer of
// our own activities panics, so that the task waits for a worker that can read it; one of a
// custom step written elsewhere is inconclusive.
func answer(e journey.Effect, raw converter.RawValue, failed error) journey.Input {
	switch e.Kind {
	case journey.EffectFetch:
		return journey.Input{Fetched: result(raw, failed, journey.FetchAnswer{Problem: journey.ProblemUnreachable})}
	case journey.EffectStep:
		return journey.Input{Stepped: &journey.Stepped{Step: e.StepIn.Step, Answer: stepAnswer(e, raw, failed)}}
	case journey.EffectComplete:
		return journey.Input{Completed: result(raw, failed, journey.CompleteAnswer{Problem: "unreachable"})}
	case journey.EffectPublish:
		return journey.Input{Published: &journey.Published{
			MessageID: e.Publish.Message.ID, Endpoint: e.Publish.Endpoint, Lane: e.Lane,
			Answer: *result(raw, failed, journey.PublishAnswer{Parked: true}),
		}}
	case journey.EffectAML:
		return journey.Input{AMLFetched: result(raw, failed, journey.AMLHistory{Problem: journey.ProblemUnreachable})}
	case journey.EffectErase:
		return journey.Input{Erased: result(raw, failed, journey.EraseAnswer{Problem: failureCode(failed)})}
	case journey.EffectFetchSpotCheck:
		return journey.Input{SpotFetched: result(raw, failed, journey.SpotAnswer{Problem: journey.ProblemUnreachable})}
	case journey.EffectHandOver:
		return journey.Input{HandedOver: result(raw, failed, journey.HandOverAnswer{Problem: "unreachable"})}
	default:
		panic(unknownEffect(e))
	}
}

// result is the activity's own answer, or the one that stands for its failure.
func result[A any](raw converter.RawValue, failed error, otherwise A) *A {
	if failed != nil {
		return &otherwise
	}
	var a A
	mustDecode(raw, &a)
	return &a
}

func stepAnswer(e journey.Effect, raw converter.RawValue, failed error) journey.StepAnswer {
	var a journey.StepAnswer
	if failed != nil {
		a = journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: failureCode(failed)}
	} else if err := decode(raw, &a); err != nil {
		a = journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: "bad_answer"}
	}
	a.Subject = cmp.Or(a.Subject, e.StepIn.Subject)
	return a
}

// failureCode is the failed activity's own error type if it looks like a code; a time-out
// has the last attempt's error as its cause.
func failureCode(err error) string {
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok && journey.IsCode(application.Type()) {
		return application.Type()
	}
	if _, ok := errors.AsType[*temporal.TimeoutError](err); ok {
		return "timed_out"
	}
	return "failed"
}

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
