package workflows

import (
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// dispatch starts the first pending effect of every lane that is idle. Lanes run
// side by side, so a customer's endpoint that is down keeps nothing else waiting.
func (i *interpreter) dispatch(ctx workflow.Context) {
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

// start runs one effect as an activity and appends its answer to the inbox. A
// cancelled activity was not done: its effect stays pending for the next run.
func (i *interpreter) start(ctx workflow.Context, p *pending) {
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
		case p.Kind == journey.EffectPublish && notRecorded(err):
			// What the ledger does not hold is known to nobody yet: begin anew.
			p.Until = time.Time{}
			i.again = true
			return
		}
		i.inbox = append(i.inbox, answer(i.state, p.Effect, raw, err))
		i.forget(p)
	})
}

// notDone says that the activity was cancelled, or failed after its cancellation
// was asked for: the server then reports the failed try instead of trying again.
func notDone(err error) bool {
	var failed *temporal.ActivityError
	return temporal.IsCanceledError(err) ||
		errors.As(err, &failed) && failed.RetryState() == enumspb.RETRY_STATE_CANCEL_REQUESTED
}

// notRecorded says that a message was given up before the ledger is known to hold
// it: only these codes are those of an endpoint.
func notRecorded(err error) bool {
	if err == nil {
		return false
	}
	switch failureCode(err) {
	case "endpoint_unavailable", "endpoint_unlisted", "account_unlisted":
		return false
	default:
		return true
	}
}

func (i *interpreter) forget(done *pending) {
	for n, p := range i.pending {
		if p == done {
			i.pending = append(i.pending[:n:n], i.pending[n+1:]...)
			return
		}
	}
}

// answer turns what an activity returned, or how it failed, into what Apply is
// told. An answer of our own that cannot be read panics: the task then waits for
// a worker that can, while a custom step written elsewhere is inconclusive.
func answer(s journey.State, e journey.Effect, raw converter.RawValue, failed error) journey.Input {
	switch e.Kind {
	case journey.EffectFetch:
		a := journey.FetchAnswer{Problem: journey.ProblemUnreachable}
		if failed == nil {
			a = journey.FetchAnswer{}
			mustDecode(raw, &a)
		}
		return journey.Input{Fetched: &a}
	case journey.EffectStep:
		var a journey.StepAnswer
		if failed != nil {
			a = journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: failureCode(failed)}
		} else if err := decode(raw, &a); err != nil {
			a = journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: "bad_answer"}
		}
		if a.Subject == "" && e.StepIn != nil {
			a.Subject = e.StepIn.Subject
		}
		return journey.Input{Stepped: &journey.Stepped{Step: e.StepIn.Step, Answer: a}}
	case journey.EffectComplete:
		a := journey.CompleteAnswer{Problem: "unreachable"}
		if failed == nil {
			a = journey.CompleteAnswer{}
			mustDecode(raw, &a)
		}
		return journey.Input{Completed: &a}
	case journey.EffectPublish:
		a := journey.PublishAnswer{Parked: true}
		if failed == nil {
			a = journey.PublishAnswer{}
			mustDecode(raw, &a)
		}
		return journey.Input{Published: &journey.Published{
			MessageID: e.Publish.Message.ID, Endpoint: e.Publish.Endpoint, Lane: e.Lane, Answer: a,
		}}
	case journey.EffectAML:
		a := journey.AMLHistory{Problem: journey.ProblemUnreachable}
		if failed == nil {
			a = journey.AMLHistory{}
			mustDecode(raw, &a)
		}
		return journey.Input{AMLFetched: &a}
	case journey.EffectErase:
		a := journey.EraseAnswer{Problem: failureCode(failed)}
		if failed == nil {
			a = journey.EraseAnswer{}
			mustDecode(raw, &a)
		}
		return journey.Input{Erased: &a}
	default:
		panic(fmt.Sprintf("effect %d of journey %s has the kind %q, which this worker does not know", e.ID, s.JourneyID, e.Kind))
	}
}

// failureCode is the failing activity's own error type if it looks like a code;
// a time-out carries the last attempt's error as its cause.
func failureCode(err error) string {
	var application *temporal.ApplicationError
	if errors.As(err, &application) && journey.IsCode(application.Type()) {
		return application.Type()
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return "timed_out"
	}
	return "failed"
}
