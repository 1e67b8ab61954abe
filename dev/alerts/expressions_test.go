package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

const deploy = "../../deploy"

var (
	ruleFile      = filepath.Join(deploy, "prometheus", "alerts.yml")
	dashboardFile = filepath.Join(deploy, "grafana", "dashboards", "idjourney.json")
)

// expression is one PromQL expression of the rules or the dashboard.
type expression struct {
	where string // the alert, or the panel and its target
	query string
}

// readRules reads the alerts' names, labels and annotations.
func readRules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, problems := rulefmt.ParseFile(ruleFile, false, model.UTF8Validation)
	if len(problems) > 0 {
		t.Fatal(errors.Join(problems...))
	}
	var all []rulefmt.Rule
	for _, g := range groups.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

type panel struct {
	Title   string
	Targets []struct{ RefID, Expr string }
	Panels  []panel // of a collapsed row
}

func (p panel) expressions() []expression {
	var all []expression
	for _, t := range p.Targets {
		all = append(all, expression{p.Title + " " + t.RefID, filled.Replace(t.Expr)})
	}
	for _, inner := range p.Panels {
		all = append(all, inner.expressions()...)
	}
	return all
}

// filled fills in Grafana's variables as for a user who has chosen nothing.
var filled = strings.NewReplacer("$__rate_interval", "5m", "$__range", "5m", "$account", ".*")

func readDashboard(t *testing.T) []expression {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels     []panel
		Templating struct {
			List []struct{ Name, Type, Definition string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	all := panel{Panels: d.Panels}.expressions()
	for _, v := range d.Templating.List {
		inner, ok := strings.CutPrefix(v.Definition, "label_values(")
		if v.Type != "query" || !ok {
			continue
		}
		inner, label, ok := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
		if !ok {
			t.Fatalf("the variable %s asks for the labels of everything", v.Name)
		}
		all = append(all, expression{"variable " + v.Name, fmt.Sprintf("count(%s{%s!=\"\"})", inner, strings.TrimSpace(label))})
	}
	return all
}

// deployed are all expressions of the rules and the dashboard.
func deployed(t *testing.T) []expression {
	t.Helper()
	all := readDashboard(t)
	for _, r := range readRules(t) {
		all = append(all, expression{r.Alert, r.Expr})
	}
	if len(all) < 50 {
		t.Fatalf("only %d expressions were found", len(all))
	}
	return all
}

// shown are the labels of the series that were scraped, by the metric's name.
type shown map[string]map[string]bool

// missing lists the metrics, and the labels of metrics, that the expression asks for
// and no series has.
func (e expression) missing(series shown) ([]string, error) {
	tree, err := parser.ParseExpr(e.query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.where, err)
	}
	var found []string
	parser.Inspect(tree, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			found = append(found, missing(s, series)...)
		}
		return nil
	})
	slices.Sort(found)
	return slices.Compact(found), nil
}

func missing(s *parser.VectorSelector, series shown) []string {
	metric := s.Name
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			metric = m.Value
		}
	}
	has, ok := series[metric]
	if !ok {
		return []string{metric}
	}
	var found []string
	for _, m := range s.LabelMatchers {
		if m.Name != model.MetricNameLabel && !has[m.Name] {
			found = append(found, metric+"{"+m.Name+"}")
		}
	}
	return found
}

// A metric or a label that no process shows is found, wherever in an expression it is.
func TestMissing(t *testing.T) {
	t.Parallel()
	series := shown{"idjourney_webhooks_total": {"account": true}, "up": {"job": true}}
	for query, want := range map[string]string{
		`idjourney_no_such_thing`: "idjourney_no_such_thing",
		`sum(rate(idjourney_no_such_thing[5m])) / sum(rate(idjourney_webhooks_total[5m])) > 0.1`: "idjourney_no_such_thing",
		`sum(up) or idjourney_no_such_thing offset 5m`:                                           "idjourney_no_such_thing",
		`max_over_time({__name__="idjourney_no_such_thing"}[5m:1m])`:                             "idjourney_no_such_thing",
		`sum(up{job="x"}) / sum(idjourney_webhooks_total{account="a", outcome!="held"})`:         "idjourney_webhooks_total{outcome}",
	} {
		got, err := expression{"test", query}.missing(series)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	if _, err := (expression{"test", "sum("}).missing(series); err == nil {
		t.Error("invalid PromQL is accepted")
	}
}
