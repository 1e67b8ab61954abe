package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// What only the workflow sees is counted here, by the handler of Temporal's SDK: it
// stays silent during replay, so that nothing is counted twice but what a worker
// counted in a task that it did not finish.
const (
	metricAttention   = "idjourney_attention"
	metricAMLChanges  = "idjourney_aml_changes"
	metricCustomSteps = "idjourney_custom_steps"
)

// measure counts what one input led to.
func (i *interpreter) measure(ctx workflow.Context, in journey.Input, before []journey.AttentionItem, effects []journey.Effect) {
	for _, a := range i.state.Attention {
		if !slices.Contains(before, a) {
			i.count(ctx, metricAttention, "code", string(a.Code))
		}
	}
	var told []string // an effect for each endpoint
	for _, e := range effects {
		if e.Publish == nil || e.Publish.Message.AML == nil || slices.Contains(told, e.Publish.Message.ID) {
			continue
		}
		told = append(told, e.Publish.Message.ID)
		i.count(ctx, metricAMLChanges)
	}
	if in.Stepped != nil {
		i.count(ctx, metricCustomSteps, "step", in.Stepped.Step, "outcome", stepOutcome(in.Stepped.Answer))
	}
}

// stepOutcome is one of three words, whatever a step that is written elsewhere says.
func stepOutcome(a journey.StepAnswer) string {
	switch a.Outcome {
	case journey.StepPassed, journey.StepFailed:
		return string(a.Outcome)
	default:
		return string(journey.StepInconclusive)
	}
}

// count adds one under labels that are given in pairs.
func (i *interpreter) count(ctx workflow.Context, name string, labels ...string) {
	tags := map[string]string{"account": i.state.Account}
	for n := 0; n+1 < len(labels); n += 2 {
		tags[labels[n]] = labels[n+1]
	}
	workflow.GetMetricsHandler(ctx).WithTags(tags).Counter(name).Inc(1)
}
