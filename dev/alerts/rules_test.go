package alerts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
)

// unitTests is what the tests use of promtool's format.
type unitTests struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []unitTest     `yaml:"tests"`
}

type unitTest struct {
	Name        string         `yaml:"name"`
	Interval    model.Duration `yaml:"interval"`
	InputSeries []struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	} `yaml:"input_series"`
	AlertRuleTest []alertTest `yaml:"alert_rule_test"`
}

type alertTest struct {
	EvalTime  model.Duration `yaml:"eval_time"`
	AlertName string         `yaml:"alertname"`
	ExpAlerts []alert        `yaml:"exp_alerts"`
}

type alert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

func readUnitTests(t *testing.T) unitTests {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "prometheus", "alerts_test.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var all unitTests
	if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if want := []string{filepath.Base(ruleFile)}; !slices.Equal(all.RuleFiles, want) {
		t.Fatalf("the tests are for %v, want %v", all.RuleFiles, want)
	}
	return all
}

// Every alert fires in its fault, as the unit tests say, and no other alert does.
func TestRules(t *testing.T) {
	t.Parallel()
	all := readUnitTests(t)
	for _, test := range all.Tests {
		t.Run(test.Name, func(t *testing.T) {
			t.Parallel()
			if err := test.run(t.Context(), time.Duration(all.EvaluationInterval)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Every alert has a test in which it fires and is silent before, and is silent in
// health.
func TestEveryAlertIsTested(t *testing.T) {
	t.Parallel()
	var names, fires, silent, healthy []string
	for _, r := range readRules(t) {
		names = append(names, r.Alert)
	}
	for _, test := range readUnitTests(t).Tests {
		for _, a := range test.AlertRuleTest {
			switch {
			case len(a.ExpAlerts) > 0:
				fires = append(fires, a.AlertName)
			case test.Name == "healthy":
				healthy = append(healthy, a.AlertName)
			default:
				silent = append(silent, a.AlertName)
			}
		}
	}
	for what, got := range map[string][]string{"fires": fires, "is silent before its fault": silent, "is silent in health": healthy} {
		if diff := gocmp.Diff(sorted(names), sorted(got)); diff != "" {
			t.Errorf("no test shows that it %s (-alerts +tests):\n%s", what, diff)
		}
	}
}

// A rule that does not do what its test expects is found.
func TestUnitTestsCanFail(t *testing.T) {
	t.Parallel()
	all := readUnitTests(t)
	i := slices.IndexFunc(all.Tests, func(test unitTest) bool { return test.Name == "the starter is stopped" })
	for name, change := range map[string]func(*unitTest){
		"another summary":      func(test *unitTest) { firing(test).ExpAlerts[0].Annotations["summary"] = "All is well." },
		"another label":        func(test *unitTest) { firing(test).ExpAlerts[0].Labels["severity"] = "ticket" },
		"one alert more":       func(test *unitTest) { a := firing(test); a.ExpAlerts = append(a.ExpAlerts, a.ExpAlerts[0]) },
		"an alert that is not": func(test *unitTest) { firing(test).AlertName = "IdjourneyNoSuchAlert" },
		"none expected":        func(test *unitTest) { firing(test).ExpAlerts = nil },
		"fires unexpectedly": func(test *unitTest) {
			*firing(test) = alertTest{EvalTime: firing(test).EvalTime, AlertName: "IdjourneyAttention"}
		},
	} {
		test := readUnitTests(t).Tests[i]
		change(&test)
		if test.run(t.Context(), time.Duration(all.EvaluationInterval)) == nil {
			t.Errorf("%s does not fail", name)
		}
	}
}

func firing(test *unitTest) *alertTest {
	i := slices.IndexFunc(test.AlertRuleTest, func(a alertTest) bool { return len(a.ExpAlerts) > 0 })
	return &test.AlertRuleTest[i]
}

// run evaluates the rules as promtool does. In addition, an alert that the test
// expects at no time must not fire at any time.
func (test unitTest) run(ctx context.Context, every time.Duration) error {
	series := fmt.Sprintf("load %v\n", test.Interval)
	for _, s := range test.InputSeries {
		series += "  " + s.Series + " " + s.Values + "\n"
	}
	loader, err := promqltest.NewLazyLoader(series, promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true})
	if err != nil {
		return fmt.Errorf("loading the series: %w", err)
	}
	loader.SubqueryInterval = every
	defer func() { _ = loader.Close() }()
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:  rules.EngineQueryFunc(loader.QueryEngine(), loader.Storage()),
		Appendable: loader.Storage(), Queryable: loader.Storage(), Context: ctx,
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {}, Logger: slog.New(slog.DiscardHandler),
	})
	groups, problems := manager.LoadGroups(every, labels.EmptyLabels(), "", nil, false, ruleFile)
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	last := slices.MaxFunc(test.AlertRuleTest, func(a, b alertTest) int { return cmp.Compare(a.EvalTime, b.EvalTime) })
	for after := time.Duration(0); after <= time.Duration(last.EvalTime); after += every {
		at := time.Unix(0, 0).UTC().Add(after)
		loader.WithSamplesTill(at, func(loading error) { err = loading })
		if err != nil {
			return fmt.Errorf("loading the series: %w", err)
		}
		firing, err := evaluate(ctx, slices.Collect(maps.Values(groups)), at)
		if err := errors.Join(err, test.compare(after, firing)); err != nil {
			return fmt.Errorf("after %v: %w", after, err)
		}
	}
	return nil
}

// evaluate returns what fires at a moment, by the alert's name.
func evaluate(ctx context.Context, groups []*rules.Group, at time.Time) (map[string][]alert, error) {
	firing := map[string][]alert{}
	for _, group := range groups {
		for _, rule := range group.AlertingRules() {
			rule.SetRestored(true)
		}
		group.Eval(ctx, at)
		for _, rule := range group.AlertingRules() {
			if err := rule.LastError(); err != nil {
				return nil, fmt.Errorf("evaluating %s: %w", rule.Name(), err)
			}
			for _, active := range rule.ActiveAlerts() {
				if active.State == rules.StateFiring {
					shown := active.Labels.Map()
					delete(shown, labels.AlertName)
					firing[rule.Name()] = append(firing[rule.Name()], alert{Labels: shown, Annotations: active.Annotations.Map()})
				}
			}
		}
	}
	return firing, nil
}

func (test unitTest) compare(after time.Duration, firing map[string][]alert) error {
	var problems []error
	for _, want := range test.AlertRuleTest {
		if time.Duration(want.EvalTime) != after {
			continue
		}
		byLabels := func(a, b alert) int { return strings.Compare(fmt.Sprint(a.Labels), fmt.Sprint(b.Labels)) }
		got := slices.SortedFunc(slices.Values(firing[want.AlertName]), byLabels)
		if diff := gocmp.Diff(slices.SortedFunc(slices.Values(want.ExpAlerts), byLabels), got); diff != "" {
			problems = append(problems, fmt.Errorf("%s (-want +got):\n%s", want.AlertName, diff))
		}
	}
	for name := range firing {
		if !slices.ContainsFunc(test.AlertRuleTest, func(a alertTest) bool { return a.AlertName == name && len(a.ExpAlerts) > 0 }) {
			problems = append(problems, fmt.Errorf("%s fires, which the test does not expect at any time", name))
		}
	}
	return errors.Join(problems...)
}

func sorted(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}
