package main

import (
	"testing"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"idjourney/journey"
)

// idjourney's own types are what goes over the wire in both directions.
func TestCheckCreditSpeaksTheContract(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]journey.StepOutcome{"j-1": journey.StepPassed, "blocked-1": journey.StepFailed} {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		env.RegisterActivityWithOptions(CheckCredit, activity.RegisterOptions{Name: "CheckCredit"})
		raw, err := env.ExecuteActivity("CheckCredit", journey.StepInput{Account: "acme", JourneyID: id, Step: "credit_check"})
		if err != nil {
			t.Fatal(err)
		}
		var got journey.StepAnswer
		if err := raw.Get(&got); err != nil || got.Outcome != want {
			t.Errorf("%s is %+v, %v, want %s", id, got, err, want)
		}
	}
}
