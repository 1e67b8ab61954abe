package activities_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// The requests of the vendor's API that road distinguishes.
const (
	callResult   = "result"
	callProcess  = "process"
	callComplete = "complete"
	callHistory  = "history"
	callDelete   = "delete"
)

func callOf(r *http.Request) string {
	switch {
	case strings.HasSuffix(r.URL.Path, "/process-custom-journey-step"):
		return callProcess
	case strings.HasSuffix(r.URL.Path, "/complete-custom-step"):
		return callComplete
	case strings.HasSuffix(r.URL.Path, "/history"):
		return callHistory
	case r.Method == http.MethodDelete:
		return callDelete
	}
	return callResult
}

// road is the connection to the vendor: it counts requests and may drop or change answers.
type road struct {
	vendor http.Handler

	mu    sync.Mutex
	calls map[string]int
	// disturb, if set, answers the nth request (from 1) of its kind in the vendor's place,
	// or returns false.
	disturb func(w http.ResponseWriter, r *http.Request, call string, nth int) bool
}

func (d *road) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := callOf(r)
	d.mu.Lock()
	d.calls[call]++
	nth, disturb := d.calls[call], d.disturb
	d.mu.Unlock()
	if disturb == nil || !disturb(w, r, call, nth) {
		d.vendor.ServeHTTP(w, r)
	}
}

// set changes the disturbance and counts from 1 again.
func (d *road) set(disturb func(w http.ResponseWriter, r *http.Request, call string, nth int) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disturb, d.calls = disturb, map[string]int{}
}

func (d *road) count(call string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[call]
}

// loseAnswers lets the vendor process requests of one kind and drops its answers.
func (d *road) loseAnswers(lost string) {
	d.set(func(_ http.ResponseWriter, r *http.Request, call string, _ int) bool {
		if call != lost {
			return false
		}
		d.vendor.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // the connection breaks without an answer
	})
}

// answers answers requests of one kind in the vendor's place.
func (d *road) answers(which string, status int, retryAfter, body string) {
	d.set(func(w http.ResponseWriter, _ *http.Request, call string, _ int) bool {
		if call == which {
			reply(w, status, retryAfter, body)
		}
		return call == which
	})
}

func reply(w http.ResponseWriter, status int, retryAfter, body string) {
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // an error means that the client has disconnected
}

// door is a proxy in front of the customer's endpoint.
type door struct {
	customer http.Handler

	mu         sync.Mutex
	shut       bool // connections break
	retryAfter string
	onRequest  func()
}

func (d *door) set(shut bool, retryAfter string, onRequest func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut, d.retryAfter, d.onRequest = shut, retryAfter, onRequest
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	shut, retryAfter, onRequest := d.shut, d.retryAfter, d.onRequest
	d.mu.Unlock()
	if onRequest != nil {
		onRequest()
	}
	if shut {
		panic(http.ErrAbortHandler)
	}
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	d.customer.ServeHTTP(w, r)
}
