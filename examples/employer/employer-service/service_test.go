package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"idjourney/examples/employer"
	"idjourney/journey"
	"idjourney/steps"
)

var asked = journey.StepInput{Account: "acme", JourneyID: "j-left", Step: "employer_service"}

// idjourney's own client and reader understand the service: 202, an answer by callback
// that is repeated until it is accepted, and 200 to a repeated question.
func TestTheServiceSpeaksTheContract(t *testing.T) {
	t.Parallel()
	register := filepath.Join(t.TempDir(), "left.txt")
	if err := os.WriteFile(register, []byte("j-other\nj-left\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(&service{
		register: employer.Register(register), token: "token", again: time.Millisecond, underWay: map[string]*employer.Answer{},
	})
	defer service.Close()
	bodies := make(chan []byte, 2)
	tries := 0
	idjourney := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		bodies <- body
	}))
	defer idjourney.Close()
	ask := func() journey.StepAnswer {
		a, err := steps.NewClient().Ask(t.Context(), steps.Service{URL: service.URL, Token: "token"}, asked, idjourney.URL)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if got := ask(); got.Outcome != journey.StepPending {
		t.Fatalf("got %+v, want pending", got)
	}
	want := journey.StepAnswer{Outcome: journey.StepFailed, Reason: "left_employer"}
	for range 2 {
		select {
		case body := <-bodies:
			if got, err := steps.ReadCallback(body); err != nil || got != want {
				t.Errorf("called back with %s: %+v, %v", body, got, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the callback is not tried again")
		}
	}
	if got := ask(); got != want {
		t.Errorf("asked again: got %+v, want %+v", got, want)
	}
}

func TestTheServiceWantsItsToken(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(&service{token: "token", underWay: map[string]*employer.Answer{}})
	defer service.Close()
	got, err := steps.NewClient().Ask(t.Context(), steps.Service{URL: service.URL, Token: "other"}, asked, "http://127.0.0.1:1")
	if err != nil || got.Reason != steps.ReasonRefused {
		t.Errorf("got %+v, %v, want refused", got, err)
	}
	example, err := os.ReadFile(filepath.Join("..", "..", "..", "steps", "schemas", "input.example.json"))
	if err != nil {
		t.Fatal(err)
	}
	var q employer.Question
	if err := json.Unmarshal(example, &q); err != nil || q.CallbackURL == "" || q.JourneyID == "" {
		t.Errorf("the contract's example is read as %+v, %v", q, err)
	}
}
