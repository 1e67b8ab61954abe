// employer-worker runs the look-up as an activity, on a task queue of its own. The variables
// TEMPORAL_* say where Temporal is.
package main

import (
	"context"
	"log"
	"os"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/worker"

	"idjourney/examples/employer"
)

func main() {
	c, err := client.Dial(envconfig.MustLoadDefaultClientOptions())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	register := employer.Register(os.Getenv("EMPLOYER_REGISTER"))
	w := worker.New(c, "employer", worker.Options{})
	w.RegisterActivityWithOptions(func(_ context.Context, q employer.Question) (employer.Answer, error) {
		return register.LookUp(q)
	}, activity.RegisterOptions{Name: "LookUpEmployer"})
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Print(err)
	}
}
