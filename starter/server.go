package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"idjourney/httpserver"
)

// adminGrace bounds how long requests to the admin listener may take at the end.
const adminGrace = 5 * time.Second

// Public returns the handler of the public listener.
func (s *Starter) Public() http.Handler {
	engine := httpserver.Engine(s.log, "webhook handler panicked", s.defect)
	engine.NoRoute(func(c *gin.Context) { s.refuse(c, unknown, time.Now(), http.StatusNotFound, "there is nothing here") })
	engine.NoMethod(func(c *gin.Context) {
		s.refuse(c, unknown, time.Now(), http.StatusMethodNotAllowed, "webhooks are posted")
	})
	engine.POST("/webhooks/idwise/:account", s.webhook)
	return engine
}

// Serve serves the listeners, which it closes, and runs the forwarder, until ctx ends
// or one of them fails. It stops in the order in which nothing is lost: readiness turns
// red, requests in flight are answered (at most ShutdownTimeout), then the forwarder
// ends, and last the admin listener. It returns nil after an orderly stop.
func (s *Starter) Serve(ctx context.Context, public, admin net.Listener) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	start := func(run func(context.Context) error) (stop func() error) {
		running, cancel := context.WithCancel(context.WithoutCancel(ctx))
		ended := make(chan error, 1)
		go func() {
			ended <- run(running)
			end()
		}()
		return func() error {
			cancel()
			return <-ended
		}
	}
	server := httpserver.New(s.Public(), s.cfg.Intake) //nolint:contextcheck // handlers take each request's own
	stopPublic := start(func(ctx context.Context) error {
		return httpserver.Run(ctx, "public listener", server, public, s.cfg.Intake.ShutdownTimeout)
	})
	stopForwarder := start(s.forward)
	stopAdmin := start(func(ctx context.Context) error {
		return httpserver.Run(ctx, "admin listener", httpserver.Admin(s.readyz, s.cfg.Metrics, s.cfg.AdminHosts), admin, adminGrace)
	})
	if s.cfg.Audit != nil {
		go s.cfg.Audit.Run(ctx)
	}
	if s.cfg.Screen != nil {
		go s.cfg.Screen.Run(ctx)
	}
	<-ctx.Done()
	s.stopping.Store(true)
	return errors.Join(stopPublic(), stopForwarder(), stopAdmin())
}

// forward runs the forwarder until ctx ends.
func (s *Starter) forward(ctx context.Context) error {
	err := s.cfg.Forwarder.Run(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was stopped
	}
	return fmt.Errorf("running the forwarder: %w", cmp.Or(err, errors.New("it ended by itself")))
}

// every calls do now and after each interval until ctx ends, and reports its failures.
func every(ctx context.Context, interval time.Duration, do func(context.Context) error, failed func(error)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// at reads a clock, time.Now if it is nil.
func at(clock func() time.Time) time.Time {
	if clock == nil {
		return time.Now()
	}
	return clock()
}
