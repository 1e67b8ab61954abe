// Package embed runs a whole Temporal server and its Web UI inside the calling
// process, on one SQLite file: what `make demo` and the end-to-end tests need
// and nothing that production does. The root module never imports it, because
// a production build must not carry the server.
//
// The server listens on the loopback interface only, has no authentication and
// one history shard. Load figures taken from it say nothing about a real one.
package embed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/temporal"
)

// Server is a Temporal server, and usually a Web UI, in this process. Its
// methods may be called from several goroutines.
type Server struct {
	opts    Options // with the ports that were chosen
	metrics metrics.Handler

	mu       sync.Mutex
	temporal temporal.Server // nil while paused or stopped
	logger   *serverLogger
	ui       *webUI // nil without a UI or when stopped
	stopped  bool
}

// ErrStopped is what Resume answers for a server that was stopped for good.
var ErrStopped = errors.New("the embedded Temporal server is stopped: start another one on the same directory")

// Start brings the server up and returns when it takes calls: the namespace is
// there and every search attribute is registered. ctx bounds the start only.
// The same directory may be started again after Stop, in this process or
// another, but never by two at the same time.
func Start(ctx context.Context, opts Options) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts}
	if s.metrics, err = metricsHandler(opts); err != nil {
		return nil, err
	}
	if err := s.Resume(ctx); err != nil {
		return nil, err
	}
	if opts.UIPort == NoUI {
		return s, nil
	}
	if s.ui, err = startUI(ctx, opts.UIPort, s.HostPort(), opts.Namespace); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the Web UI: %w", err), s.Stop())
	}
	return s, nil
}

// Pause stops Temporal and leaves the Web UI up, as if the cluster had become
// unreachable. Calls get "connection refused" until Resume. Pausing a paused
// server does nothing.
func (s *Server) Pause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopTemporal()
}

// Resume starts Temporal on the file and the ports it had before Pause.
// Resuming a running server does nothing.
func (s *Server) Resume(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return ErrStopped
	}
	if s.temporal != nil {
		return nil
	}
	s.logger = newServerLogger(s.opts.Logger)
	srv, err := startTemporal(s.opts, s.logger, s.metrics)
	if err != nil {
		return fmt.Errorf("starting Temporal: %w", err)
	}
	s.temporal = srv
	if err := awaitReady(ctx, s.opts); err != nil {
		return errors.Join(fmt.Errorf("waiting for Temporal to take calls: %w", err), s.stopTemporal())
	}
	return nil
}

// Stop ends the Web UI and Temporal. What the workflows have reached stays in
// the directory. Stopping twice does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	if s.ui != nil {
		s.ui.stop()
		s.ui = nil
	}
	return s.stopTemporal()
}

// stopTemporal is called with mu held.
func (s *Server) stopTemporal() error {
	if s.temporal == nil {
		return nil
	}
	// Services that lose each other while they stop complain in the log; to the
	// reader of a demo that would look like a fault.
	s.logger.mute()
	srv := s.temporal
	s.temporal = nil
	if err := srv.Stop(); err != nil {
		return fmt.Errorf("stopping Temporal: %w", err)
	}
	return nil
}

// Options returns what the server runs with, ports filled in: given to Start
// after Stop they bring up the same server at the same addresses.
func (s *Server) Options() Options { return s.opts }

// HostPort is the address of the frontend, as a Temporal client wants it.
func (s *Server) HostPort() string { return loopback(s.opts.FrontendPort) }

// Namespace is the namespace with the search attributes.
func (s *Server) Namespace() string { return s.opts.Namespace }

func loopback(port int) string { return net.JoinHostPort(loopbackIP, strconv.Itoa(port)) }
