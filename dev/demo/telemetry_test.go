package demo

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"idjourney/dev/world"
	"idjourney/journey"
)

// spans are those of a whole run, and what can be found out about them.
type spans struct {
	all  tracetest.SpanStubs
	byID map[trace.SpanID]tracetest.SpanStub
}

func newSpans(all tracetest.SpanStubs) spans {
	s := spans{all: all, byID: map[trace.SpanID]tracetest.SpanStub{}}
	for _, span := range all {
		s.byID[span.SpanContext.SpanID()] = span
	}
	return s
}

// tag is an attribute of a span, as text.
func tag(span tracetest.SpanStub, key string) string {
	for _, a := range span.Attributes {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}

const (
	workflowTag = "temporalWorkflowID"
	runTag      = "temporalRunID"
)

// webhooksOf are the spans of the webhooks that reached a workflow: the parents'
// parents of its signals, each in one trace with them.
func (s spans) webhooksOf(t *testing.T, workflowID string) map[trace.SpanID]tracetest.SpanStub {
	t.Helper()
	found := map[trace.SpanID]tracetest.SpanStub{}
	for _, signal := range s.all {
		if signal.Name != "SignalWithStartWorkflow:"+journey.WorkflowName || tag(signal, workflowTag) != workflowID {
			continue
		}
		forward := s.byID[signal.Parent.SpanID()]
		if forward.Name == "forward" && !forward.Parent.IsValid() {
			continue // an event of our own came by no webhook: a spot check that failed
		}
		webhook := s.byID[forward.Parent.SpanID()]
		if forward.Name != "forward" || webhook.Name != "webhook" || webhook.SpanContext.TraceID() != signal.SpanContext.TraceID() {
			t.Errorf("%s: a signal hangs below %q and %q, want the forwarding of a webhook, in one trace", workflowID, forward.Name, webhook.Name)
			continue
		}
		found[webhook.SpanContext.SpanID()] = webhook
	}
	return found
}

// activitiesOf are the spans of a workflow's activities, of all its runs.
func (s spans) activitiesOf(workflowID string) tracetest.SpanStubs {
	var found tracetest.SpanStubs
	for _, span := range s.all {
		if strings.HasPrefix(span.Name, "RunActivity:") && tag(span, workflowTag) == workflowID {
			found = append(found, span)
		}
	}
	return found
}

// tracesAreWhole checks every journey of a run: each activity is linked to webhooks
// of this journey and of no other, and nothing that went well is an error.
func tracesAreWhole(t *testing.T, s spans, report Report) {
	t.Helper()
	for _, sc := range report.Scenarios {
		account := world.Account
		if sc.Name == "government-down" {
			account = world.AccountDown
		}
		if sc.JourneyID == "" {
			continue // not played
		}
		id := journey.WorkflowID(account, sc.JourneyID)
		webhooks, activities := s.webhooksOf(t, id), s.activitiesOf(id)
		if len(webhooks) == 0 || len(activities) == 0 {
			t.Errorf("%s: %d webhooks and %d activities have spans", sc.Name, len(webhooks), len(activities))
		}
		for _, a := range activities {
			if len(a.Links) == 0 {
				t.Errorf("%s: %s is linked to no webhook", sc.Name, a.Name)
			}
			for _, l := range a.Links {
				if _, ok := webhooks[l.SpanContext.SpanID()]; !ok {
					t.Errorf("%s: %s is linked to something else than a webhook of its journey", sc.Name, a.Name)
				}
			}
		}
	}
	down := journey.WorkflowID(world.AccountDown, "")
	for _, span := range s.all {
		if strings.HasPrefix(span.Name, "ValidateUpdate:") {
			continue // that an act is refused is its answer
		}
		if span.Status.Code == codes.Error && !strings.HasPrefix(tag(span, workflowTag), down) {
			t.Errorf("span %s of %s is an error: %s", span.Name, tag(span, workflowTag), span.Status.Description)
		}
		if strings.HasPrefix(span.Name, "RunWorkflow:") {
			t.Errorf("%s has a span of its own, which each replay would write anew", span.Name)
		}
	}
}

// repeated says that the webhook is not the first of its event.
func repeated(webhooks map[trace.SpanID]tracetest.SpanStub, w tracetest.SpanStub) bool {
	for _, other := range webhooks {
		if tag(other, "idjourney.event") == tag(w, "idjourney.event") && other.StartTime.Before(w.StartTime) {
			return true
		}
	}
	return false
}

// followed follows the journey that was approved, continued as new, and was put on
// hold by what monitoring found later: from each webhook to the delivered decision.
func followed(t *testing.T, s spans, report Report) {
	t.Helper()
	for _, sc := range report.Scenarios {
		if sc.Name != "aml-change" {
			continue
		}
		id := journey.WorkflowID(world.Account, sc.JourneyID)
		webhooks := s.webhooksOf(t, id)
		runs := map[string]bool{}
		got := map[string][]string{}
		for _, a := range s.activitiesOf(id) {
			if tag(a, "idjourney.message") != string(journey.MessageDecided) {
				continue
			}
			if delivery := tag(a, "idjourney.delivery"); delivery != "delivered" {
				t.Errorf("the span of a decision says %q, want delivered", delivery)
			}
			runs[tag(a, runTag)] = true
			for _, l := range a.Links {
				outcome, webhook := tag(a, "idjourney.outcome"), webhooks[l.SpanContext.SpanID()]
				event := tag(webhook, "idjourney.event")
				if event == string(journey.FinishedJourney) && repeated(webhooks, webhook) {
					event = "repeated " + event // IDWise sends it again after a review
				}
				got[outcome] = append(got[outcome], event)
			}
		}
		reviewed, monitored := strings.Join(got["approved"], ","), strings.Join(got["on_hold"], ",")
		if !strings.Contains(reviewed, string(journey.UpdatedJourney)) && !strings.Contains(reviewed, "repeated ") {
			t.Errorf("the approval is linked to %q, want the reviewer's webhook", reviewed)
		}
		if !strings.Contains(monitored, string(journey.AMLMonitorUpdate)) && !strings.Contains(monitored, string(journey.UpdatedJourney)) {
			t.Errorf("the hold is linked to %q, want the monitoring's webhook", monitored)
		}
		if len(runs) != 2 {
			t.Errorf("the decisions were made in %d runs, want 2: the story is to go across continue-as-new", len(runs))
		}
		return
	}
	t.Error("aml-change was not played")
}

// metricsNameNoJourney reads the metrics of a run as Prometheus does, and finds the
// figures that alerts are built on, and no journey's id.
func metricsNameNoJourney(t *testing.T, s *world.World) {
	t.Helper()
	page := metricsPage(t, s)
	known := s.Vendor.Journeys()
	if len(known) == 0 {
		t.Fatal("there is no journey to search for")
	}
	for _, j := range known {
		for what, id := range map[string]string{
			"journey": j.JourneyID, "reference": j.Reference, "decision": journey.DecisionID(world.Account, j.JourneyID, 1),
			"personal number": j.Applicant.PersonalNumber, "name": j.Applicant.FullName,
		} {
			if id != "" && strings.Contains(page, id) {
				t.Errorf("the metrics name a %s: %s", what, id)
			}
		}
		for _, w := range j.Webhooks {
			if strings.Contains(page, w.EventID) {
				t.Errorf("the metrics name the event %s", w.EventID)
			}
		}
	}
	for _, want := range []string{
		`idjourney_webhooks_total\{account="demo",outcome="recorded",type="Finished Journey"\} [1-9]`,
		`idjourney_webhook_ack_seconds_count\{account="demo"\} [1-9]`,
		`idjourney_webhook_forward_lag_seconds_count\{account="demo"\} [1-9]`,
		`idjourney_webhooks_pending 0`,
		`idjourney_ledger_up 1`,
		`idjourney_journeys_open\{account="demo",phase="awaiting_review"\} 4`,
		`idjourney_journeys_open\{account="demo",phase="custom_steps"\} 0`,
		`idjourney_reviews_open\{account="demo-down",kind="local"\} 1`,
		`idjourney_reviews_overdue\{account="demo-down",kind="local"\} 0`,
		`idjourney_review_age_seconds\{account="demo-down",kind="local"\} [0-9.]*[1-9]`,
		`idjourney_decisions_total\{account="demo",outcome="on_hold",source="policy"\} 3`,
		`idjourney_decisions_total\{account="demo",outcome="rejected",source="vendor_review"\} 2`,
		`idjourney_decision_seconds_count\{account="demo",first="true",outcome="rejected"\} 2`,
		`idjourney_decision_seconds_count\{account="demo",first="false",outcome="on_hold"\} 3`,
		`idjourney_decision_reaction_seconds_count\{account="demo",outcome="on_hold"\} 3`,
		`idjourney_deliveries_total\{account="demo",endpoint="[^"]*",outcome="delivered"\} [1-9]`,
		`idjourney_deliveries_total\{account="demo",endpoint="[^"]*",outcome="parked"\} 0`,
		`idjourney_deliveries_waiting\{account="demo",endpoint="[^"]*",state="parked"\} 0`,
		`idjourney_vendor_requests_total\{account="demo",operation="journey_result",outcome="ok"\} [1-9]`,
		`idjourney_vendor_requests_total\{account="demo",operation="journey_result",outcome="missing"\} [1-9]`,
		`idjourney_vendor_request_seconds_count\{account="demo",operation="complete_custom_step"\} [1-9]`,
		`idjourney_government_requests_total\{account="demo-down",outcome="failed"\} [1-9]`,
		`idjourney_custom_steps_total\{account="demo",[^}]*outcome="failed",[^}]*step="[^"]*"[^}]*\} 1`,
		`idjourney_custom_steps_total\{account="demo-down",[^}]*outcome="inconclusive",[^}]*\} 1`,
		`idjourney_attention_total\{account="demo",[^}]*code="vendor_denied",[^}]*\} 0`,
		`idjourney_aml_changes_total\{account="demo"[^}]*\} 4`,
		`temporal_workflow_continue_as_new_total\{[^}]*\} [1-9]`,
	} {
		if !regexp.MustCompile(`(?m)^` + want).MatchString(page) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	documented(t, page)
	if t.Failed() {
		for line := range strings.SplitSeq(page, "\n") {
			if strings.HasPrefix(line, "idjourney_") && !strings.Contains(line, "_bucket{") {
				t.Log(line)
			}
		}
	}
}

// documented compares the names in docs/telemetry.md with those of a run.
func documented(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "telemetry.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, family := range regexp.MustCompile(`(?m)^# TYPE (idjourney_[a-z_]+) `).FindAllStringSubmatch(page, -1) {
		shown[family[1]] = true
	}
	told := map[string]bool{}
	for _, name := range regexp.MustCompile("`(idjourney_[a-z_]+)`").FindAllStringSubmatch(string(text), -1) {
		told[name[1]] = true
		if !shown[name[1]] {
			t.Errorf("docs/telemetry.md tells of %s, which no process shows", name[1])
		}
	}
	for name := range shown {
		if !told[name] {
			t.Errorf("docs/telemetry.md does not tell of %s", name)
		}
	}
}

func metricsPage(t *testing.T, s *world.World) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.AdminURL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("/metrics answers %s, %v", resp.Status, err)
	}
	return string(text)
}
