package alerts

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const deploy = "../../deploy"

// onset is when, in a recording's history, the fault begins: package record
// records that many healthy scrapes before it.
const onset = 8 * Step

// fires says, for each recording, which alerts its fault sets off, and so that no
// other alert does. `make scrapes` records anew.
var fires = map[string][]string{
	"healthy":                nil,
	"starter-stopped":        {"IdjourneyStarterDown"},
	"worker-stopped":         {"IdjourneyWorkerDown"},
	"temporal-stopped":       {"IdjourneyTemporalUnreachable", "IdjourneyWebhooksWaiting"},
	"queue-unserved":         {"IdjourneyTasksWaiting"},
	"workflow-tasks-failing": {"IdjourneyWorkflowTasksFailing"},
	"signal-unreadable":      {"IdjourneySignalsUnreadable"},
	"ledger-locked":          {"IdjourneyAcknowledgementSlow", "IdjourneyWebhooksNotRecorded"},
	"ledger-lost":            {"IdjourneyLedgerUnreadable", "IdjourneyWebhooksNotRecorded"},
	"webhooks-refused":       {"IdjourneyWebhooksRefused"},
	"webhooks-quarantined":   {"IdjourneyWebhooksQuarantined"},
	"vendor-failing":         {"IdjourneyVendorFailing"},
	"vendor-denied":          {"IdjourneyAttention", "IdjourneyVendorDenied"}, // custom steps cannot be completed
	"government-failing":     {"IdjourneyGovernmentFailing"},
	"customer-failing":       {"IdjourneyDeliveriesFailing"},
	"customer-refusing":      {"IdjourneyDeliveryParked"},
	"review-overdue":         {"IdjourneyReviewOverdue"},
	"review-escalated":       {"IdjourneyReviewEscalated"},
	"aml-alert-escalated":    {"IdjourneyAMLAlertEscalated"},
	"erasure-denied":         {"IdjourneyErasureFailing", "IdjourneyVendorDenied"},
	"flow-unlisted":          {"IdjourneyAttention"},
}

// Each alert fires by the fault it is for, and by nothing that comes before it or
// is another's business.
func TestAlerts(t *testing.T) {
	t.Parallel()
	alerts, _, err := Rules(RuleFile(deploy))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, names := range fires {
		for _, name := range names {
			shown[name] = true
		}
	}
	var all []string
	for _, a := range alerts {
		all = append(all, a.Name)
	}
	slices.Sort(all)
	if diff := cmp.Diff(all, sorted(shown)); diff != "" {
		t.Errorf("every alert has to be shown to fire by some recording (-alerts +shown):\n%s", diff)
	}
	for recording, want := range fires {
		t.Run(recording, func(t *testing.T) {
			t.Parallel()
			firing, err := history(t, recording).Firing(t.Context(), RuleFile(deploy))
			if err != nil {
				t.Fatal(err)
			}
			got := slices.Sorted(maps.Keys(firing))
			if !slices.Equal(got, want) {
				t.Errorf("firing: got %v, want %v", got, want)
			}
			for name, since := range firing {
				if since < onset {
					t.Errorf("%s fires %v after the beginning, the fault begins after %v", name, since, onset)
				}
			}
		})
	}
}

// The healthy recording is silent because nothing is wrong, not because nothing
// happens in it.
func TestHealthyIsBusy(t *testing.T) {
	t.Parallel()
	h := history(t, "healthy")
	for _, busy := range []string{
		`sum(increase(idjourney_webhooks_total{outcome="recorded"}[15m])) > 50`,
		`sum(increase(idjourney_decisions_total{outcome="approved"}[15m])) > 5`,
		`sum(increase(idjourney_decisions_total{outcome="rejected"}[15m])) > 2`,
		`sum(increase(idjourney_deliveries_total{outcome="delivered"}[15m])) > 10`,
		`sum(increase(idjourney_vendor_requests_total{outcome="ok"}[15m])) > 50`,
		`sum(increase(idjourney_vendor_requests_total{outcome="missing"}[15m])) > 0`,
		`sum(increase(idjourney_government_requests_total{outcome="ok"}[15m])) > 10`,
		`max(idjourney_reviews_open{kind="vendor"}) > 0`,
		`sum(increase(idjourney_messages_total{type="journey.decided"}[15m])) > 5`,
		`sum(idjourney_erasures_total{outcome="done"}) > 0`,
		`sum(increase(temporal_long_request_total[5m])) > 20`,
	} {
		answers, err := h.Answers(t.Context(), busy)
		if err != nil {
			t.Fatal(err)
		}
		if len(answers) == 0 {
			t.Errorf("the healthy recording never shows %s", busy)
		}
	}
}

func history(t *testing.T, recording string) *History {
	t.Helper()
	h, err := read(t, recording).Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func read(t *testing.T, recording string) *Recording {
	t.Helper()
	r, err := ReadRecording(filepath.Join("testdata", recording+".scrapes"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every recording in testdata is one that the table above knows.
func TestNoStrayRecording(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.scrapes")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, known := fires[strings.TrimSuffix(filepath.Base(file), ".scrapes")]; !known {
			t.Errorf("nobody evaluates %s", file)
		}
	}
}

// Every expression of rules and dashboard answers something in some recording:
// its metrics exist, and so do the labels and values that it asks for.
func TestExpressions(t *testing.T) {
	t.Parallel()
	silent := map[string]string{}
	for _, e := range deployed(t) {
		silent[e.Where] = e.Query
	}
	for _, recording := range slices.Sorted(maps.Keys(fires)) {
		h := history(t, recording)
		for where, query := range silent {
			answers, err := h.Answers(t.Context(), query)
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			if len(answers) > 0 {
				delete(silent, where)
			}
		}
	}
	for where, query := range silent {
		t.Errorf("%s answers nothing in any recording:\n%s", where, query)
	}
}

func deployed(t *testing.T) []Expression {
	t.Helper()
	all, err := Deployed(deploy)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d expressions were found", len(all))
	}
	return all
}

// A metric that nobody measures is found, wherever in an expression it is.
func TestMissing(t *testing.T) {
	t.Parallel()
	names := read(t, "healthy").Metrics()
	for _, query := range []string{
		`idjourney_no_such_thing`,
		`sum(rate(idjourney_no_such_thing[5m])) / sum(rate(idjourney_webhooks_total[5m])) > 0.1`,
		`sum(up) or idjourney_no_such_thing offset 5m`,
		`max_over_time({__name__="idjourney_no_such_thing"}[5m:1m])`,
	} {
		got, err := Missing([]Expression{{Where: "test", Query: query}}, names)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"idjourney_no_such_thing"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	if _, err := Missing([]Expression{{Where: "test", Query: "sum("}}, names); err == nil {
		t.Error("what is no PromQL is no error")
	}
}

// Every alert says how urgent it is and links its section of the runbook, which
// says what it means, where to look and what to do; no section is about nothing.
func TestRunbook(t *testing.T) {
	t.Parallel()
	alerts, _, err := Rules(RuleFile(deploy))
	if err != nil {
		t.Fatal(err)
	}
	sections := runbook(t)
	for _, a := range alerts {
		if s := a.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s: severity %q, want page or ticket", a.Name, s)
		}
		if a.Annotations["summary"] == "" {
			t.Errorf("%s has no summary", a.Name)
		}
		if got, want := a.Annotations["runbook_url"], "docs/runbook.md#"+strings.ToLower(a.Name); got != want {
			t.Errorf("%s: runbook_url %q, want %q", a.Name, got, want)
		}
		section, ok := sections[a.Name]
		if !ok {
			t.Errorf("the runbook has no section %s", a.Name)
		}
		delete(sections, a.Name)
		for _, part := range []string{"**It means**", "**Look**", "**Do**"} {
			if ok && !strings.Contains(section, "\n"+part) {
				t.Errorf("the runbook's section %s lacks %s", a.Name, part)
			}
		}
	}
	for name := range sections {
		if strings.HasPrefix(name, "Idjourney") {
			t.Errorf("the runbook's section %s is about no alert", name)
		}
	}
}

// runbook is the text of each section by its heading.
func runbook(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, part := range strings.Split("\n"+string(text), "\n## ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		sections[heading] = body
	}
	return sections
}
