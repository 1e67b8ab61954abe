package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// ledgerTimeout bounds each use of the ledger.
const ledgerTimeout = 5 * time.Second

// call is one request. The token is set once the caller is authenticated.
type call struct {
	gin   *gin.Context
	token *token
	// ctx is the request's, bounded for the route's calls of ledger and workflow. An act's
	// goes on when the caller has gone.
	ctx context.Context
	// account and id come from the path; empty where the route has none.
	account, id string
}

// reply is the answer to a call. A nil body means that there is none.
type reply struct {
	status int
	body   any
	header http.Header
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

// rows converts the items of a list; an empty list is [] in JSON.
func rows[In, Out any](items []In, row func(In) Out) []Out {
	out := make([]Out, 0, len(items))
	for _, item := range items {
		out = append(out, row(item))
	}
	return out
}

type handler func(*call) (reply, error)

// route is one operation of openapi.yaml.
type route struct {
	method, path string
	scope        config.Scope
	query        []string // the parameters it knows
	handle       handler
}

// serve authenticates the caller, checks its rights and runs the route.
func (a *API) serve(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		in := &call{gin: c, ctx: c.Request.Context(), account: c.Param("account"), id: c.Param("id")}
		limit := ledgerTimeout
		if r.scope != config.ScopeRead {
			in.ctx, limit = context.WithoutCancel(in.ctx), limit+actTimeout
		}
		var cancel context.CancelFunc
		in.ctx, cancel = context.WithTimeout(in.ctx, limit)
		defer cancel()
		out, err := a.handle(in, r)
		var p *problem
		if err != nil {
			p = a.problemFrom(c.Request.Context(), err)
			out = p.reply()
		}
		switch {
		case p != nil && p.denied != "":
			a.deny(in, r, p.denied)
		case r.scope != config.ScopeRead && in.token != nil:
			a.log.InfoContext(c.Request.Context(), "API act", "token", in.token.name, "method", r.method, "route", r.path,
				"account", in.account, "id", in.id, "status", out.status)
		}
		write(c, out)
	}
}

func (a *API) handle(in *call, r route) (reply, error) {
	if err := a.authenticate(in); err != nil {
		return reply{}, err
	}
	if !in.token.requests.Allow() {
		return reply{}, tooMany("the token sends too many requests", time.Second)
	}
	if !in.token.may(r.scope) {
		return reply{}, forbidden(r.scope)
	}
	if err := in.check(r); err != nil {
		return reply{}, err
	}
	return r.handle(in)
}

// check refuses what no handler can use. An unknown parameter may be a typo, or a reference
// that must not be in a URL.
func (in *call) check(r route) error {
	if in.account != "" && !in.token.sees(in.account) {
		return hidden()
	}
	if in.id != "" && !idwise.ValidID(in.id) {
		return notFound()
	}
	query, err := url.ParseQuery(in.gin.Request.URL.RawQuery)
	if err != nil {
		return badRequest("the query cannot be read")
	}
	for name, values := range query {
		if !slices.Contains(r.query, name) {
			return badRequest(fmt.Sprintf("the parameter %q is not known here", brief(name)))
		}
		if len(values) > 1 {
			return badRequest(fmt.Sprintf("the parameter %q is there twice", brief(name)))
		}
	}
	return nil
}

// within returns the request's own context with another bound.
func (in *call) within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(in.gin.Request.Context(), d)
}

// number reads a parameter between low and high; fallback if it is missing.
func (in *call) number(name string, fallback, low, high int64) (int64, error) {
	text, there := in.gin.GetQuery(name)
	if !there {
		return fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, badRequest(fmt.Sprintf("%s must be a whole number from %d to %d", name, low, high))
	}
	return n, nil
}

// only narrows the token's accounts to the one that the parameter account names.
func (in *call) only() ([]string, error) {
	name, there := in.gin.GetQuery("account")
	if !there {
		return in.token.accounts, nil
	}
	if !in.token.sees(name) {
		return nil, hidden()
	}
	return []string{name}, nil
}

func write(c *gin.Context, out reply) {
	for name, values := range out.header {
		c.Writer.Header()[name] = values
	}
	c.Header("Vary", "Authorization")
	if c.Writer.Header().Get("Cache-Control") == "" {
		c.Header("Cache-Control", "no-store")
	}
	if out.body == nil {
		c.Status(out.status)
		c.Writer.WriteHeaderNow()
		return
	}
	text, ready := out.body.(json.RawMessage)
	if !ready {
		text, _ = json.Marshal(out.body) // structs of strings, numbers and valid times: cannot fail
	}
	c.Data(out.status, "application/json", text)
}

// brief bounds the caller's own words in an answer.
func brief(s string) string {
	const most = 64
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// maxBody bounds a request's body, in bytes. Every documented one is far smaller.
const maxBody = 64 << 10

// Bounds of free text, in characters.
const (
	maxReference = 256
	maxReason    = 500
)

// read returns the body, of at most limit bytes. If it is optional, a missing one is an
// empty object.
func (in *call) read(limit int64, optional bool) ([]byte, error) {
	r := in.gin.Request
	tooLarge := problemOf(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body is larger than %d bytes", limit))
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(in.gin.Writer, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, tooLarge
	case err != nil:
		return nil, badRequest("the body did not arrive")
	case len(body) == 0 && optional:
		return []byte("{}"), nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, problemOf(http.StatusUnsupportedMediaType, "unsupported_media_type", "send the body as Content-Type: application/json")
	}
	return body, nil
}

// body reads the body into a struct.
func (in *call) body(optional bool, into any) error {
	raw, err := in.read(maxBody, optional)
	if err != nil {
		return err
	}
	return decode(raw, into)
}

// decode reads one JSON object, in which every key must be known: an ignored key would be
// a lost intention. Errors name keys, never values.
func decode(body []byte, into any) error {
	if !utf8.Valid(body) {
		return badRequest("the body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return badRequest("the body must be one JSON object and nothing after it")
		}
		if first := bytes.TrimLeft(body, " \t\r\n"); len(first) == 0 || first[0] != '{' {
			return badRequest("the body must be a JSON object")
		}
		return nil
	}
	if key, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return badRequest(fmt.Sprintf("the key %q is not known here", brief(strings.Trim(key, `"`))))
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return badRequest(fmt.Sprintf("the value of %s is of the wrong type", brief(wrong.Field)))
	}
	return badRequest("the body is not a JSON object")
}

// text checks a required text.
func text(key, value string, most int) error {
	switch {
	case strings.TrimSpace(value) == "":
		return badRequest(key + " is missing")
	case utf8.RuneCountInString(value) > most:
		return badRequest(fmt.Sprintf("%s is longer than %d characters", key, most))
	case !journey.IsText(value):
		return badRequest(key + " has control characters, or characters that change the direction of text")
	}
	return nil
}

var keyForm = regexp.MustCompile(`^[\x21-\x7e]{1,128}$`)

// once runs a request once per account, token and Idempotency-Key. It keeps the answer: the
// same request gets it again, and another one with the same key is refused. A failure is
// kept only if something may have been done; otherwise the key is released.
func (a *API) once(in *call, body []byte, do func(context.Context) (reply, error)) (reply, error) {
	key := in.gin.GetHeader("Idempotency-Key")
	if !keyForm.MatchString(key) {
		return reply{}, badRequest("the header Idempotency-Key is needed: 1 to 128 visible ASCII characters, another one for each request")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(in.ctx), slowestCall)
	defer cancel()
	sum := sha256.Sum256(append([]byte(in.gin.Request.Method+" "+in.gin.Request.URL.Path+"\n"), body...))
	request := ledger.IdempotentRequest{Account: in.account, Token: in.token.name, Key: key, Hash: hex.EncodeToString(sum[:])}
	stored, err := a.cfg.Ledger.BeginIdempotent(ctx, request, a.cfg.Now().UTC())
	switch {
	case errors.Is(err, ledger.ErrKeyReused):
		return reply{}, conflict("key_reused", "the Idempotency-Key belongs to another request: use a new one")
	case errors.Is(err, ledger.ErrInProgress):
		return reply{}, conflict("in_progress", "the first request with this Idempotency-Key has no answer yet")
	case errors.Is(err, ledger.ErrErased):
		return reply{}, problemOf(http.StatusGone, "erased", "the journey that this Idempotency-Key stands for was erased")
	case err != nil:
		return reply{}, err
	case stored != nil:
		return reply{status: stored.Status, body: json.RawMessage(stored.Body), header: http.Header{"Idempotency-Replayed": {"true"}}}, nil
	}
	out, err := do(ctx)
	if err != nil {
		p := a.problemFrom(ctx, err)
		if !p.done {
			if err := a.cfg.Ledger.ReleaseIdempotent(ctx, request); err != nil {
				a.log.WarnContext(ctx, "API: an Idempotency-Key could not be given back; it is free in some minutes", "token", in.token.name, "error", err)
			}
			return reply{}, p
		}
		out = p.reply()
	}
	text, _ := json.Marshal(out.body) // structs of strings and bools: cannot fail
	if err := a.cfg.Ledger.FinishIdempotent(ctx, request, in.id, out.status, text); err != nil {
		// The work is done, so its answer is more useful than an error.
		a.log.ErrorContext(ctx, "API: an answer could not be kept for its Idempotency-Key", "token", in.token.name, "error", err)
	}
	return out, nil
}
