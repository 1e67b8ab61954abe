package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"idjourney/api"
	"idjourney/config"
	"idjourney/idwise"
	"idjourney/ledger"
	"idjourney/starter"
	"idjourney/version"
)

// StarterOptions change how a starter runs. The zero value follows the configuration.
type StarterOptions struct {
	// Public, Admin and API are listeners in place of the configured addresses. The
	// starter closes them.
	Public, Admin, API net.Listener
	// AuditInterval is the time between two searches for lost webhooks; see
	// [starter.Auditor].
	AuditInterval time.Duration
}

// Starter is the webhook endpoint and, if a token is configured, the customer's API.
type Starter struct {
	running
	endpoint *starter.Starter
	api      *api.API // nil if there is none
	base     *Base
	listen   StarterOptions
}

// NewStarter opens the listeners and joins the parts. Nothing is served before Start.
func NewStarter(ctx context.Context, b *Base, o StarterOptions) (*Starter, error) {
	cfg, t := b.Config, b.Telemetry
	vendors, err := newVendors(b)
	if err != nil {
		return nil, err
	}
	signaler := starter.NewSignaler(b.Temporal, b.Namespace, cfg.TaskQueue)
	screener := &starter.Screener{Ledger: b.Ledger, Accounts: cfg.Accounts, Vendors: vendors, Rules: cfg.Screening, Logger: b.Logger}
	forward := starter.UnlessOver(b.Ledger, screener.Screen(starter.Forward(signaler, t.Instruments, t.Tracer)))
	forwarder := ledger.NewForwarder(b.Ledger, forward, ledger.ForwarderOptions{
		Concurrency: cfg.Forwarder.Concurrency, PollInterval: cfg.Forwarder.PollInterval,
		LeaseFor: cfg.Forwarder.LeaseFor, KeepContent: cfg.Ledger.KeepContent, Logger: b.Logger,
	})
	screener.Wake = forwarder.Wake
	s := &Starter{base: b, listen: o}
	if s.api, err = newAPI(b, vendors, forwarder.Wake); err != nil { //nolint:contextcheck // counters need no context
		return nil, err
	}
	s.endpoint, err = starter.New(starter.Config{ //nolint:contextcheck // counters need no context
		Accounts: cfg.Accounts, Intake: cfg.Intake, ReviewOverdueAfter: cfg.ReviewOverdue,
		Ledger: b.Ledger, Signaler: signaler, Forwarder: forwarder, Version: version.Of(),
		Audit: &starter.Auditor{
			Ledger: b.Ledger, Accounts: cfg.Accounts, Wake: forwarder.Wake, Logger: b.Logger, Interval: o.AuditInterval,
		},
		Screen: screener, AdminHosts: cfg.Listen.AdminHosts,
		Metrics: t.Handler, Instruments: t.Instruments, Tracer: t.Tracer, Logger: b.Logger,
	})
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx, cfg.Listen); err != nil {
		return nil, err
	}
	b.Logger.InfoContext(ctx, "the starter listens", "public", s.PublicAddr(), "admin", s.AdminAddr(), "api", s.APIAddr(), "version", version.Of())
	return s, nil
}

// newVendors returns a client of IDWise's API for each account.
func newVendors(b *Base) (map[string]*idwise.Client, error) {
	vendors := map[string]*idwise.Client{}
	for _, a := range b.Config.Accounts {
		client, err := a.Vendor(b.Telemetry.Instruments.VendorCall)
		if err != nil {
			return nil, fmt.Errorf("setting up IDWise's API for account %s: %w", a.Name, err)
		}
		vendors[a.Name] = client
	}
	return vendors, nil
}

// newAPI returns the customer's API, nil if no token is configured.
func newAPI(b *Base, clients map[string]*idwise.Client, wake func()) (*api.API, error) {
	vendors := map[string]api.Vendor{}
	for name, client := range clients {
		vendors[name] = client
	}
	return api.New(api.Config{
		Tokens: b.Config.API.Tokens, Accounts: b.Config.Accounts, Ledger: b.Ledger,
		Operator: api.NewOperator(b.Temporal, b.Config.TaskQueue), Vendors: vendors,
		Wake: wake, Logger: b.Logger, Instruments: b.Telemetry.Instruments, TrustedProxies: b.Config.Intake.TrustedProxies,
	})
}

// open opens the listeners that were not handed over. After a failure it closes all.
func (s *Starter) open(ctx context.Context, at config.Listen) (err error) {
	for _, l := range []struct {
		listener      *net.Listener
		name, address string
	}{
		{&s.listen.Public, "public listener", at.Public},
		{&s.listen.Admin, "admin listener", at.Admin},
		{&s.listen.API, "API listener", at.API},
	} {
		if *l.listener != nil || l.listener == &s.listen.API && s.api == nil {
			continue
		}
		if *l.listener, err = listen(ctx, l.name, l.address); err != nil {
			for _, opened := range []net.Listener{s.listen.Public, s.listen.Admin, s.listen.API} {
				if opened != nil {
					err = errors.Join(err, opened.Close())
				}
			}
			return err
		}
	}
	return nil
}

// Start serves until ctx ends, Stop is called, or a listener fails. It returns at once.
func (s *Starter) Start(ctx context.Context) {
	all := []func(context.Context) error{
		func(ctx context.Context) error { return s.endpoint.Serve(ctx, s.listen.Public, s.listen.Admin) },
		func(ctx context.Context) error {
			_ = s.base.migrate(ctx) // it fails only because the process is being stopped
			<-ctx.Done()
			return nil
		},
	}
	if s.api != nil {
		all = append(all, func(ctx context.Context) error { return s.api.Serve(ctx, s.listen.API, s.base.Config.Intake) })
	}
	s.start(ctx, all...)
}

// PublicAddr is host:port of the webhook endpoint.
func (s *Starter) PublicAddr() string { return addr(s.listen.Public) }

// AdminAddr is host:port of health, readiness and metrics.
func (s *Starter) AdminAddr() string { return addr(s.listen.Admin) }

// APIAddr is host:port of the customer's API, "" if there is none.
func (s *Starter) APIAddr() string { return addr(s.listen.API) }
