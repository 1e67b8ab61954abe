package app

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// running is a part that was started. It ends when it is stopped or fails.
type running struct {
	stop context.CancelFunc
	done chan struct{} // closed when it has ended
	err  error         // why it failed, valid after done
}

// start runs all until ctx ends, Stop is called, or one of them returns: then all stop.
func (r *running) start(ctx context.Context, all ...func(context.Context) error) {
	ctx, r.stop = context.WithCancel(ctx)
	r.done = make(chan struct{})
	ended := make(chan error, len(all))
	for _, run := range all {
		go func() { ended <- run(ctx) }()
	}
	go func() {
		defer close(r.done)
		for range all {
			r.err = errors.Join(r.err, <-ended)
			r.stop()
		}
	}()
}

// Stop ends it in order and returns why it failed, if it did. It does nothing if it was
// never started.
func (r *running) Stop() error {
	if r.stop == nil {
		return nil
	}
	r.stop()
	return r.Wait()
}

// Wait returns when it has ended.
func (r *running) Wait() error {
	<-r.done
	return r.err
}

// listen opens an address, "host:0" for a free port. The error contains the name.
func listen(ctx context.Context, name, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the %s: %w", name, err)
	}
	return l, nil
}

// addr is host:port of a listener, "" if there is none.
func addr(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}
