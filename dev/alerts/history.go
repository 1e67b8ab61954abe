package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/tsdb"
)

// Step is how far apart the scrapes of a recording are put. What takes a second
// in a recording takes half a minute or so in its history: an alert waits for
// minutes before it fires, and nobody wants to record for so long.
const Step = 30 * time.Second

// began is when every history begins.
var began = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// History is a recording in a Prometheus storage, its time axis stretched.
type History struct {
	db      *tsdb.DB
	engine  *promql.Engine
	scrapes int
}

// Open puts a recording into a storage in dir, which must be new.
func (r *Recording) Open(ctx context.Context, dir string) (*History, error) {
	options := tsdb.DefaultOptions()
	options.MinBlockDuration = (24 * time.Hour).Milliseconds() // all in the head
	options.MaxBlockDuration = options.MinBlockDuration
	options.RetentionDuration = 0
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, options, nil)
	if err != nil {
		return nil, fmt.Errorf("opening a storage: %w", err)
	}
	h := &History{db: db, scrapes: r.Scrapes, engine: promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1_000_000, Timeout: time.Minute,
	})}
	if err := r.load(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("loading a recording: %w", err), h.Close())
	}
	return h, nil
}

// Close closes the storage.
func (h *History) Close() error { return h.db.Close() }

func (h *History) at(scrape int) time.Time { return began.Add(time.Duration(scrape) * Step) }

func (r *Recording) load(ctx context.Context, db *tsdb.DB) error {
	app := db.Appender(ctx)
	stretch := float64(Step) / float64(r.Every)
	for at := range r.Scrapes {
		when := began.Add(time.Duration(at) * Step).UnixMilli()
		for _, key := range r.names() {
			s := r.series[key]
			v, ok := s.values[at]
			if _, before := s.values[at-1]; !ok && !before {
				continue
			}
			if !ok { // what a scrape no longer shows is stale from then on
				v = math.Float64frombits(value.StaleNaN)
			} else if isAge(s.labels.Get(model.MetricNameLabel)) {
				v *= stretch
			}
			if _, err := app.Append(0, s.labels, when, v); err != nil {
				return errors.Join(err, app.Rollback())
			}
		}
	}
	return app.Commit()
}

// isAge says that a gauge is a length of time up to now. Such a gauge was measured
// by the clock that is stretched; a duration in a histogram is over and stays.
func isAge(metric string) bool {
	return strings.HasSuffix(metric, "_age_seconds") || strings.HasSuffix(metric, "_oldest_seconds")
}

// Answers evaluates an expression at every scrape and returns the label sets that
// it ever answered.
func (h *History) Answers(ctx context.Context, expression string) ([]string, error) {
	seen := map[string]bool{}
	for at := range h.scrapes {
		query, err := h.engine.NewInstantQuery(ctx, h.db, nil, expression, h.at(at))
		if err != nil {
			return nil, err
		}
		result := query.Exec(ctx)
		if result.Err != nil {
			query.Close()
			return nil, result.Err
		}
		switch v := result.Value.(type) {
		case promql.Vector:
			for _, s := range v {
				if !math.IsNaN(s.F) {
					seen[s.Metric.String()] = true
				}
			}
		default:
			seen[v.String()] = true
		}
		query.Close()
	}
	return sorted(seen), nil
}

// Firing evaluates the rules at every scrape, as Prometheus does, and returns the
// names of the alerts that fired, and when each began to after the first scrape.
func (h *History) Firing(ctx context.Context, ruleFile string) (map[string]time.Duration, error) {
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc: rules.EngineQueryFunc(h.engine, h.db), Appendable: h.db, Queryable: h.db, Context: ctx,
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Logger:     slog.New(slog.DiscardHandler),
	})
	groups, problems := manager.LoadGroups(Step, labels.EmptyLabels(), "", nil, false, ruleFile)
	if len(problems) > 0 {
		return nil, fmt.Errorf("loading the rules: %w", errors.Join(problems...))
	}
	firing := map[string]time.Duration{}
	for at := range h.scrapes {
		for _, g := range groups {
			for _, rule := range g.AlertingRules() {
				rule.SetRestored(true)
			}
			g.Eval(ctx, h.at(at))
			for _, rule := range g.AlertingRules() {
				if err := rule.LastError(); err != nil {
					return nil, fmt.Errorf("evaluating %s: %w", rule.Name(), err)
				}
				if _, known := firing[rule.Name()]; rule.State() == rules.StateFiring && !known {
					firing[rule.Name()] = h.at(at).Sub(began)
				}
			}
		}
	}
	return firing, nil
}

func sorted(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
