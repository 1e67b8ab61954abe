package world_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"

	"idjourney/dev/demo"
	"idjourney/dev/leak"
	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/notify/notifytest"
	"idjourney/workflows"
)

// seen is a journey as its workflow, visibility and the ledger have it.
type seen struct {
	FirstRun, Phase string // of the chain: a journey may continue as new at any time
	Decisions       []string
	Standing        journey.Standing
}

// look reads every journey that the report tells of.
func look(ctx context.Context, t *testing.T, s *world.World, report demo.Report) map[string]seen {
	t.Helper()
	all := map[string]seen{}
	for _, r := range report.Scenarios {
		account := world.Account
		if r.Name == "government-down" {
			account = world.AccountDown
		}
		id := journey.WorkflowID(account, r.JourneyID)
		d, err := s.Client.DescribeWorkflowExecution(ctx, id, "")
		if err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		info := d.GetWorkflowExecutionInfo()
		one := seen{
			FirstRun: info.GetFirstRunId(),
			Phase:    string(info.GetSearchAttributes().GetIndexedFields()["JourneyPhase"].GetData()),
		}
		if one.FirstRun == "" || one.Phase == "" {
			t.Errorf("%s has no first run or no phase", r.Name)
		}
		decisions, err := s.Ledger.Decisions(ctx, account, r.JourneyID)
		if err != nil {
			t.Fatal(err)
		}
		for _, decision := range decisions {
			one.Decisions = append(one.Decisions, fmt.Sprint(decision.Sequence, " ", decision.Outcome, " ", decision.ID))
		}
		if j, err := s.Ledger.Journey(ctx, account, r.JourneyID); err == nil {
			one.Standing = j.Standing
		}
		all[r.Name] = one
	}
	return all
}

// lasts stops every process and starts it again, and finds everything as it was,
// the same journeys alive, and work going on.
func lasts(ctx context.Context, t *testing.T, top *world.Topology, s *world.World, report demo.Report) {
	t.Helper()
	before := look(ctx, t, s, report)
	webhooks, err := s.Ledger.WebhookCounts(ctx, world.Account)
	if err != nil {
		t.Fatal(err)
	}
	if err := top.Down(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(ctx, ""); err == nil {
		t.Fatal("everything was stopped, and something answers /readyz")
	}
	began := time.Now()
	if err := top.Up(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("started again in %v", time.Since(began))
	if diff := cmp.Diff(before, look(ctx, t, s, report)); diff != "" {
		t.Errorf("after a stop and a start (-before +after):\n%s", diff)
	}
	again, err := s.Ledger.WebhookCounts(ctx, world.Account)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(webhooks, again) {
		t.Errorf("webhooks = %v, were %v", again, webhooks)
	}
	goesOn(ctx, t, s, report)
}

// goesOn lets an old journey take a webhook, and a new one begin.
func goesOn(ctx context.Context, t *testing.T, s *world.World, report demo.Report) {
	t.Helper()
	i := slices.IndexFunc(report.Scenarios, func(r demo.Result) bool { return r.Name == "referred-approved" })
	old := report.Scenarios[i].JourneyID
	if err := s.Vendor.AMLMatch(old); err != nil {
		t.Fatal(err)
	}
	fresh, err := s.Vendor.Begin(idwisetest.StartRequest{Account: s.Keys.APIKey, Script: "approve", Reference: "after-the-restart"})
	if err != nil {
		t.Fatal(err)
	}
	wait, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for id, want := range map[string]string{old: "2 on_hold", fresh: "1 approved"} {
		_, err := s.Customer.Await(wait, func([]notifytest.Message) bool {
			return slices.ContainsFunc(s.Customer.Journey(id), func(m notifytest.Message) bool {
				d := m.Data.Decision
				return d != nil && fmt.Sprint(d.Sequence, " ", d.Outcome) == want
			})
		})
		if err != nil {
			t.Errorf("after the restart, decision %s did not come: %v", want, err)
		}
	}
}

// searchable makes sure that the setup job made every search attribute, and that
// the finished journeys are found by them.
func searchable(ctx context.Context, t *testing.T, s *world.World, report demo.Report) {
	t.Helper()
	list, err := s.Client.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range workflows.SearchAttributes() {
		if got := list.GetCustomAttributes()[name]; got != want {
			t.Errorf("search attribute %s is %s, want %s", name, got, want)
		}
	}
	for query, want := range map[string]string{
		`JourneyPhase = "settled" AND JourneyStanding = "approved" AND JourneyFlow = "onboarding"`: "approved",
		`JourneyAccount = "demo-down" AND JourneyPhase = "awaiting_review"`:                        "government-down",
		`JourneyStanding = "on_hold"`: "aml-change",
	} {
		i := slices.IndexFunc(report.Scenarios, func(r demo.Result) bool { return r.Name == want })
		found, err := s.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.Namespace, Query: query})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, e := range found.GetExecutions() {
			ids = append(ids, e.GetExecution().GetWorkflowId())
		}
		if !strings.Contains(strings.Join(ids, " "), report.Scenarios[i].JourneyID) {
			t.Errorf("%s finds %v, want the journey of %s", query, ids, want)
		}
	}
}

// noLeak searches PostgreSQL's files, which no process writes any more, and the logs.
// The database compresses long values, so this proves nothing for those.
func noLeak(t *testing.T, top *world.Topology, s *world.World) {
	t.Helper()
	var personal []leak.Value
	for _, j := range s.Vendor.Journeys() {
		personal = append(personal,
			leak.Value{Name: "name", Text: j.Applicant.FullName},
			leak.Value{Name: "personal number", Text: j.Applicant.PersonalNumber})
	}
	roots := append(top.Logs(), top.DataDir())
	found, err := leak.Search(personal, roots...)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 0 || len(personal) == 0 {
		t.Errorf("%d of %d personal values are in the files: %v", len(found), len(personal), found)
	}
	known, err := leak.Search([]leak.Value{{Name: "journey", Text: s.Vendor.Journeys()[0].JourneyID}}, top.DataDir())
	if err != nil || len(known) == 0 {
		t.Errorf("the search does not even find a journey's id: %v", err)
	}
}
