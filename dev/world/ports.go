package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"

	"idjourney/dev/embed"
)

// Ports are those that people type. Everything listens on the loopback interface. 0
// picks a free port.
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

// doors are the listeners of what runs in this process. They are opened before the
// configuration that names them is written, so that no port is lost in between.
type doors struct {
	public, admin, api           net.Listener // nil if the starter is a process
	vendor, customer, government net.Listener
	listen                       listens
}

// listens are the starter's addresses, as the configuration has them.
type listens struct{ Public, Admin, API string }

func (w *World) openDoors(ctx context.Context) (*doors, error) {
	d := &doors{}
	type door struct {
		listener *net.Listener
		what     string
		port     int
	}
	wanted := []door{
		{&d.vendor, "the stand-in for IDWise", w.opts.Ports.Vendor},
		{&d.customer, "the customer's endpoint", w.opts.Ports.Customer},
		{&d.government, "the government's register", w.opts.Ports.Government},
	}
	if w.inProcess() {
		wanted = append([]door{
			{&d.public, "the webhook endpoint", w.opts.Ports.Public},
			{&d.admin, "the admin listener", w.opts.Ports.Admin},
			{&d.api, "the customer's API", w.opts.Ports.API},
		}, wanted...)
	}
	for _, door := range wanted {
		l, err := w.open(ctx, door.what, door.port)
		if err != nil {
			return nil, err
		}
		*door.listener = l
		w.undo(func() error { return ignoreClosed(l.Close()) })
	}
	if err := w.chooseListens(d); err != nil {
		return nil, err
	}
	w.PublicURL, w.AdminURL, w.APIURL = "http://"+d.listen.Public, "http://"+d.listen.Admin, "http://"+d.listen.API
	w.VendorURL, w.CustomerURL = urlOf(d.vendor), urlOf(d.customer)+"/idjourney"
	return d, nil
}

// chooseListens says where the starter listens, and the worker if it is a process.
func (w *World) chooseListens(d *doors) error {
	if w.inProcess() {
		d.listen = listens{d.public.Addr().String(), d.admin.Addr().String(), d.api.Addr().String()}
		return nil
	}
	if top := w.opts.Topology; top != nil {
		d.listen = top.listens()
		return nil
	}
	var worker string
	taken := w.wishes()
	for _, address := range []*string{&d.listen.Public, &d.listen.Admin, &d.listen.API, &worker} {
		port, err := embed.FreePort(taken...)
		if err != nil {
			return fmt.Errorf("choosing the starter's ports: %w", err)
		}
		taken, *address = append(taken, port), net.JoinHostPort(loopback, strconv.Itoa(port))
	}
	w.WorkerAdminURL = "http://" + worker
	return nil
}

// open listens on port, or on a free one and says so.
func (w *World) open(ctx context.Context, what string, port int) (net.Listener, error) {
	var listen net.ListenConfig
	if port != 0 {
		l, err := listen.Listen(ctx, "tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
	}
	free, err := w.freePort(what, port)
	if err != nil {
		return nil, err
	}
	l, err := listen.Listen(ctx, "tcp", net.JoinHostPort(loopback, strconv.Itoa(free)))
	if err != nil {
		return nil, fmt.Errorf("opening a port for %s: %w", what, err)
	}
	return l, nil
}

// freePort finds a port in place of one that is taken; 0 asks for none.
func (w *World) freePort(what string, wanted int) (int, error) {
	free, err := embed.FreePort(w.wishes()...)
	if err != nil {
		return 0, fmt.Errorf("opening a port for %s: %w", what, err)
	}
	if wanted != 0 {
		w.opts.Say("port %d is taken: %s listens on %d", wanted, what, free)
	}
	return free, nil
}

func (w *World) wishes() []int {
	p := w.opts.Ports
	return slices.DeleteFunc([]int{p.Public, p.Admin, p.API, p.Vendor, p.Customer, p.Government, p.Temporal, p.UI},
		func(port int) bool { return port <= 0 })
}

func urlOf(l net.Listener) string { return "http://" + l.Addr().String() }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
