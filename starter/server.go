package starter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"idjourney/config"
	"idjourney/httpserver"
)

// adminLimits are generous: the admin listener is for operators only.
var adminLimits = config.Intake{ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 30 * time.Second}

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
	publicServer := httpserver.New(s.Public(), s.cfg.Intake) //nolint:contextcheck // handlers take each request's own
	adminServer := httpserver.New(s.Admin(), adminLimits)    //nolint:contextcheck // as above
	forwarding, stopForwarder := context.WithCancel(context.WithoutCancel(ctx))
	defer stopForwarder()

	ended := make(chan error, 3) // one for each; none waits to be read
	go func() { ended <- httpserver.Served("public listener", publicServer.Serve(public)) }()
	go func() { ended <- httpserver.Served("admin listener", adminServer.Serve(admin)) }()
	forwarded := s.forward(forwarding, ended)
	if s.cfg.Audit != nil {
		go s.cfg.Audit.Run(ctx)
	}
	if s.cfg.Screen != nil {
		go s.cfg.Screen.Run(ctx)
	}

	var failure error
	select {
	case <-ctx.Done():
	case failure = <-ended:
	}
	s.stopping.Store(true)
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Intake.ShutdownTimeout)
	defer cancel()
	failure = errors.Join(failure, httpserver.ShutDown(deadline, "public listener", publicServer))
	stopForwarder()
	<-forwarded
	return errors.Join(failure, httpserver.ShutDown(deadline, "admin listener", adminServer))
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
