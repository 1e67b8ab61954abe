package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"idjourney/api"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/steps"
)

// stepLedger is a ledger with one open question.
type stepLedger struct {
	api.Ledger // nil: nothing else is asked
	call       ledger.StepCall
	hash       string
	held       *ledger.StepAnswer
	events     []journey.Event
	// save and record fail the next time if they are set.
	save, record error
}

func (l *stepLedger) StepCallByToken(_ context.Context, hash string) (ledger.StepCall, error) {
	if hash != l.hash {
		return ledger.StepCall{}, ledger.ErrNotFound
	}
	return l.call, nil
}

func (l *stepLedger) StepAnswer(context.Context, string, string, string, int, string) (ledger.StepAnswer, error) {
	if l.held == nil {
		return ledger.StepAnswer{}, ledger.ErrNotFound
	}
	return *l.held, nil
}

func (l *stepLedger) SaveStepAnswer(_ context.Context, a ledger.StepAnswer) (bool, error) {
	if err := l.save; err != nil {
		l.save = nil
		return false, err
	}
	if l.held != nil {
		return false, nil
	}
	l.held = &a
	return true, nil
}

func (l *stepLedger) RecordEvent(_ context.Context, e journey.Event) (bool, error) {
	if err := l.record; err != nil {
		l.record = nil
		return false, err
	}
	l.events = append(l.events, e)
	return true, nil
}

// callbacks is an API whose ledger has one open question.
type callbacks struct {
	*testing.T
	ledger *stepLedger
	log    bytes.Buffer
	now    time.Time
	woken  int
	do     http.Handler
}

const capability = "the-capability-to-answer-once"

func newCallbacks(t *testing.T) *callbacks {
	opened := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	c := &callbacks{T: t, now: opened.Add(time.Minute), ledger: &stepLedger{
		hash: steps.TokenHash(capability),
		call: ledger.StepCall{Account: "acme", JourneyID: "j-1", Step: "employer", Round: 2, Subject: "5b1f", OpenedAt: opened},
	}}
	made, err := api.New(api.Config{
		Tokens: tokens(), Operator: &fakeOperator{}, Ledger: c.ledger,
		Accounts: []config.Account{{Name: "acme", Flows: []config.Flow{{Steps: []config.Step{
			{Name: "employer", Patience: time.Minute, AnswerWithin: time.Hour},
		}}}}, {Name: "globex"}},
		Wake: func() { c.woken++ }, Now: func() time.Time { return c.now },
		Logger: slog.New(slog.NewTextHandler(&c.log, nil)),
	})
	must(t, err)
	c.do = made.Handler()
	return c
}

// post calls back and checks the status; the log never holds the token.
func (c *callbacks) post(token, kind, body string, want int) {
	c.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v1/callbacks/steps/"+token, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	c.do.ServeHTTP(w, r)
	if w.Code != want {
		c.Errorf("%.60q: got %d %s, want %d", body, w.Code, w.Body, want)
	}
	if w.Header().Get("Content-Type") != "application/json" || strings.Contains(w.Body.String(), "Jane") {
		c.Errorf("%.60q: got %v %s", body, w.Header(), w.Body)
	}
	if log := c.log.String(); strings.Contains(log, token) || strings.Contains(log, "Jane") {
		c.Errorf("the log holds a secret: %s", log)
	}
}

const (
	jsonType = "application/json"
	failed   = `{"outcome":"failed","reason":"left_employer"}`
)

// An answer is kept and the journey receives a hint. The same answer is accepted again, a
// different one is refused.
func TestAStepsAnswerIsKeptOnce(t *testing.T) {
	t.Parallel()
	c := newCallbacks(t)
	c.post(capability, jsonType, failed, 200)
	c.post(capability, jsonType, `{ "reason": "left_employer", "outcome": "failed", "trace": "x" }`, 200)
	c.post(capability, jsonType, `{"outcome":"passed"}`, 409)
	want := ledger.StepAnswer{
		Account: "acme", JourneyID: "j-1", Step: "employer", Round: 2, Subject: "5b1f",
		Answer: journey.StepAnswer{Outcome: journey.StepFailed, Reason: "left_employer"}, At: c.now,
	}
	if got := c.ledger.held; got == nil || *got != want {
		t.Errorf("the ledger holds %+v, want %+v", got, want)
	}
	if len(c.ledger.events) != 2 || c.woken != 2 {
		t.Fatalf("recorded %v, woken %d times, want one hint for each 200", c.ledger.events, c.woken)
	}
	first, second := c.ledger.events[0], c.ledger.events[1]
	if first.EventID == "" || first.EventID != second.EventID {
		t.Errorf("the hints have the ids %q and %q, want the same: the ledger knows it by that", first.EventID, second.EventID)
	}
	if first.Type != journey.StepAnswered || first.Hint.Step != "employer" || first.JourneyID != "j-1" || first.Account != "acme" {
		t.Errorf("the hint is %+v", first)
	}
}

// After a failure halfway the caller's next try repairs the rest.
func TestACallbackThatFailsHalfwayIsRepeated(t *testing.T) {
	t.Parallel()
	c := newCallbacks(t)
	c.ledger.save = errors.New("the disk is full")
	c.post(capability, jsonType, failed, 503)
	c.ledger.record = errors.New("the disk is full again")
	c.post(capability, jsonType, failed, 503)
	if len(c.ledger.events) != 0 || c.woken != 0 {
		t.Fatalf("recorded %v too early", c.ledger.events)
	}
	c.post(capability, jsonType, failed, 200)
	if len(c.ledger.events) != 1 || c.woken != 1 {
		t.Errorf("recorded %v, want the hint", c.ledger.events)
	}
	if !strings.Contains(c.log.String(), "could not be kept") {
		t.Error("the ledger's failures are not logged")
	}
}

func TestACallbackNeedsAnOpenQuestion(t *testing.T) {
	t.Parallel()
	c := newCallbacks(t)
	for _, token := range []string{"another-capability", "x", strings.ToUpper(capability), steps.TokenHash(capability)} {
		c.post(token, jsonType, failed, 404)
	}
	c.now = c.ledger.call.OpenedAt.Add(time.Hour + time.Minute)
	c.post(capability, jsonType, failed, 404)
	c.now = c.now.Add(-time.Second)
	c.ledger.save = ledger.ErrErased
	c.post(capability, jsonType, failed, 404)
	if c.ledger.held != nil || len(c.ledger.events) != 0 {
		t.Fatalf("kept %v, recorded %v", c.ledger.held, c.ledger.events)
	}
	c.post(capability, jsonType, failed, 200)
	c.ledger.call.Step = "gone" // the configuration does not list it any more
	c.post(capability, jsonType, failed, 404)
}

func TestACallbackRefusesWhatIsNotAnAnswer(t *testing.T) {
	t.Parallel()
	c := newCallbacks(t)
	for body, want := range map[string]int{
		"": 400, "Jane": 400, "{}": 400, `["passed"]`: 400, `{"outcome":"Jane"}`: 400, `{"Outcome":"passed"}`: 400,
		`{"outcome":"pending"}`: 400, `{"outcome":"failed","reason":"Jane Doe"}`: 400,
		`{"outcome":"failed","outcome":"passed"}`:                          400,
		`{"outcome":"passed","pad":"` + strings.Repeat("a", 20<<10) + `"}`: 413,
	} {
		c.post(capability, jsonType, body, want)
	}
	c.post(capability, "application/x-www-form-urlencoded", failed, 415)
	c.post(capability, "", failed, 415)
	if c.ledger.held != nil || len(c.ledger.events) != 0 {
		t.Errorf("kept %v, recorded %v", c.ledger.held, c.ledger.events)
	}
	c.post(capability, "application/json; charset=utf-8", failed, 200)
}
