// A custom step of your own: an activity on a task queue of its own, which needs
// nothing of idjourney but the shape of its input and its answer.
// docs/extending.md says how it is configured.
package main

import (
	"context"
	"log"
	"strings"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/worker"
)

// StepInput is what idjourney gives to a step; there is more in it.
type StepInput struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
}

// StepAnswer is what a step answers: passed, failed or inconclusive, with a code.
type StepAnswer struct {
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
}

// CheckCredit judges the person behind a journey. Look them up in here: nothing
// personal belongs into input, answer or error.
func CheckCredit(_ context.Context, in StepInput) (StepAnswer, error) {
	if strings.HasPrefix(in.JourneyID, "blocked") {
		return StepAnswer{Outcome: "failed", Reason: "blocked"}, nil
	}
	return StepAnswer{Outcome: "passed"}, nil
}

func main() {
	c, err := client.Dial(envconfig.MustLoadDefaultClientOptions())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, "credit", worker.Options{})
	w.RegisterActivityWithOptions(CheckCredit, activity.RegisterOptions{Name: "CheckCredit"})
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Print(err)
	}
}
