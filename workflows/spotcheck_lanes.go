package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// spotPending is an effect that has not been answered yet; see pending.
type spotPending struct {
	journey.SpotEffect
	Until   time.Time `json:"until,omitzero"`
	running bool
}

// dispatch starts the first pending effect of every lane that is idle.
func (i *spotInterpreter) dispatch(ctx workflow.Context) {
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
func (i *spotInterpreter) start(ctx workflow.Context, p *spotPending) {
	call := i.call(p.SpotEffect)
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
		if notDone(err) {
			return
		}
		i.inbox = append(i.inbox, spotAnswer(p.SpotEffect, raw, err))
		i.pending = slices.DeleteFunc(slices.Clone(i.pending), func(other *spotPending) bool { return other == p })
	})
}

// call is the one table from a spot check's effects to activities.
func (i *spotInterpreter) call(e journey.SpotEffect) call {
	c := call{name: string(e.Kind), limits: i.options.Limits(string(e.Kind))}
	switch e.Kind {
	case journey.EffectFetchSpotCheck:
		c.input, c.summary = e.Fetch, "ask IDWise for the spot check, and the ledger whose it is"
		if e.Fetch.Link != "" {
			c.summary = "ask the ledger about the journey that a person named"
		}
	case journey.EffectPublish:
		c.input, c.summary = e.Publish, publishSummary(*e.Publish)
	case journey.EffectHandOver:
		c.input, c.summary = e.HandOver, "hand over to journey "+e.HandOver.Event.JourneyID
	default:
		panic(fmt.Sprintf("effect %d has the kind %q, which this worker does not know", e.ID, e.Kind))
	}
	return c
}

// spotAnswer turns what an activity returned, or that it failed, into what SpotApply is
// told. An answer that cannot be read panics: the task waits for a worker that can.
func spotAnswer(e journey.SpotEffect, raw converter.RawValue, failed error) journey.SpotInput {
	switch e.Kind {
	case journey.EffectFetchSpotCheck:
		a := journey.SpotAnswer{Problem: journey.ProblemUnreachable}
		if failed == nil {
			a = journey.SpotAnswer{}
			mustDecode(raw, &a)
		}
		return journey.SpotInput{Fetched: &a}
	case journey.EffectPublish:
		a := journey.PublishAnswer{Parked: true}
		if failed == nil {
			a = journey.PublishAnswer{}
			mustDecode(raw, &a)
		}
		return journey.SpotInput{Published: &journey.Published{
			MessageID: e.Publish.Message.ID, Endpoint: e.Publish.Endpoint, Answer: a,
		}}
	case journey.EffectHandOver:
		a := journey.HandOverAnswer{Problem: "unreachable"}
		if failed == nil {
			a = journey.HandOverAnswer{}
			mustDecode(raw, &a)
		}
		return journey.SpotInput{HandedOver: &a}
	default:
		panic(fmt.Sprintf("effect %d has the kind %q, which this worker does not know", e.ID, e.Kind))
	}
}

// countAttention counts what newly needs a person.
func (i *spotInterpreter) countAttention(ctx workflow.Context, before []journey.AttentionItem) {
	for _, a := range i.state.Attention {
		if slices.Contains(before, a) {
			continue
		}
		tags := map[string]string{"account": i.state.Account, "code": string(a.Code)}
		workflow.GetMetricsHandler(ctx).WithTags(tags).Counter(metricAttention).Inc(1)
	}
}
