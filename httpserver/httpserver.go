// Package httpserver is what the listeners share: limits on the time that a client may
// take, an orderly shutdown, and a recovery from panics that does not log the request.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"idjourney/access"
	"idjourney/config"
)

const (
	maxHeaderBytes = 16 << 10
	adminTimeout   = 30 * time.Second // generous: the admin listener is for operators
)

// New returns a server with the limits' time-outs; 0 means none.
func New(handler http.Handler, limits config.Intake) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: limits.ReadHeaderTimeout,
		ReadTimeout:       limits.ReadTimeout,
		WriteTimeout:      limits.WriteTimeout,
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// net/http's own messages name the client's address.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// Admin returns the server of an admin listener: /healthz, which answers while the process
// runs, /readyz and, unless metrics is nil, /metrics. It has no authentication, and serves
// only the hosts of [access.OnlyHosts].
func Admin(readyz http.HandlerFunc, metrics http.Handler, hosts []string) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", readyz)
	if metrics != nil {
		mux.Handle("GET /metrics", metrics)
	}
	return New(access.OnlyHosts(mux, hosts), config.Intake{ReadTimeout: adminTimeout, WriteTimeout: adminTimeout, IdleTimeout: adminTimeout})
}

// Run serves the listener, which it closes, until ctx ends. Requests in flight then have
// the grace to end; what has not ended by then is cut off, which is an error.
func Run(ctx context.Context, name string, server *http.Server, listener net.Listener, grace time.Duration) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	var failure error
	select {
	case <-ctx.Done():
	case err := <-ended:
		failure = fmt.Errorf("serving the %s: %w", name, err)
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		failure = errors.Join(failure, fmt.Errorf("shutting down the %s: %w", name, errors.Join(err, server.Close())))
	}
	return failure
}

// CheckReady returns an error unless the readiness endpoint of a listener on this machine
// answers 200.
func CheckReady(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	// Without the environment's proxy: the question is about this machine.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err // names the address already
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s, want 200", url, resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

// Engine returns an engine without routes. A panic of a handler is logged as message and
// answered by answer, if nothing was written yet.
func Engine(logger *slog.Logger, message string, answer gin.HandlerFunc) *gin.Engine {
	// The mode is gin's only global; debug mode prints every route.
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true // sets Allow
	engine.ForwardedByClientIP = false   // see package access
	engine.Use(func(c *gin.Context) {
		defer func() { recovered(c, logger, message, answer, recover()) }()
		c.Next()
	})
	return engine
}

// recovered logs where a handler panicked and the type of the value, not the value: it
// may hold what the request held. gin's own recovery prints the request's headers.
func recovered(c *gin.Context, logger *slog.Logger, message string, answer gin.HandlerFunc, p any) {
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	logger.ErrorContext(c.Request.Context(), message, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
	c.Abort()
	if !c.Writer.Written() {
		answer(c)
	}
}
