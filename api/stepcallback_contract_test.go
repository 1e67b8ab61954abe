package api_test

import (
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"idjourney/api"
	"idjourney/config"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
	"idjourney/steps"
)

// withStep configures a step that may call back, over a ledger.
func withStep(c *api.Config, l api.Ledger) {
	c.Accounts, c.Ledger = accounts(), l
	c.Accounts[0].Flows = []config.Flow{{Steps: []config.Step{{Name: "employer", AnswerWithin: time.Hour}}}}
}

// callback provokes the answers to a step's service, over a real ledger.
func (p provoked) callback(t *testing.T, o operation) {
	t.Helper()
	a := openAPI(t, func(c *api.Config) { withStep(c, c.Ledger) })
	q := o.request(t, "")
	p.saw(t, o, a.do(t, q), http.StatusNotFound)
	must(t, a.ledger.OpenStepCall(t.Context(), ledger.StepCall{
		Account: "acme", JourneyID: "jny-known", Step: "employer", OpenedAt: noon,
	}, steps.TokenHash(path.Base(q.path))))
	with := func(body, kind string) ask {
		other := q
		other.body, other.header = body, http.Header{"Content-Type": {kind}}
		return other
	}
	p.saw(t, o, a.do(t, with(`{"outcome":"pending"}`, "application/json")), http.StatusBadRequest)
	p.saw(t, o, a.do(t, with(q.body, "text/plain")), http.StatusUnsupportedMediaType)
	p.saw(t, o, a.do(t, with(strings.Repeat(" ", 20_000)+q.body, "application/json")), http.StatusRequestEntityTooLarge)
	for range 2 {
		p.saw(t, o, a.do(t, q), http.StatusOK)
		<-a.woken
	}
	p.saw(t, o, a.do(t, with(`{"outcome":"passed"}`, "application/json")), http.StatusConflict)
	must(t, a.ledger.Erase(t.Context(), "acme", "jny-known", noon))
	p.saw(t, o, a.do(t, q), http.StatusNotFound)

	closed := ledgertest.Open(t, ledgertest.SQLite(t))
	must(t, closed.Close())
	p.saw(t, o, openAPI(t, func(c *api.Config) { withStep(c, closed) }).do(t, q), http.StatusServiceUnavailable)
	p.saw(t, o, openAPI(t, func(c *api.Config) { withStep(c, struct{ api.Ledger }{}) }).do(t, q), http.StatusInternalServerError)
}
