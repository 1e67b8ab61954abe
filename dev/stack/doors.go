package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"

	"idjourney/dev/embed"
)

// Ports are those that people type: everything listens on the loopback interface
// except Public, where IDWise would have to come in. 0 picks a free one.
type Ports struct {
	Public     int // webhooks
	Admin      int // health, readiness, metrics
	API        int // the customer's API
	Vendor     int // the stand-in's API and control API
	Customer   int // the customer's endpoint
	Government int // the registers
	Temporal   int
	UI         int
}

// DefaultPorts are the ones that the README names.
func DefaultPorts() Ports {
	return Ports{Public: 8080, Admin: 9090, API: 8081, Vendor: 8090, Customer: 8091, Government: 8092, Temporal: 7233, UI: 8233}
}

// doors are the opened listeners of the stack's own servers. They are opened
// before the configuration that names them is written, so that no port is lost
// in between.
type doors struct {
	public, admin, api, vendor, customer, government net.Listener
}

func (s *Stack) openDoors(ctx context.Context) (*doors, error) {
	d := &doors{}
	type door struct {
		listener *net.Listener
		what     string
		host     string
		port     int
	}
	wanted := []door{
		{&d.public, "the webhook endpoint", "", s.opts.Ports.Public},
		{&d.admin, "the admin listener", loopback, s.opts.Ports.Admin},
		{&d.api, "the customer's API", loopback, s.opts.Ports.API},
		{&d.vendor, "the stand-in for IDWise", loopback, s.opts.Ports.Vendor},
		{&d.customer, "the customer's endpoint", loopback, s.opts.Ports.Customer},
		{&d.government, "the government's register", loopback, s.opts.Ports.Government},
	}
	if s.opts.Outside != nil {
		wanted = wanted[3:] // the first three are the starter's
	}
	for _, door := range wanted {
		l, err := s.open(ctx, door.what, door.host, door.port)
		if err != nil {
			return nil, err
		}
		*door.listener = l
		s.undo(func() error { return ignoreClosed(l.Close()) })
	}
	if o := s.opts.Outside; o != nil {
		s.PublicURL, s.AdminURL, s.APIURL = o.PublicURL, o.AdminURL, o.APIURL
	} else {
		s.PublicURL, s.AdminURL, s.APIURL = "http://localhost:"+portOf(d.public), urlOf(d.admin), urlOf(d.api)
	}
	s.VendorURL, s.CustomerURL = urlOf(d.vendor), urlOf(d.customer)+"/idjourney"
	return d, nil
}

const loopback = "127.0.0.1"

// open listens on port, or on a free one and says so.
func (s *Stack) open(ctx context.Context, what, host string, port int) (net.Listener, error) {
	var listen net.ListenConfig
	if port != 0 {
		l, err := listen.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
	}
	free, err := s.freePort(what, port)
	if err != nil {
		return nil, err
	}
	l, err := listen.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(free)))
	if err != nil {
		return nil, fmt.Errorf("opening a port for %s: %w", what, err)
	}
	return l, nil
}

// freePort finds a port in place of one that is taken; 0 is nobody's wish.
func (s *Stack) freePort(what string, wanted int) (int, error) {
	free, err := embed.FreePort(s.wishes()...)
	if err != nil {
		return 0, fmt.Errorf("opening a port for %s: %w", what, err)
	}
	if wanted != 0 {
		s.opts.Say("port %d is taken: %s listens on %d", wanted, what, free)
	}
	return free, nil
}

func (s *Stack) wishes() []int {
	p := s.opts.Ports
	return slices.DeleteFunc([]int{p.Public, p.Admin, p.API, p.Vendor, p.Customer, p.Government, p.Temporal, p.UI},
		func(port int) bool { return port <= 0 })
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String()) // a listener's address has one
	return port
}

func urlOf(l net.Listener) string { return "http://" + net.JoinHostPort(loopback, portOf(l)) }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
