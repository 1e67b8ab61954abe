package alerts

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Recording is what Prometheus saw: scrapes of several targets, a fixed time
// apart, as one row of values for each series.
type Recording struct {
	// Every is the time between two scrapes.
	Every time.Duration
	// Scrapes is how many there are.
	Scrapes int

	series map[string]*row
}

type row struct {
	labels labels.Labels
	values map[int]float64 // by scrape; a scrape that lacks the series has none
}

// NewRecording returns an empty recording.
func NewRecording(every time.Duration) *Recording {
	return &Recording{Every: every, series: map[string]*row{}}
}

// Target is what a page was scraped from, and becomes labels as in Prometheus.
type Target struct{ Job, Instance string }

// Page is one target's answer to a scrape; nothing came if Down.
type Page struct {
	Target
	Down bool
	Text string // in Prometheus's text format
}

// Scrape adds the next scrape. Only series whose metric keep wants are kept.
func (r *Recording) Scrape(pages []Page, keep func(metric string) bool) error {
	at := r.Scrapes
	r.Scrapes++
	for _, p := range pages {
		up := 1.0
		if p.Down {
			up = 0
		}
		r.set(at, p.label(labels.FromStrings(model.MetricNameLabel, "up")), up)
		if p.Down {
			continue
		}
		if err := r.read(at, p, keep); err != nil {
			return fmt.Errorf("reading the metrics of %s: %w", p.Job, err)
		}
	}
	return nil
}

func (r *Recording) read(at int, p Page, keep func(metric string) bool) error {
	for line := range strings.Lines(p.Text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cut := strings.LastIndexByte(line, ' ')
		if cut < 0 {
			return fmt.Errorf("no value in %q", line)
		}
		value, err := strconv.ParseFloat(line[cut+1:], 64)
		if err != nil {
			return fmt.Errorf("no value in %q", line)
		}
		name, _, _ := strings.Cut(line[:cut], "{")
		if !keep(name) {
			continue
		}
		parsed, err := parser.ParseMetric(line[:cut])
		if err != nil {
			return err
		}
		r.set(at, p.label(parsed), value)
	}
	return nil
}

// label adds what Prometheus adds.
func (t Target) label(l labels.Labels) labels.Labels {
	b := labels.NewBuilder(l)
	b.Set(model.JobLabel, t.Job)
	b.Set(model.InstanceLabel, t.Instance)
	return b.Labels()
}

// notation is how PromQL writes a series: name{label="value", ...}.
func notation(l labels.Labels) string {
	return l.Get(model.MetricNameLabel) + labels.NewBuilder(l).Del(model.MetricNameLabel).Labels().String()
}

func (r *Recording) set(at int, l labels.Labels, value float64) {
	key := notation(l)
	if r.series[key] == nil {
		r.series[key] = &row{labels: l, values: map[int]float64{}}
	}
	r.series[key].values[at] = value
}

// Metrics lists the names of the metrics in the recording.
func (r *Recording) Metrics() []string {
	names := map[string]bool{}
	for _, s := range r.series {
		names[s.labels.Get(model.MetricNameLabel)] = true
	}
	return sorted(names)
}

// Write writes the recording as text: a series a line, its values in the
// notation of Prometheus's unit tests, where 3x9 is ten threes and _x9 nine gaps.
func (r *Recording) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	_, _ = fmt.Fprintf(out, "# Recorded by `make scrapes`: %d scrapes of real processes, one every %v.\n", r.Scrapes, r.Every)
	_, _ = fmt.Fprintf(out, "%v %d\n", r.Every, r.Scrapes)
	for _, key := range r.names() {
		_, _ = fmt.Fprintf(out, "%s %s\n", key, r.series[key].notation(r.Scrapes))
	}
	return out.Flush()
}

func (r *Recording) names() []string {
	names := make([]string, 0, len(r.series))
	for key := range r.series {
		names = append(names, key)
	}
	slices.Sort(names)
	return names
}

func (s *row) notation(scrapes int) string {
	var words []string
	for at := 0; at < scrapes; {
		word, n := s.word(at), 1
		for at+n < scrapes && s.word(at+n) == word {
			n++
		}
		at += n
		switch {
		case n == 1:
			words = append(words, word)
		case word == "_":
			words = append(words, fmt.Sprintf("_x%d", n))
		default:
			words = append(words, fmt.Sprintf("%sx%d", word, n-1))
		}
	}
	return strings.Join(words, " ")
}

func (s *row) word(at int) string {
	v, ok := s.values[at]
	if !ok {
		return "_"
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// ReadRecording reads what Write wrote.
func ReadRecording(file string) (*Recording, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading a recording: %w", err)
	}
	r, err := parseRecording(string(text))
	if err != nil {
		return nil, fmt.Errorf("reading the recording %s: %w", file, err)
	}
	return r, nil
}

func parseRecording(text string) (*Recording, error) {
	var r *Recording
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case r == nil:
			every, scrapes, _ := strings.Cut(line, " ")
			d, err := time.ParseDuration(every)
			if err != nil {
				return nil, err
			}
			r = NewRecording(d)
			if r.Scrapes, err = strconv.Atoi(scrapes); err != nil {
				return nil, err
			}
		default:
			if err := r.parseRow(line); err != nil {
				return nil, err
			}
		}
	}
	if r == nil {
		return nil, errors.New("it is empty")
	}
	return r, nil
}

func (r *Recording) parseRow(line string) error {
	l, values, err := parser.ParseSeriesDesc(line)
	if err != nil {
		return err
	}
	if len(values) != r.Scrapes {
		return fmt.Errorf("%s has %d values, want %d", l, len(values), r.Scrapes)
	}
	for at, v := range values {
		if !v.Omitted {
			r.set(at, l, v.Value)
		}
	}
	return nil
}
