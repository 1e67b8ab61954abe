package activities_test

import (
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"idjourney/activities"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
	"idjourney/steps"
	"idjourney/telemetry"
)

// employerConfig has a step that calls a service, and one without callbacks.
const employerConfig = `
listen: { api: "127.0.0.1:8081" }
api:
  url: https://api.example.com/
  tokens: [{ name: app, secret: { secret_env: APP }, scopes: [read] }]
accounts:
  - name: acme
    environment: sandbox
    base_url: http://127.0.0.1:1
    api_key: { secret_env: KEY }
    api_secret: { secret_env: SECRET }
    webhook: { auth: none }
    flows:
      - id: flow-onboarding
        custom_step: true
        steps:
          - name: employer
            kind: http
            http: { url: $SERVICE, token: { secret_env: EMPLOYER }, timeout: 5s, callback: true }
            patience: 40s
            answer_within: 1h
          - name: at_once
            kind: http
            http: { url: $SERVICE, token: { secret_env: EMPLOYER } }
            patience: 40s
          - { name: elsewhere, activity: LookUpEmployer, task_queue: employer, patience: 1h }
`

// service is the step's service: it answers as the test says and keeps the questions.
type service struct {
	mu      sync.Mutex
	asked   []map[string]any
	headers []http.Header
	answer  http.HandlerFunc
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var question map[string]any
	_ = json.Unmarshal(body, &question)
	s.mu.Lock()
	s.asked, s.headers = append(s.asked, question), append(s.headers, r.Header)
	answer := s.answer
	s.mu.Unlock()
	answer(w, r)
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		reply(w, status, "", body)
	}
}

// employer is a worker with the steps of employerConfig, and their service.
type employer struct {
	*service
	*activities.Activities
	ledger *ledger.Ledger
	again  func() *activities.Activities // a new worker process
}

func newEmployer(t *testing.T, answer http.HandlerFunc) *employer {
	t.Helper()
	e := &employer{service: &service{answer: answer}, ledger: openLedger(t)}
	text := strings.ReplaceAll(employerConfig, "$SERVICE", serve(t, e.service))
	cfg, err := config.Read(strings.NewReader(text), []string{
		"IDJOURNEY_REFERENCE_KEY=a-key-of-thirty-two-bytes-or-more", "KEY=key", "SECRET=secret",
		"EMPLOYER=employer-token", "APP=an-app-token-of-thirty-two-bytes-or-more",
	})
	if err != nil {
		t.Fatal(err)
	}
	e.again = func() *activities.Activities {
		a, err := activities.New(cfg, e.ledger, notify.NewSender(notify.Config{}), telemetry.NopInstruments())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	e.Activities = e.again()
	return e
}

func asking(step string) journey.StepInput {
	return journey.StepInput{Account: account, JourneyID: "j-1", Step: step, Subject: "5b1f", Round: 1}
}

// callBack answers a question as the API does after a callback.
func (e *employer) callBack(t *testing.T, question map[string]any, answer journey.StepAnswer) {
	t.Helper()
	url, _ := question["callbackUrl"].(string)
	call, err := e.ledger.StepCallByToken(t.Context(), steps.TokenHash(path.Base(url)))
	if err != nil {
		t.Fatalf("the callback %q opens nothing: %v", url, err)
	}
	_, err = e.ledger.SaveStepAnswer(t.Context(), ledger.StepAnswer{
		Account: call.Account, JourneyID: call.JourneyID, Step: call.Step, Round: call.Round, Subject: call.Subject,
		Answer: answer, At: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

var left = journey.StepAnswer{Outcome: journey.StepFailed, Reason: "left_employer"}

// The question holds everything that the service needs, and an answer is recorded: the
// service is not asked again.
func TestCallStepAsksOnce(t *testing.T) {
	t.Parallel()
	e := newEmployer(t, says(200, `{"outcome":"failed","reason":"left_employer"}`))
	for range 2 {
		if got := must(t, e.CallStep, asking("employer")); got != left {
			t.Errorf("got %+v, want %+v", got, left)
		}
		e.Activities = e.again()
	}
	if len(e.asked) != 1 {
		t.Fatalf("the service was asked %d times, want once", len(e.asked))
	}
	q, h := e.asked[0], e.headers[0]
	url, _ := q["callbackUrl"].(string)
	if q["account"] != account || q["journeyId"] != "j-1" || q["step"] != "employer" || q["round"] != 1.0 || q["subject"] != "5b1f" ||
		!strings.HasPrefix(url, "https://api.example.com/v1/callbacks/steps/") {
		t.Errorf("asked %v", q)
	}
	if h.Get("Authorization") != "Bearer employer-token" || h.Get("Idempotency-Key") != steps.Key(asking("employer")) {
		t.Errorf("asked with %v", h)
	}
}

// A later answer is found when the activity runs again.
func TestCallStepFindsTheAnswerThatCameLater(t *testing.T) {
	t.Parallel()
	e := newEmployer(t, says(202, ""))
	for range 2 { // the second run follows the wait: the service may have the answer by then
		if got := must(t, e.CallStep, asking("employer")); got.Outcome != journey.StepPending {
			t.Fatalf("got %+v, want pending", got)
		}
	}
	if e.asked[0]["callbackUrl"] != e.asked[1]["callbackUrl"] {
		t.Error("two tries of one question have two callbacks")
	}
	e.callBack(t, e.asked[0], left)
	if got := must(t, e.again().CallStep, asking("employer")); got != left || len(e.asked) != 2 {
		t.Errorf("got %+v after %d questions, want %+v after 2", got, len(e.asked), left)
	}
}

// The service's callback may arrive before its 202, and it prevails over a later 200 with
// another answer.
func TestTheFirstAnswerCounts(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]http.HandlerFunc{
		"202 after the callback": says(202, ""), "another 200 after the callback": says(200, `{"outcome":"passed"}`),
	} {
		e := newEmployer(t, nil)
		e.answer = func(w http.ResponseWriter, r *http.Request) {
			e.callBack(t, e.asked[0], left)
			status(w, r)
		}
		if got := must(t, e.CallStep, asking("employer")); got != left {
			t.Errorf("%s: got %+v, want %+v", name, got, left)
		}
	}
}

// Another subject or another round is another question: no answer is reused.
func TestAnAnswerIsBoundToItsQuestion(t *testing.T) {
	t.Parallel()
	e := newEmployer(t, says(200, `{"outcome":"passed"}`))
	must(t, e.CallStep, asking("employer"))
	e.answer = says(200, `{"outcome":"failed","reason":"left_employer"}`)
	otherSubject, otherRound := asking("employer"), asking("employer")
	otherSubject.Subject, otherRound.Round = "77aa", 2
	for _, in := range []journey.StepInput{otherSubject, otherRound} {
		if got := must(t, e.CallStep, in); got != left {
			t.Errorf("%+v: got %+v, want %+v", in, got, left)
		}
	}
	if e.asked[0]["callbackUrl"] == e.asked[1]["callbackUrl"] || e.asked[1]["callbackUrl"] == e.asked[2]["callbackUrl"] {
		t.Error("two questions share a callback")
	}
}

// An unavailable service is asked again as soon as it wants, but within the patience.
func TestCallStepIsPatient(t *testing.T) {
	t.Parallel()
	e := newEmployer(t, nil)
	for retryAfter, want := range map[string]time.Duration{"": 0, "3": 3 * time.Second, "3600": 10 * time.Second} {
		e.answer = func(w http.ResponseWriter, _ *http.Request) { reply(w, 503, retryAfter, "Jane") }
		_, err := run(t, e.CallStep, asking("employer"))
		wantRetry(t, err, "service_unavailable", want)
		if text := err.Error(); strings.Contains(text, "Jane") || strings.Contains(text, "employer-token") || strings.Contains(text, "127.0.0.1") {
			t.Errorf("the error says too much: %s", text)
		}
	}
	e.answer = says(200, `{"outcome":"passed"}`)
	if got := must(t, e.CallStep, asking("employer")); got.Outcome != journey.StepPassed {
		t.Errorf("got %+v, want passed", got)
	}
}

// A refusal is inconclusive and is not recorded: when an operator runs the step again, the
// service is asked again.
func TestARefusalIsNotKept(t *testing.T) {
	t.Parallel()
	for answer, reason := range map[string]http.HandlerFunc{"refused": says(422, "Jane"), "bad_answer": says(200, `"Jane"`)} {
		e := newEmployer(t, reason)
		if got := must(t, e.CallStep, asking("employer")); got != (journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: answer}) {
			t.Errorf("got %+v, want inconclusive, %s", got, answer)
		}
		e.answer = says(200, `{"outcome":"passed"}`)
		if got := must(t, e.CallStep, asking("employer")); got.Outcome != journey.StepPassed {
			t.Errorf("after %s: got %+v, want passed", answer, got)
		}
	}
}

func TestCallStepOffersACallbackWhereItIsConfigured(t *testing.T) {
	t.Parallel()
	e := newEmployer(t, says(200, `{"outcome":"passed"}`))
	must(t, e.CallStep, asking("at_once"))
	if url, there := e.asked[0]["callbackUrl"]; there {
		t.Errorf("a callback is offered to a step without one: %v", url)
	}
	for _, step := range []string{"elsewhere", "unknown"} {
		_, err := run(t, e.CallStep, asking(step))
		wantRetry(t, err, "step_unlisted", 0)
	}
}

// Nothing is asked without a ledger: if the answer could not be recorded, the service
// would be asked twice.
func TestCallStepNeedsTheLedger(t *testing.T) {
	t.Parallel()
	e := newEmployer(t, says(200, `{"outcome":"passed"}`))
	if err := e.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := run(t, e.CallStep, asking("employer"))
	wantRetry(t, err, "ledger_unavailable", 0)
	if len(e.asked) != 0 {
		t.Error("the service was asked")
	}
}
