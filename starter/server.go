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

// Run listens on both addresses of Config.Listen and serves until ctx ends; see Serve.
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
	s.log.InfoContext(ctx, "the webhook endpoint listens", "public", public.Addr().String(), "admin", admin.Addr().String(), "accounts", len(s.accounts))
	defer s.log.Info("the webhook endpoint has stopped")
	return s.Serve(ctx, public, admin)
}

// Serve serves both listeners, which it closes, and runs the forwarder, until ctx
// ends or one of the three fails. It stops in the order in which nothing is lost:
// readiness turns red, requests in flight are answered (at most ShutdownTimeout),
// then the forwarder ends, and last the admin listener. It returns nil after an
// orderly stop.
func (s *Starter) Serve(ctx context.Context, public, admin net.Listener) error {
	publicServer, adminServer := s.publicServer(), s.adminServer() //nolint:contextcheck // handlers take each request's own
	forwarding, stopForwarder := context.WithCancel(context.WithoutCancel(ctx))
	defer stopForwarder()

	ended := make(chan error, 3) // one for each; none waits to be read
	go func() { ended <- served("public listener", publicServer.Serve(public)) }()
	go func() { ended <- served("admin listener", adminServer.Serve(admin)) }()
	forwarded := make(chan struct{})
	go func() {
		defer close(forwarded)
		err := s.cfg.Forwarder.Run(forwarding)
		if err == nil && forwarding.Err() == nil {
			err = errors.New("it ended by itself")
		}
		if err != nil && forwarding.Err() == nil {
			ended <- fmt.Errorf("running the forwarder: %w", err)
		}
	}()

	var failure error
	select {
	case <-ctx.Done():
	case failure = <-ended:
	}
	s.stopping.Store(true)
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Intake.ShutdownTimeout)
	defer cancel()
	failure = errors.Join(failure, shutDown(deadline, publicServer, "public listener"))
	stopForwarder()
	<-forwarded
	return errors.Join(failure, shutDown(deadline, adminServer, "admin listener"))
}

func served(what string, err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving the %s: %w", what, err)
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
