package idwisetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Vendor is the stand-in. It is an http.Handler: the API, and the control API below
// /control/. Close it to stop its scripts and its webhooks.
type Vendor struct {
	cfg     Config
	api     http.Handler
	control http.Handler
	client  *http.Client
	ctx     context.Context // of the scripts and webhooks, ended by Close
	cancel  context.CancelFunc
	work    sync.WaitGroup

	mu          sync.Mutex // guards everything below
	closed      bool
	ids         ids
	journeys    map[string]*state
	order       []string
	spotChecks  map[string]*spotCheck
	faults      dial
	lastSummary map[string]time.Time // by API key
	changed     chan struct{}        // closed and replaced at every change
}

var _ http.Handler = (*Vendor)(nil)

// New makes a stand-in. It panics without an account, which is a bug in the calling program.
func New(cfg Config) *Vendor {
	if len(cfg.Accounts) == 0 {
		panic("idwisetest: the stand-in needs at least one account")
	}
	seed := strconv.FormatUint(cfg.Seed, 10)
	if cfg.Seed == 0 {
		seed = rand.Text()
	}
	ctx, cancel := context.WithCancel(context.Background())
	v := &Vendor{
		cfg: cfg.withDefaults(), ctx: ctx, cancel: cancel, client: webhookClient(),
		ids: ids{seed: seed}, journeys: map[string]*state{}, spotChecks: map[string]*spotCheck{}, faults: newDial(),
		lastSummary: map[string]time.Time{}, changed: make(chan struct{}),
	}
	v.api, v.control = v.apiRoutes(), v.controlRoutes()
	return v
}

// ServeHTTP serves the vendor's API and the control API.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/control/") {
		v.control.ServeHTTP(w, r)
		return
	}
	v.api.ServeHTTP(w, r)
}

// Close ends all scripts and webhooks and waits for them. Later API requests see the
// journeys as they are then.
func (v *Vendor) Close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.cancel()
	v.work.Wait()
	v.client.CloseIdleConnections()
}

// SetWebhookURL changes where an account's webhooks go, from the next attempt on.
// The account is named by its API key.
func (v *Vendor) SetWebhookURL(key, url string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	account, err := v.account(key)
	if err != nil {
		return err
	}
	account.WebhookURL = url
	return nil
}

// account finds an account by its API key; "" is the first one. v.mu is held.
func (v *Vendor) account(key string) (*Account, error) {
	for i := range v.cfg.Accounts {
		if key == "" || v.cfg.Accounts[i].Key == key {
			return &v.cfg.Accounts[i], nil
		}
	}
	return nil, fmt.Errorf("there is no account with the key %q", key)
}

// later runs f after d of real time, unless the stand-in is closed first. The caller holds
// v.mu; f runs without it.
func (v *Vendor) later(d time.Duration, f func()) {
	if v.closed {
		return
	}
	v.work.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			f()
		case <-v.ctx.Done():
		}
	})
}

// step runs one transition of a journey after d, with v.mu held, unless the journey
// is deleted first. v.mu is held.
func (v *Vendor) step(s *state, d time.Duration, transition func(*state)) {
	v.later(d, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if !s.deleted {
			transition(s)
		}
	})
}

// inRound is step for a transition that a resubmission invalidates. v.mu is held.
func (v *Vendor) inRound(s *state, d time.Duration, transition func(*state)) {
	round := s.round
	v.step(s, d, func(s *state) {
		if s.round == round {
			transition(s)
		}
	})
}

// play continues the script after the decision, once. v.mu is held.
func (v *Vendor) play(s *state) {
	if !s.acting {
		s.acting = true
		v.nextAct(s)
	}
}

// nextAct plays the acts one after the other. It skips one that is impossible in the current
// state because of other actions meanwhile. v.mu is held.
func (v *Vendor) nextAct(s *state) {
	if len(s.acts) == 0 {
		return
	}
	next := s.acts[0]
	s.acts = s.acts[1:]
	v.step(s, v.scaled(next.after), func(s *state) {
		_ = next.does(v, s)
		v.nextAct(s)
	})
}

// scaled turns the vendor's time into real time.
func (v *Vendor) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * v.cfg.Scale)
}

// announce wakes everything that waits in Await. v.mu is held.
func (v *Vendor) announce() {
	close(v.changed)
	v.changed = make(chan struct{})
}
