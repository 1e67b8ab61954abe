package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"

	"idjourney/dev/history"
)

// Report is what the demo found out, as REPORT=file writes it.
type Report struct {
	// OK is true when every scenario ended as it should.
	OK        bool     `json:"ok"`
	Scenarios []Result `json:"scenarios"`
	// Checks are made once, after all scenarios.
	Checks []Check `json:"checks"`
	// StartSeconds is how long the world took to start, Seconds how long the
	// scenarios took together after that.
	StartSeconds float64 `json:"startSeconds"`
	Seconds      float64 `json:"seconds"`
}

// Check is something that must be so for the demo as a whole.
type Check struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
}

// Result is how one scenario ended.
type Result struct {
	Name      string `json:"name"`
	JourneyID string `json:"journeyId"`
	// Expected and Got are the decisions in order, or the phase of a journey that
	// ends without one: "approved", "approved, on_hold", "unknown".
	Expected string `json:"expected"`
	Got      string `json:"got"`
	OK       bool   `json:"ok"`
	// Problem says in a sentence what was wrong beyond Got; empty if nothing was.
	Problem   string  `json:"problem,omitempty"`
	Decisions int     `json:"decisions"`
	Seconds   float64 `json:"seconds"`
	Actions   int     `json:"actions"`
	// ActionsByKind says what the Actions were spent on.
	ActionsByKind map[history.Kind]int `json:"actionsByKind,omitempty"`
	HistoryEvents int                  `json:"historyEvents"`
	HistoryBytes  int                  `json:"historyBytes"`
	UI            string               `json:"ui,omitempty"`
}

// add takes a result in; a report with no scenario is never OK.
func (r *Report) add(results ...Result) {
	r.Scenarios = append(r.Scenarios, results...)
	r.judge()
}

// check takes in what a check found; nil means that all is well.
func (r *Report) check(name string, err error) {
	c := Check{Name: name, OK: err == nil}
	if err != nil {
		c.Problem = err.Error()
	}
	r.Checks = append(r.Checks, c)
	r.judge()
}

func (r *Report) judge() {
	r.OK = len(r.Scenarios) > 0
	for _, s := range r.Scenarios {
		r.OK = r.OK && s.OK
	}
	for _, c := range r.Checks {
		r.OK = r.OK && c.OK
	}
}

// Save writes the report as JSON.
func (r Report) Save(file string) error {
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	if err := os.WriteFile(file, append(body, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// Table writes the report for people.
func (r Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\tscenario\texpected\tgot\tdecisions\tseconds\tActions\tevents\tbytes")
	for _, s := range r.Scenarios {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%d\t%d\t%d\n", mark(s.OK), s.Name, s.Expected, s.Got,
			s.Decisions, strconv.FormatFloat(s.Seconds, 'f', 1, 64), s.Actions, s.HistoryEvents, s.HistoryBytes)
	}
	if err := t.Flush(); err != nil { // the errors of the lines above are kept for here
		return fmt.Errorf("writing the table: %w", err)
	}
	for _, s := range r.Scenarios {
		if s.Problem != "" {
			if _, err := fmt.Fprintf(w, "%s %s: %s\n", mark(s.OK), s.Name, s.Problem); err != nil {
				return fmt.Errorf("writing the table: %w", err)
			}
		}
	}
	for _, c := range r.Checks {
		text := mark(c.OK) + " " + c.Name
		if c.Problem != "" {
			text += ": " + c.Problem
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
	}
	return nil
}

func mark(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}
