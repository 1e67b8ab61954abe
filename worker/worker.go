// Package worker joins the workflows and the activities to Temporal: it says under
// which names they are registered, and with which limits they run.
package worker

import (
	"math"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/activities"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/workflows"
)

// New returns a worker for the configured task queue, not started yet. A journey
// whose code panics is not failed by it: its task waits for a worker that can.
func New(c client.Client, cfg *config.Config, a *activities.Activities) sdk.Worker {
	poll := sdk.NewPollerBehaviorAutoscaling(sdk.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: cfg.Worker.Pollers.Initial,
		MinimumNumberOfPollers: cfg.Worker.Pollers.Minimum,
		MaximumNumberOfPollers: cfg.Worker.Pollers.Maximum,
	})
	w := sdk.New(c, cfg.TaskQueue, sdk.Options{
		WorkerStopTimeout:                      cfg.Worker.StopTimeout,
		WorkflowPanicPolicy:                    sdk.BlockWorkflow,
		DisableRegistrationAliasing:            true,
		MaxConcurrentActivityExecutionSize:     cfg.Worker.MaxConcurrentActivities,
		MaxConcurrentWorkflowTaskExecutionSize: cfg.Worker.MaxConcurrentWorkflowTasks,
		WorkflowTaskPollerBehavior:             poll,
		ActivityTaskPollerBehavior:             poll,
	})
	RegisterWorkflows(w, cfg)
	as := func(name string, f any) { w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	as(config.ActivityFetch, a.Fetch)
	as(config.ActivityCompareGovernmentFace, a.CompareGovernmentFace)
	as(config.ActivityCallStep, a.CallStep)
	as(config.ActivityCompleteCustomStep, a.CompleteCustomStep)
	as(config.ActivityPublish, a.Publish)
	as(config.ActivityFetchAMLHistory, a.FetchAMLHistory)
	as(config.ActivityErase, a.Erase)
	as(config.ActivityFetchSpotCheck, a.FetchSpotCheck)
	as(config.ActivityHandOver, a.HandOver)
	return w
}

// RegisterWorkflows registers the workflows alone, as a replayer needs them.
func RegisterWorkflows(r sdk.WorkflowRegistry, cfg *config.Config) {
	w := workflows.New(workflows.Options{
		Limits: func(name string) workflows.Limits { return limits(cfg.ActivityOptions(name)) },
		StepLimits: func(account, step string) workflows.Limits {
			if o, ok := cfg.StepOptions(account, step); ok {
				return limits(o)
			}
			// A step that the configuration no longer lists still has to end.
			return limits(cfg.ActivityOptions(config.ActivityFetch))
		},
	})
	r.RegisterWorkflowWithOptions(w.Journey, workflow.RegisterOptions{Name: journey.WorkflowName})
	r.RegisterWorkflowWithOptions(w.SpotCheck, workflow.RegisterOptions{Name: journey.SpotCheckWorkflowName})
}

func limits(o config.ActivityOptions) workflows.Limits {
	return workflows.Limits{
		StartToClose: o.StartToClose, ScheduleToClose: o.ScheduleToClose, Heartbeat: o.Heartbeat,
		Retry: workflows.Retry{
			Initial: o.Retry.Initial, Coefficient: o.Retry.Coefficient, MaximumInterval: o.Retry.MaximumInterval,
			MaximumAttempts: int32(min(max(o.Retry.Attempts, 0), math.MaxInt32)), NonRetryable: o.Retry.NonRetryable,
		},
	}
}
