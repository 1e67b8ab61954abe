package steps_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/steps"
)

const (
	token    = "a-token-that-is-secret"
	callback = "https://api.example/v1/callbacks/steps/capability-that-is-secret"
)

var question = journey.StepInput{Account: "acme", JourneyID: "j-1", Step: "employer", Subject: "5b1f", Round: 2, Links: []string{"00-trace"}}

// ask asks a service that is h, and checks that no error gives away a secret.
func ask(t *testing.T, h http.HandlerFunc) (journey.StepAnswer, error) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	return askAt(t, server.URL+"/steps?tenant=secret-of-the-url", 5*time.Second)
}

func askAt(t *testing.T, url string, timeout time.Duration) (journey.StepAnswer, error) {
	t.Helper()
	a, err := steps.NewClient().Ask(t.Context(), steps.Service{URL: url, Token: token, Timeout: timeout}, question, callback)
	if err != nil {
		for _, secret := range []string{token, "capability", "secret-of-the-url", "Jane"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error gives away %q: %v", secret, err)
			}
		}
	}
	return a, err
}

func answer(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestTheQuestion(t *testing.T) {
	t.Parallel()
	var bodies, keys []string
	for range 2 {
		_, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies, keys = append(bodies, string(body)), append(keys, r.Header.Get("Idempotency-Key"))
			if got := r.Header.Get("Authorization"); got != "Bearer "+token || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("asked by %s with %v", r.Method, r.Header)
			}
			answer(200, "application/json", `{"outcome":"passed"}`)(w, r)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := `{"account":"acme","journeyId":"j-1","step":"employer","subject":"5b1f","round":2,"callbackUrl":"` + callback + `"}`
	if bodies[0] != want || bodies[1] != want {
		t.Errorf("got %q, want twice %s", bodies, want)
	}
	if keys[0] != steps.Key(question) || keys[1] != keys[0] {
		t.Errorf("the keys are %q, want twice %s", keys, steps.Key(question))
	}
	var value any
	if err := json.Unmarshal([]byte(bodies[0]), &value); err != nil || schemaOf(t, "input").check(value) != nil {
		t.Errorf("%s does not follow the schema", bodies[0])
	}
}

// Every class of status has one meaning.
func TestWhatAStatusMeans(t *testing.T) {
	t.Parallel()
	passed := journey.StepAnswer{Outcome: journey.StepPassed}
	pending := journey.StepAnswer{Outcome: journey.StepPending}
	refused := journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: "refused"}
	bad := journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: "bad_answer"}
	const ok = `{"outcome":"passed"}`
	for _, c := range []struct {
		status     int
		kind, body string
		want       journey.StepAnswer // the zero value: to be asked again
	}{
		{200, "application/json", ok, passed},
		{200, "application/json; charset=utf-8", ok, passed},
		{200, "application/json", `{"outcome":"failed","reason":"left","subject":"x"}`, journey.StepAnswer{Outcome: journey.StepFailed, Reason: "left", Subject: "x"}},
		{200, "application/json", `{"outcome":"pending"}`, pending},
		{200, "application/json", `{"outcome":"Jane"}`, bad},
		{200, "application/json", ok + strings.Repeat(" ", steps.MaxAnswer), bad},
		{200, "text/html", "<h1>Jane, we are in maintenance</h1>", journey.StepAnswer{}},
		{202, "", "", pending},
		{202, "application/json", ok, pending}, // 202 has no answer yet, whatever is in it
		{201, "application/json", ok, bad},
		{204, "", "", bad},
		{301, "", "", journey.StepAnswer{}},
		{400, "", "Jane", refused}, {401, "", "", refused}, {403, "", "", refused}, {404, "", "", refused},
		{409, "", "", refused}, {422, "", "", refused},
		{408, "", "", journey.StepAnswer{}}, {425, "", "", journey.StepAnswer{}}, {429, "", "", journey.StepAnswer{}},
		{500, "application/json", ok, journey.StepAnswer{}}, {502, "", "Jane", journey.StepAnswer{}}, {503, "", "", journey.StepAnswer{}},
	} {
		got, err := ask(t, answer(c.status, c.kind, c.body))
		var unavailable *steps.Unavailable
		if c.want == (journey.StepAnswer{}) {
			if !errors.As(err, &unavailable) || unavailable.Status != c.status || got != c.want {
				t.Errorf("%d %s: got %+v, %v, want to ask again", c.status, c.kind, got, err)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%d %.60q: got %+v, %v, want %+v", c.status, c.body, got, err, c.want)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer elsewhere.Close()
	for _, status := range []int{302, 307, 308} {
		_, err := ask(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, status) })
		if err == nil || followed {
			t.Errorf("%d: got %v, followed %v", status, err, followed)
		}
	}
}

func TestRetryAfterIsPassedOn(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{"7": 7 * time.Second, "-1": 0, "soon": 0, "Mon, 02 Jan 2006 15:04:05 GMT": 0} {
		_, err := ask(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		var unavailable *steps.Unavailable
		if !errors.As(err, &unavailable) || unavailable.RetryAfter != want {
			t.Errorf("Retry-After %q: got %v, want %s", value, err, want)
		}
	}
}

// A transport failure is retried, and never read as an answer.
func TestATransportFailureIsRetried(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	for name, h := range map[string]http.HandlerFunc{
		"no headers": func(http.ResponseWriter, *http.Request) { <-hang },
		"slow body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"outcome":`)
			w.(http.Flusher).Flush()
			<-hang
		},
		"cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"outcome":"passed"}`)
		},
		"broken off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		server := httptest.NewUnstartedServer(h)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.Start()
		defer func() { server.CloseClientConnections() }()
		a, err := askAt(t, server.URL, 300*time.Millisecond)
		var unavailable *steps.Unavailable
		if !errors.As(err, &unavailable) || a != (journey.StepAnswer{}) {
			t.Errorf("%s: got %+v, %v", name, a, err)
		}
	}
}

func TestAnUnknownCertificateIsNotTrusted(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	_, err := askAt(t, server.URL, 5*time.Second)
	if err == nil || asked || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v, asked %v", err, asked)
	}
}

func TestAnAddressThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://secret-of-the-url\x7f", "secret-of-the-url", "http://127.0.0.1:1/secret-of-the-url"} {
		if _, err := askAt(t, url, 2*time.Second); err == nil {
			t.Errorf("%q could be asked", url)
		}
	}
	shown := fmt.Sprintf("%v %+v %#v %s", steps.Service{URL: "u-secret", Token: "t-secret"}, steps.Service{URL: "u-secret", Token: "t-secret"},
		steps.Service{URL: "u-secret", Token: "t-secret"}, steps.Service{URL: "u-secret", Token: "t-secret"}.LogValue())
	if strings.Contains(shown, "secret") {
		t.Errorf("a service shows as %s", shown)
	}
}

// One question has one key and one token; every other question has different ones.
func TestEveryQuestionHasItsOwnKeyAndToken(t *testing.T) {
	t.Parallel()
	secret := []byte("0123456789abcdef0123456789abcdef")
	same := question
	same.Links = nil // its cause is not part of it
	if steps.Key(same) != steps.Key(question) || steps.Token(secret, same) != steps.Token(secret, question) {
		t.Error("one question has two names")
	}
	others := []journey.StepInput{question, question, question, question, question, question}
	others[0].Account, others[1].JourneyID, others[2].Step = "acme2", "j-2", "employer2"
	others[3].Round, others[4].Subject = 3, "5b20"
	others[5].Account, others[5].JourneyID = "acmej", "-1" // no part flows into the next
	for _, other := range others {
		if steps.Key(other) == steps.Key(question) || steps.Token(secret, other) == steps.Token(secret, question) {
			t.Errorf("%+v has the name of another question", other)
		}
	}
	if steps.Token([]byte("another secret"), question) == steps.Token(secret, question) {
		t.Error("the token does not depend on the secret")
	}
	if got := steps.CallbackURL("https://api.example/", "tok"); got != "https://api.example/v1/callbacks/steps/tok" {
		t.Errorf("the callback is %s", got)
	}
	if got := steps.CallbackURL("", "tok"); got != "" {
		t.Errorf("the callback without an API is %s", got)
	}
}
