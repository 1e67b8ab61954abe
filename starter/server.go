package starter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	maxHeaderBytes = 16 << 10
	adminTimeout   = 30 * time.Second
)

// Public returns the handler of the public listener.
func (s *Starter) Public() http.Handler {
	// The mode is gin's only global; debug mode prints every route.
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true // sets Allow
	engine.ForwardedByClientIP = false   // clientip.go decides
	engine.Use(s.recovered)
	engine.NoRoute(func(c *gin.Context) { s.refuse(c, unknown, time.Now(), http.StatusNotFound, "there is nothing here") })
	engine.NoMethod(func(c *gin.Context) {
		s.refuse(c, unknown, time.Now(), http.StatusMethodNotAllowed, "webhooks are posted")
	})
	engine.POST("/webhooks/idwise/:account", s.webhook)
	return engine
}

// Run listens on the addresses of Config.Listen and serves until ctx ends; see Serve.
func (s *Starter) Run(ctx context.Context) error {
	var listen net.ListenConfig
	public, err := listen.Listen(ctx, "tcp", s.cfg.Listen.Public)
	if err != nil {
		return fmt.Errorf("opening the public listener: %w", err)
	}
	admin, err := listen.Listen(ctx, "tcp", s.cfg.Listen.Admin)
	if err != nil {
		return fmt.Errorf("opening the admin listener: %w", errors.Join(err, public.Close()))
	}
	var api net.Listener
	if s.cfg.API != nil {
		if api, err = listen.Listen(ctx, "tcp", s.cfg.Listen.API); err != nil {
			return fmt.Errorf("opening the API listener: %w", errors.Join(err, public.Close(), admin.Close()))
		}
		s.log.InfoContext(ctx, "the API listens", "api", api.Addr().String(), "tokens", len(s.cfg.API.tokens))
	}
	s.log.InfoContext(ctx, "the webhook endpoint listens", "public", public.Addr().String(), "admin", admin.Addr().String(), "accounts", len(s.accounts))
	defer s.log.Info("the webhook endpoint has stopped")
	return s.Serve(ctx, public, admin, api)
}

// Serve serves the listeners, which it closes, and runs the forwarder, until ctx ends
// or one of them fails; api is nil where there is no API. It stops in the order in
// which nothing is lost: readiness turns red, requests in flight are answered (at
// most ShutdownTimeout; long polls at once), then the forwarder ends, and last the
// admin listener. It returns nil after an orderly stop.
func (s *Starter) Serve(ctx context.Context, public, admin, api net.Listener) error {
	publicServer, adminServer := s.publicServer(), s.adminServer() //nolint:contextcheck // handlers take each request's own
	apiServer := s.apiServer(api != nil)                           //nolint:contextcheck // as above
	forwarding, stopForwarder := context.WithCancel(context.WithoutCancel(ctx))
	defer stopForwarder()

	ended := make(chan error, 4) // one for each; none waits to be read
	go func() { ended <- served("public listener", publicServer.Serve(public)) }()
	go func() { ended <- served("admin listener", adminServer.Serve(admin)) }()
	if api != nil {
		go func() { ended <- served("API listener", apiServer.Serve(api)) }()
	}
	forwarded := s.forward(forwarding, ended)
	if s.cfg.Audit != nil {
		go s.cfg.Audit.Run(ctx)
	}

	var failure error
	select {
	case <-ctx.Done():
	case failure = <-ended:
	}
	s.stopping.Store(true)
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Intake.ShutdownTimeout)
	defer cancel()
	failure = errors.Join(failure, shutDownBoth(deadline, publicServer, apiServer))
	stopForwarder()
	<-forwarded
	return errors.Join(failure, shutDown(deadline, adminServer, "admin listener"))
}

// forward runs the forwarder until ctx ends, and then closes what it returns.
func (s *Starter) forward(ctx context.Context, ended chan<- error) <-chan struct{} {
	forwarded := make(chan struct{})
	go func() {
		defer close(forwarded)
		err := s.cfg.Forwarder.Run(ctx)
		if err == nil && ctx.Err() == nil {
			err = errors.New("it ended by itself")
		}
		if err != nil && ctx.Err() == nil {
			ended <- fmt.Errorf("running the forwarder: %w", err)
		}
	}()
	return forwarded
}

func served(what string, err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving the %s: %w", what, err)
}

// shutDownBoth shuts the public listener and the API's down side by side.
func shutDownBoth(ctx context.Context, public, api *http.Server) error {
	done := make(chan error, 1)
	go func() { done <- shutDown(ctx, api, "API listener") }()
	return errors.Join(shutDown(ctx, public, "public listener"), <-done)
}

// shutDown lets requests in flight end, and cuts off what has not ended by then.
func shutDown(ctx context.Context, server *http.Server, what string) error {
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("shutting down the %s: %w", what, errors.Join(err, server.Close()))
	}
	return nil
}

// publicServer has a limit on everything that a stranger can make last.
func (s *Starter) publicServer() *http.Server {
	return &http.Server{
		Handler:           s.Public(),
		ReadHeaderTimeout: s.cfg.Intake.ReadHeaderTimeout,
		ReadTimeout:       s.cfg.Intake.ReadTimeout,
		WriteTimeout:      s.cfg.Intake.WriteTimeout,
		IdleTimeout:       s.cfg.Intake.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// net/http's own messages name the client's address.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// apiServer is one that serves nothing where there is no API.
func (s *Starter) apiServer(on bool) *http.Server {
	if !on || s.cfg.API == nil {
		return &http.Server{ReadHeaderTimeout: s.cfg.Intake.ReadHeaderTimeout}
	}
	return s.cfg.API.server(s.cfg.Intake)
}

func (s *Starter) adminServer() *http.Server {
	return &http.Server{
		Handler: s.Admin(), ReadTimeout: adminTimeout, WriteTimeout: adminTimeout, IdleTimeout: adminTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: log.New(io.Discard, "", 0),
	}
}

// logPanic logs where it happened and of which type the value is, not the value:
// it may hold what the request held.
func (s *Starter) logPanic(ctx context.Context, p any) {
	s.log.ErrorContext(ctx, "webhook handler panicked", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
}
