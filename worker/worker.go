// Package worker registers the workflows and the activities with Temporal, under explicit
// names and with their limits.
package worker

import (
	"sync"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/activities"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/workflows"
)

// Worker serves the task queues of the journeys and of the deliveries, whose slots a hanging
// endpoint may occupy.
type Worker struct{ journeys, deliveries sdk.Worker }

// New returns a worker for the configured task queue, not started yet. A panic in workflow
// code does not fail the journey: its task waits for a worker that can process it.
func New(c client.Client, cfg *config.Config, a *activities.Activities) *Worker {
	poll := sdk.NewPollerBehaviorAutoscaling(sdk.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: cfg.Worker.Pollers.Initial,
		MinimumNumberOfPollers: cfg.Worker.Pollers.Minimum,
		MaximumNumberOfPollers: cfg.Worker.Pollers.Maximum,
	})
	options := sdk.Options{
		WorkerStopTimeout:                      cfg.Worker.StopTimeout,
		WorkflowPanicPolicy:                    sdk.BlockWorkflow,
		DisableRegistrationAliasing:            true,
		MaxConcurrentActivityExecutionSize:     cfg.Worker.MaxConcurrentActivities,
		MaxConcurrentWorkflowTaskExecutionSize: cfg.Worker.MaxConcurrentWorkflowTasks,
		WorkflowTaskPollerBehavior:             poll,
		ActivityTaskPollerBehavior:             poll,
	}
	w := &Worker{journeys: sdk.New(c, cfg.TaskQueue, options)}
	RegisterWorkflows(w.journeys, cfg)
	for name, f := range map[string]any{
		config.ActivityFetch:                 a.Fetch,
		config.ActivityCompareGovernmentFace: a.CompareGovernmentFace,
		config.ActivityCallStep:              a.CallStep,
		config.ActivityCompleteCustomStep:    a.CompleteCustomStep,
		config.ActivityPublish:               a.Publish, // messages that are only recorded
		config.ActivityFetchAMLHistory:       a.FetchAMLHistory,
		config.ActivityErase:                 a.Erase,
		config.ActivityFetchSpotCheck:        a.FetchSpotCheck,
		config.ActivityHandOver:              a.HandOver,
	} {
		w.journeys.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}

	options.MaxConcurrentActivityExecutionSize = cfg.Worker.MaxConcurrentDeliveries
	options.DisableWorkflowWorker = true
	w.deliveries = sdk.New(c, deliveries(cfg), options)
	w.deliveries.RegisterActivityWithOptions(a.Publish, activity.RegisterOptions{Name: config.ActivityPublish})
	return w
}

func deliveries(cfg *config.Config) string { return cfg.TaskQueue + "-deliveries" }

// Start starts polling both queues.
func (w *Worker) Start() error {
	if err := w.deliveries.Start(); err != nil {
		return err
	}
	if err := w.journeys.Start(); err != nil {
		w.deliveries.Stop()
		return err
	}
	return nil
}

// Stop stops both in parallel, each within the stop time-out.
func (w *Worker) Stop() {
	var both sync.WaitGroup
	both.Go(w.deliveries.Stop)
	both.Go(w.journeys.Stop)
	both.Wait()
}

// RegisterWorkflows registers only the workflows, as a replayer needs them.
func RegisterWorkflows(r sdk.WorkflowRegistry, cfg *config.Config) {
	w := workflows.New(workflows.Options{
		Deliveries: deliveries(cfg),
		Limits:     cfg.ActivityOptions,
		StepLimits: func(account, step string) config.ActivityOptions {
			if o, ok := cfg.StepOptions(account, step); ok {
				return o
			}
			// A step that has left the configuration still has to end.
			return cfg.ActivityOptions(config.ActivityFetch)
		},
	})
	r.RegisterWorkflowWithOptions(w.Journey, workflow.RegisterOptions{Name: journey.WorkflowName})
	r.RegisterWorkflowWithOptions(w.SpotCheck, workflow.RegisterOptions{Name: journey.SpotCheckWorkflowName})
}
