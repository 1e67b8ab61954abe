package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"idjourney/api"
)

// contract is openapi.yaml. Every answer in these tests is checked against it.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

var readContract = sync.OnceValues(func() (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	doc.Servers = nil // the tests' server has another address
	router, err := gorillamux.NewRouter(doc)
	return &contract{doc, router}, err
})

func contractOf(t *testing.T) *contract {
	t.Helper()
	c, err := readContract()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	return c
}

// hold checks an answer, and that the document allows a request that was accepted. Routes
// that are not in the document are not checked.
func (c *contract) hold(t *testing.T, req *http.Request, resp *http.Response, body []byte) {
	t.Helper()
	found, params, err := c.router.FindRoute(req)
	if err != nil {
		if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s %s answers %d and is not in openapi.yaml", req.Method, req.URL.Path, resp.StatusCode)
		}
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: found, Options: &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
	}}
	if resp.StatusCode < 400 {
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s %s was accepted (%d), against openapi.yaml: %v", req.Method, req.URL.Path, resp.StatusCode, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Options: in.Options,
		Body: io.NopCloser(bytes.NewReader(body)),
	}
	if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
		t.Errorf("%s %s: the answer %d is not that of openapi.yaml: %v\n%s", req.Method, req.URL.Path, resp.StatusCode, err, body)
	}
}

// operation is an operation of the document.
type operation struct {
	name, method, path string // path with its parameters
	op                 *openapi3.Operation
	params             openapi3.Parameters
}

func (c *contract) operations() []operation {
	var all []operation
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, operation{method + " " + path, method, path, op, append(item.Parameters, op.Parameters...)})
		}
	}
	return all
}

// request fills the examples in.
func (o operation) request(t *testing.T, token string) ask {
	t.Helper()
	q := ask{method: o.method, path: o.path, token: token, header: http.Header{}}
	for _, p := range o.params {
		switch p.Value.In {
		case openapi3.ParameterInPath:
			q.path = strings.ReplaceAll(q.path, "{"+p.Value.Name+"}", p.Value.Example.(string))
		case openapi3.ParameterInHeader:
			if p.Value.Required {
				q.header.Set(p.Value.Name, t.Name())
			}
		}
	}
	if o.op.RequestBody == nil {
		return q
	}
	media := o.op.RequestBody.Value.Content["application/json"]
	example := media.Example
	for _, one := range media.Examples {
		if example == nil || strings.Contains(o.path, "/review") && one == media.Examples["review"] || one == media.Examples["start"] {
			example = one.Value.Value
		}
	}
	text, err := json.Marshal(example)
	must(t, err)
	q.body = string(text)
	return q
}

func (o operation) open() bool { return o.op.Security != nil && len(*o.op.Security) == 0 }

// The document describes every route, and every route that it describes exists.
func TestTheDocumentAndTheRoutesAreTheSame(t *testing.T) {
	t.Parallel()
	made, err := api.New((&testAPI{operator: &fakeOperator{}, log: &lockedBuffer{}}).config(func(c *api.Config) {
		c.Ledger = struct{ api.Ledger }{}
	}))
	must(t, err)
	served := map[string]bool{}
	for _, r := range made.Handler().Routes() {
		var shape []string
		for part := range strings.SplitSeq(r.Path, "/") {
			if strings.HasPrefix(part, ":") {
				part = "{}"
			}
			shape = append(shape, part)
		}
		served[r.Method+" "+strings.Join(shape, "/")] = true
	}
	for _, o := range contractOf(t).operations() {
		shape := o.method + " " + o.path
		for _, p := range o.params {
			shape = strings.ReplaceAll(shape, "{"+p.Value.Name+"}", "{}")
		}
		if !served[shape] {
			t.Errorf("%s is in openapi.yaml and not served", o.name)
		}
		delete(served, shape)
	}
	for route := range served {
		t.Errorf("%s is served and not in openapi.yaml", route)
	}
}

func TestTheDocumentIsServedWithoutAToken(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	got := a.do(t, ask{method: "GET", path: "/v1/openapi.yaml"})
	if got.status != 200 || !strings.HasPrefix(got.body, "openapi: 3.1") {
		t.Errorf("got %d %.40q", got.status, got.body)
	}
}
