package idwise

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestEveryCallIsObserved(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		want   Outcome
	}{
		{"a result", says(200, `{"journey_id":"j1"}`), OutcomeOK},
		{"another journey's", says(200, `{"journey_id":"j2"}`), OutcomeUnreadable},
		{"no JSON", says(200, "hello"), OutcomeUnreadable},
		{"no such journey", says(404, `{"success":false,"error_code":"missing_requested_resource"}`), OutcomeMissing},
		{"a bare 404", says(404, "not here"), OutcomeDenied},
		{"wrong credentials", says(401, ""), OutcomeDenied},
		{"too many requests", says(429, ""), OutcomeThrottled},
		{"an error of the vendor's", says(500, ""), OutcomeFailed},
		{"an error in a success", says(200, `{"success":false,"error_code":"x"}`), OutcomeFailed},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, OutcomeUnreachable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tc.answer)
			t.Cleanup(server.Close)
			var got []Outcome
			c := observed(t, server.URL, func(op Operation, o Outcome, took time.Duration) {
				got = append(got, o)
				if op != JourneyResult || took <= 0 {
					t.Errorf("got %s, %v; want journey_result and the time it took", op, took)
				}
			})
			_, err := c.Result(t.Context(), "j1")
			if len(got) != 1 || got[0] != tc.want || (err == nil) != (tc.want == OutcomeOK) {
				t.Errorf("got %v and error %v, want %s", got, err, tc.want)
			}
		})
	}
}

func TestACallThatIsNotSentTakesNoTime(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	var got []Outcome
	c := observed(t, server.URL, func(_ Operation, o Outcome, took time.Duration) {
		got = append(got, o)
		if (took == 0) != (o == OutcomeHeld) {
			t.Errorf("a call that was %s took %v", o, took)
		}
	})
	for _, id := range []string{"j1", "j1", "no id"} {
		if _, err := c.Result(t.Context(), id); err == nil {
			t.Errorf("the result of %q was answered", id)
		}
	}
	if len(got) != 3 || got[0] != OutcomeThrottled || got[1] != OutcomeHeld || got[2] != OutcomeHeld {
		t.Errorf("got %v, want throttled, held, held", got)
	}
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func observed(t *testing.T, url string, observe func(Operation, Outcome, time.Duration)) *Client {
	t.Helper()
	c, err := New(Config{
		BaseURL: url, Credentials: Credentials{Key: "k", Secret: "s"},
		Observe: func(_ context.Context, op Operation, o Outcome, took time.Duration) { observe(op, o, took) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
