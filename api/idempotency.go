package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"

	"idjourney/ledger"
)

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
