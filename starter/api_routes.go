package starter

import (
	_ "embed"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"idjourney/config"
	"idjourney/journey"
)

// openAPI is the API's description, and what its tests hold it to.
//
//go:embed openapi.yaml
var openAPI []byte

// routes are all operations of openapi.yaml with a token.
func (a *API) routes() []route {
	const one = "/v1/journeys/:account/:id"
	return []route{
		{http.MethodPost, "/v1/journeys", config.ScopeOperate, nil, a.open},
		{http.MethodPost, "/v1/journeys/search", config.ScopeRead, nil, a.search},
		{http.MethodGet, one, config.ScopeRead, []string{"wait"}, a.show},
		{http.MethodGet, one + "/decisions", config.ScopeRead, nil, a.decisions},
		{http.MethodPost, one + "/review", config.ScopeOperate, nil, a.review},
		{http.MethodPost, one + "/override", config.ScopeOperate, nil, a.act(journey.UpdateOverride, overrideOf)},
		{http.MethodPost, one + "/refresh", config.ScopeOperate, nil, a.act(journey.UpdateRefresh, refreshOf)},
		{http.MethodPost, one + "/retry-step", config.ScopeOperate, nil, a.act(journey.UpdateRetryStep, retryOf)},
		{http.MethodPost, one + "/end-relationship", config.ScopeOperate, nil, a.act(journey.UpdateEnd, endOf)},
		{http.MethodDelete, one, config.ScopeErase, nil, a.act(journey.UpdateErase, eraseOf)},
		{http.MethodGet, "/v1/decisions", config.ScopeRead, []string{"after", "limit"}, a.feed},
		{http.MethodGet, "/v1/reviews", config.ScopeRead, []string{"account", "kind", "overdue", "after", "limit"}, a.reviews},
		{http.MethodGet, "/v1/attention", config.ScopeRead, []string{"account"}, a.attention},
		{http.MethodPost, "/v1/attention/:account/:code/acknowledge", config.ScopeOperate, nil, a.acknowledge},
		{http.MethodGet, "/v1/spot-checks", config.ScopeRead, []string{"account"}, a.spotChecks},
		{http.MethodPost, "/v1/spot-checks/:account/:id/link", config.ScopeOperate, nil, a.link},
	}
}

// Handler returns the handler of the API's listener.
func (a *API) Handler() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true // sets Allow
	engine.ForwardedByClientIP = false
	engine.Use(a.recovered)
	engine.NoRoute(func(c *gin.Context) { a.fail(c, notFound()) })
	engine.NoMethod(func(c *gin.Context) {
		a.fail(c, problemOf(http.StatusMethodNotAllowed, "method_not_allowed", "openapi.yaml says what can be done here"))
	})
	for _, r := range a.routes() {
		engine.Handle(r.method, r.path, a.serve(r))
	}
	engine.GET("/v1/openapi.yaml", func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", openAPI) })
	if a.cfg.Callback != nil {
		engine.POST("/v1/callbacks/steps/:token", gin.WrapH(a.cfg.Callback))
	}
	return engine
}

// server serves the API. A long poll takes its own time, see [API.hold]; when the
// server is shut down, all of them end.
func (a *API) server(limits config.Intake) *http.Server {
	server := &http.Server{
		Handler:           a.Handler(),
		ReadHeaderTimeout: limits.ReadHeaderTimeout,
		ReadTimeout:       limits.ReadTimeout,
		WriteTimeout:      max(limits.WriteTimeout, slowestCall),
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	server.RegisterOnShutdown(sync.OnceFunc(func() { close(a.stopping) }))
	return server
}

// slowestCall bounds every call that is no long poll: a journey is started at IDWise,
// and each look into the ledger and each act has a limit of its own.
const slowestCall = vendorTimeout + 3*ledgerTimeout + 5*time.Second
