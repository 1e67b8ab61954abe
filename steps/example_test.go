package steps_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"idjourney/journey"
	"idjourney/steps"
)

// A step over HTTP answers an outcome and, unless it passed, a reason: a code, no
// personal data.
func Example() {
	employer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"outcome": "failed", "reason": "not_employed"}`)
	}))
	defer employer.Close()

	service := steps.Service{URL: employer.URL, Token: "token"}
	in := journey.StepInput{Account: "acme", JourneyID: "64f0c2a1b7e94d0012ab34cd", Step: "employer"}
	answer, err := steps.NewClient().Ask(context.Background(), service, in, "")
	fmt.Println(answer.Outcome, answer.Reason, err)
	// Output: failed not_employed <nil>
}
