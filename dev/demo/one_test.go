package demo

import (
	"context"
	"os"
	"testing"
	"time"

	"idjourney/dev/history"
	"idjourney/dev/stack"
	"idjourney/journey"
)

func TestOne(t *testing.T) {
	s := start(t, stack.Options{})
	for _, sc := range scenarios() {
		if sc.name != os.Getenv("ONE") {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		b := newBoard(os.Stdout, false, time.Now, sc.name)
		r := &run{scenario: sc, stack: s, line: b.line(sc.name)}
		res := r.conduct(ctx)
		t.Logf("%+v", res)
		c, _ := history.Walk(context.Background(), s.Client, r.workflowID())
		for _, run := range c.Runs {
			t.Logf("run %d events %d bytes %v", run.Events, run.Bytes, run.ByKind)
			ev, _ := history.Events(context.Background(), s.Client, r.workflowID(), run.ID)
			for _, e := range ev {
				x := e.String()
				if len(x) > 1500 {
					x = x[:1500]
				}
				t.Logf("%s", x)
			}
		}
		var st journey.State
		if a, err := s.Client.QueryWorkflow(context.Background(), r.workflowID(), "", journey.QueryState); err == nil {
			_ = a.Get(&st)
			t.Logf("%s", st.Describe())
		}
	}
}
