package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// What only the workflow sees is counted here, by the metrics handler of Temporal's SDK.
// The handler is silent during replay, so nothing is counted twice except what a worker
// counted in a task that it did not complete.
const (
	metricAttention   = "idjourney_attention"
	metricAMLChanges  = "idjourney_aml_changes"
	metricCustomSteps = "idjourney_custom_steps"
)

// measure counts the effects of one input.
func (i *interpreter[S]) measure(ctx workflow.Context, in journey.Input, before []journey.AttentionItem, effects []journey.Effect) {
	for _, a := range i.state.Needs() {
		if !slices.Contains(before, a) {
			i.count(ctx, 1, metricAttention, "code", string(a.Code))
		}
	}
	var counted []string // there is an effect for each endpoint
	for _, e := range effects {
		if e.Publish != nil && e.Publish.Message.AML != nil && !slices.Contains(counted, e.Publish.Message.ID) {
			counted = append(counted, e.Publish.Message.ID)
			i.count(ctx, 1, metricAMLChanges)
		}
	}
	if in.Stepped != nil {
		i.count(ctx, 1, metricCustomSteps, "step", in.Stepped.Step, "outcome", string(stepOutcome(in.Stepped.Answer.Outcome)))
	}
}

// stepOutcome is one of three values, whatever a custom step answers.
func stepOutcome(o journey.StepOutcome) journey.StepOutcome {
	if o == journey.StepPassed || o == journey.StepFailed {
		return o
	}
	return journey.StepInconclusive
}

// expect initialises the counters that alerts use, so that they show 0: Prometheus sees no
// increase in a series that begins at 1.
func (i *interpreter[S]) expect(ctx workflow.Context) {
	for _, code := range journey.AttentionCodes() {
		i.count(ctx, 0, metricAttention, "code", string(code))
	}
	i.count(ctx, 0, metricAMLChanges)
}

// count adds n under labels given in pairs.
func (i *interpreter[S]) count(ctx workflow.Context, n int64, name string, labels ...string) {
	tags := map[string]string{"account": i.state.Start().Account}
	for l := 0; l+1 < len(labels); l += 2 {
		tags[labels[l]] = labels[l+1]
	}
	workflow.GetMetricsHandler(ctx).WithTags(tags).Counter(name).Inc(n)
}
