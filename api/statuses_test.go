package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"idjourney/api"
	"idjourney/idwise"
	"idjourney/ledger/ledgertest"
)

// provoked are the statuses that were seen, by operation.
type provoked map[string]map[int]bool

func (p provoked) saw(t *testing.T, o operation, got reply, want int) reply {
	t.Helper()
	if got.status != want {
		t.Errorf("%s: got %d %s, want %d", o.name, got.status, got.body, want)
	}
	if p[o.name] == nil {
		p[o.name] = map[int]bool{}
	}
	p[o.name][got.status] = true
	return got
}

// Every documented status is provoked here. Each exchange checks that its answer conforms
// to the document.
func TestEveryDocumentedStatusIsProvoked(t *testing.T) {
	t.Parallel()
	seen := provoked{}
	for _, o := range contractOf(t).operations() {
		t.Run(o.name, func(t *testing.T) {
			if strings.Contains(o.path, "/callbacks/") {
				seen.callback(t, o)
				return
			}
			if o.open() {
				a := openAPI(t, nil)
				seen.saw(t, o, a.do(t, o.request(t, "")), http.StatusOK)
				return
			}
			seen.success(t, o)
			seen.refusals(t, o)
			seen.notFound(t, o)
			seen.bodies(t, o)
			seen.outages(t, o)
			seen.conflicts(t, o)
		})
	}
	for _, o := range contractOf(t).operations() {
		for code := range o.op.Responses.Map() {
			status, err := strconv.Atoi(code)
			must(t, err)
			if !seen[o.name][status] {
				t.Errorf("%s: the documented %d was never provoked", o.name, status)
			}
		}
	}
}

// allowed is a token that may do what the operation does.
func allowed(o operation) string {
	switch {
	case o.method == http.MethodDelete:
		return eraserToken
	case o.method == http.MethodGet || strings.HasSuffix(o.path, "/search"):
		return readerToken
	default:
		return operatorToken
	}
}

func (p provoked) success(t *testing.T, o operation) {
	t.Helper()
	a := openAPI(t, nil)
	a.fill(t)
	want := map[string]int{"DELETE": 202, "POST /v1/journeys": 201, "acknowledge": 204, "link": 204}
	status := http.StatusOK
	for part, code := range want {
		if o.method == part || o.name == part || strings.HasSuffix(o.path, "/"+part) {
			status = code
		}
	}
	got := p.saw(t, o, a.do(t, o.request(t, allowed(o))), status)
	if tag := got.header.Get("Etag"); tag != "" {
		again := o.request(t, allowed(o))
		again.header.Set("If-None-Match", tag)
		p.saw(t, o, a.do(t, again), http.StatusNotModified)
	}
}

func (p provoked) refusals(t *testing.T, o operation) {
	t.Helper()
	a := openAPI(t, nil)
	a.fill(t)
	for _, token := range []string{"", "no-token-that-anybody-has-configured"} {
		got := p.saw(t, o, a.do(t, o.request(t, token)), http.StatusUnauthorized)
		if !strings.HasPrefix(got.header.Get("Www-Authenticate"), "Bearer ") {
			t.Errorf("%s: 401 without a challenge", o.name)
		}
	}
	wrong, scope := eraserToken, "read"
	switch allowed(o) {
	case operatorToken:
		wrong, scope = readerToken, "operate"
	case eraserToken:
		wrong, scope = operatorToken, "erase"
	}
	got := p.saw(t, o, a.do(t, o.request(t, wrong)), http.StatusForbidden)
	if !strings.Contains(got.body, "scope "+scope) || !strings.Contains(got.header.Get("Www-Authenticate"), `scope="`+scope+`"`) {
		t.Errorf("%s: 403 does not name the scope %s: %s", o.name, scope, got.body)
	}
	p.throttled(t, o)
	for _, malformed := range []string{"?after=99999;x", "?%zz", "?a=1;b=2"} {
		q := o.request(t, allowed(o))
		q.path += malformed
		p.saw(t, o, a.do(t, q), http.StatusBadRequest)
	}
	typo := o.request(t, allowed(o))
	typo.path += "?custmer=jane"
	if got := p.saw(t, o, a.do(t, typo), http.StatusBadRequest); !strings.Contains(got.body, "custmer") || strings.Contains(got.body, "jane") {
		t.Errorf("%s: got %s, want the parameter's name without its value", o.name, got.body)
	}
}

// throttled guesses tokens until the API stops examining them, even the right one.
func (p provoked) throttled(t *testing.T, o operation) {
	t.Helper()
	a := openAPI(t, nil)
	var got reply
	for i := range 100 {
		if got = a.do(t, o.request(t, fmt.Sprintf("a-guess-of-more-than-32-characters-%d", i))); got.status != http.StatusUnauthorized {
			break
		}
	}
	p.saw(t, o, got, http.StatusTooManyRequests)
	if got := p.saw(t, o, a.do(t, o.request(t, allowed(o))), http.StatusTooManyRequests); got.header.Get("Retry-After") == "" {
		t.Errorf("%s: 429 without Retry-After", o.name)
	}
}

// A hidden journey or account is answered like one that does not exist, word for word.
func (p provoked) notFound(t *testing.T, o operation) {
	t.Helper()
	a := openAPI(t, nil)
	a.fill(t)
	var ghost, hidden ask
	body := o.request(t, allowed(o)).body
	named := slices.ContainsFunc(o.params, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "account" })
	switch {
	case !named && !strings.Contains(body, `"account"`):
		return // it names no account
	case strings.Contains(o.path, "{account}"):
		ghost, hidden = o.request(t, allowed(o)), o.request(t, allowed(o))
		ghost.path = strings.Replace(ghost.path, "/acme/", "/nobody/", 1)
		hidden.path = strings.Replace(hidden.path, "/acme/", "/globex/", 1)
	case named:
		ghost, hidden = o.request(t, allowed(o)), o.request(t, allowed(o))
		ghost.path, hidden.path = o.path+"?account=nobody", o.path+"?account=globex"
	default:
		ghost, hidden = o.request(t, allowed(o)), o.request(t, allowed(o))
		ghost.body = strings.Replace(body, "acme", "nobody", 1)
		hidden.body = strings.Replace(body, "acme", "globex", 1)
	}
	one, two := p.saw(t, o, a.do(t, ghost), http.StatusNotFound), p.saw(t, o, a.do(t, hidden), http.StatusNotFound)
	if one.body != two.body {
		t.Errorf("%s: a hidden account is answered unlike an unknown one: %s, %s", o.name, one.body, two.body)
	}
	if strings.Contains(o.path, "{journeyId}") {
		other := o.request(t, allowed(o))
		other.path = strings.Replace(other.path, "jny-known", "jny-unknown", 1)
		if got := p.saw(t, o, a.do(t, other), http.StatusNotFound); got.body != one.body {
			t.Errorf("%s: an unknown journey is answered unlike a hidden account: %s", o.name, got.body)
		}
	}
	if len(a.operator.sent()) != 0 || len(a.vendor.started) != 0 {
		t.Errorf("%s: the refused request had an effect", o.name)
	}
}

func (p provoked) bodies(t *testing.T, o operation) {
	t.Helper()
	if o.op.RequestBody == nil {
		return
	}
	a := openAPI(t, nil)
	a.fill(t)
	with := func(body, kind string) ask {
		q := o.request(t, allowed(o))
		q.body = body
		q.header.Set("Content-Type", kind)
		return q
	}
	valid := o.request(t, allowed(o)).body
	actor := strings.Replace(valid, "{", `{"actor":"somebody else",`, 1)
	actor = strings.Replace(actor, ",}", "}", 1)
	got := p.saw(t, o, a.do(t, with(actor, "application/json")), http.StatusBadRequest)
	if !strings.Contains(got.body, `\"actor\"`) || strings.Contains(got.body, "somebody") {
		t.Errorf("%s: got %s, want a sentence that names the key and not its value", o.name, got.body)
	}
	for _, body := range []string{"null", "[]", `"text"`, "{", valid + valid, `{"a":`, "\xff{}"} {
		p.saw(t, o, a.do(t, with(body, "application/json")), http.StatusBadRequest)
	}
	p.saw(t, o, a.do(t, with(valid, "text/plain")), http.StatusUnsupportedMediaType)
	p.saw(t, o, a.do(t, with(strings.Repeat(" ", 70_000)+valid, "application/json")), http.StatusRequestEntityTooLarge)
	if len(a.operator.sent()) != 0 || len(a.vendor.started) != 0 {
		t.Errorf("%s: the refused request had an effect", o.name)
	}
}

// outages: the ledger is away, and a defect of ours.
func (p provoked) outages(t *testing.T, o operation) {
	t.Helper()
	closed := ledgertest.Open(t, ledgertest.SQLite(t))
	must(t, closed.Close())
	a := openAPI(t, func(c *api.Config) { c.Ledger = closed })
	if got := p.saw(t, o, a.do(t, o.request(t, allowed(o))), http.StatusServiceUnavailable); strings.Contains(got.body, "sql") {
		t.Errorf("%s: shows our own error: %s", o.name, got.body)
	}
	b := openAPI(t, func(c *api.Config) { c.Ledger = struct{ api.Ledger }{} })
	p.saw(t, o, b.do(t, o.request(t, allowed(o))), http.StatusInternalServerError)
	if text := b.log.String(); !strings.Contains(text, "panicked") || strings.Contains(text, "customer-4711") {
		t.Errorf("%s: the log has %s", o.name, text)
	}
}

func (p provoked) conflicts(t *testing.T, o operation) {
	t.Helper()
	if o.op.Responses.Value("409") == nil {
		return
	}
	a := openAPI(t, nil)
	a.fill(t)
	if o.name == "POST /v1/journeys" {
		p.saw(t, o, a.do(t, o.request(t, operatorToken)), http.StatusCreated)
		reused := o.request(t, operatorToken)
		reused.body = strings.Replace(reused.body, "4711", "4712", 1)
		p.saw(t, o, a.do(t, reused), http.StatusConflict)
		a.vendor.failure = &idwise.APIError{Status: 500}
		again := o.request(t, operatorToken)
		again.header.Set("Idempotency-Key", "another")
		p.saw(t, o, a.do(t, again), http.StatusBadGateway)
		must(t, a.ledger.Erase(t.Context(), "acme", "jny-started", noon))
		p.saw(t, o, a.do(t, o.request(t, operatorToken)), http.StatusGone)
		return
	}
	a.operator.failure = &api.Refused{Sentence: "the review has changed since it was looked at"}
	if got := p.saw(t, o, a.do(t, o.request(t, allowed(o))), http.StatusConflict); !strings.Contains(got.body, "the review has changed") {
		t.Errorf("%s: got %s, want the workflow's sentence", o.name, got.body)
	}
	a.operator.failure = api.ErrClosed
	if got := p.saw(t, o, a.do(t, o.request(t, allowed(o))), http.StatusConflict); !strings.Contains(got.body, `"closed"`) {
		t.Errorf("%s: got %s, want closed", o.name, got.body)
	}
	a.operator.failure = errors.New("dial tcp 10.0.0.1: refused")
	if got := p.saw(t, o, a.do(t, o.request(t, allowed(o))), http.StatusServiceUnavailable); strings.Contains(got.body, "10.0.0.1") {
		t.Errorf("%s: shows our own error: %s", o.name, got.body)
	}
}
