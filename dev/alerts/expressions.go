package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// Expression is one PromQL expression of the rules or the dashboard.
type Expression struct {
	// Where says where to look for it: the alert, or the panel and its target.
	Where string
	Query string
	// Alert says that it is an alert's: in health it answers nothing.
	Alert bool
}

// Alert is what the tests need to know of an alerting rule.
type Alert struct {
	Name                string
	Labels, Annotations map[string]string
}

// Rules reads a file of Prometheus rules.
func Rules(file string) ([]Alert, []Expression, error) {
	groups, problems := rulefmt.ParseFile(file, false, model.UTF8Validation)
	if len(problems) > 0 {
		return nil, nil, fmt.Errorf("reading the rules: %w", errors.Join(problems...))
	}
	var alerts []Alert
	var all []Expression
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			name := r.Alert + r.Record // one of them is empty
			all = append(all, Expression{Where: name, Query: r.Expr, Alert: r.Alert != ""})
			if r.Alert != "" {
				alerts = append(alerts, Alert{Name: r.Alert, Labels: r.Labels, Annotations: r.Annotations})
			}
		}
	}
	return alerts, all, nil
}

type dashboard struct {
	Panels     []panel
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
}

type panel struct {
	Title   string
	Targets []struct{ RefID, Expr string }
	Panels  []panel // of a collapsed row
}

// Dashboard reads a Grafana dashboard's expressions, with Grafana's variables
// filled in as for somebody who has chosen nothing.
func Dashboard(file string) ([]Expression, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the dashboard: %w", err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("reading the dashboard: %w", err)
	}
	var all []Expression
	var walk func([]panel)
	walk = func(panels []panel) {
		for _, p := range panels {
			for _, t := range p.Targets {
				all = append(all, Expression{Where: p.Title + " " + t.RefID, Query: filled.Replace(t.Expr)})
			}
			walk(p.Panels)
		}
	}
	walk(d.Panels)
	for _, v := range d.Templating.List {
		if inner, ok := strings.CutPrefix(v.Definition, "label_values("); v.Type == "query" && ok {
			inner, label, ok := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
			if !ok {
				return nil, fmt.Errorf("reading the dashboard: variable %s asks for the labels of everything", v.Name)
			}
			all = append(all, Expression{
				Where: "variable " + v.Name,
				Query: fmt.Sprintf("count by (%[2]s) (%[1]s{%[2]s!=\"\"})", inner, strings.TrimSpace(label)),
			})
		}
	}
	return all, nil
}

var filled = strings.NewReplacer("$__rate_interval", "5m", "$__range", "5m", "$account", ".*")

// Metrics lists the names of the metrics that the expressions read, in order.
func Metrics(all []Expression) ([]string, error) {
	var names []string
	for _, e := range all {
		tree, err := parser.ParseExpr(e.Query)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Where, err)
		}
		parser.Inspect(tree, func(n parser.Node, _ []parser.Node) error {
			if s, ok := n.(*parser.VectorSelector); ok {
				names = append(names, metricOf(s))
			}
			return nil
		})
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func metricOf(s *parser.VectorSelector) string {
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return s.Name
}

// Deployed reads all expressions of the folder deploy.
func Deployed(deploy string) ([]Expression, error) {
	_, all, err := Rules(RuleFile(deploy))
	if err != nil {
		return nil, err
	}
	panels, err := Dashboard(DashboardFile(deploy))
	return append(all, panels...), err
}

// RuleFile is the file of the rules below deploy.
func RuleFile(deploy string) string { return filepath.Join(deploy, "prometheus", "alerts.yml") }

// DashboardFile is the dashboard's.
func DashboardFile(deploy string) string {
	return filepath.Join(deploy, "grafana", "dashboards", "idjourney.json")
}

// Missing lists the metrics that the expressions read and names lacks.
func Missing(all []Expression, names []string) ([]string, error) {
	read, err := Metrics(all)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(read, func(name string) bool { return slices.Contains(names, name) }), nil
}
