package starter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"idjourney/workflows"
)

const checkTimeout = 2 * time.Second

// Names of the checks of /readyz; an account's is "account/" and its name.
const (
	checkLedger     = "ledger"
	checkTemporal   = "temporal"
	checkAttributes = "search_attributes"
	checkBacklog    = "backlog"
	checkStopping   = "stopping"
)

// Check is one row of /readyz.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready   bool    `json:"ready"`
	Version string  `json:"version,omitempty"`
	Checks  []Check `json:"checks"`
}

// readyz answers 200 if every check is ok and 503 otherwise. Webhooks are accepted while
// Temporal is away, so a load balancer should exclude those checks:
// /readyz?exclude=temporal&exclude=search_attributes.
func (s *Starter) readyz(w http.ResponseWriter, r *http.Request) {
	answer := s.readiness(r.Context(), r.URL.Query()["exclude"])
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(answer) // the client has gone
}

func (s *Starter) readiness(ctx context.Context, exclude []string) Readiness {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var store, temporal []Check
	var both sync.WaitGroup
	both.Go(func() { store = s.checkLedger(ctx) })
	if !slices.Contains(exclude, checkTemporal) || !slices.Contains(exclude, checkAttributes) {
		both.Go(func() { temporal = s.checkTemporal(ctx) })
	}
	both.Wait()

	rows := append(store, temporal...)
	for _, name := range slices.Sorted(maps.Keys(s.accounts)) {
		rows = append(rows, Check{Name: "account/" + name, OK: true, Detail: "webhooks: " + s.accounts[name].auth.describe()})
	}
	if s.stopping.Load() {
		rows = append(rows, Check{Name: checkStopping, Detail: "the process is being stopped"})
	}
	rows = slices.DeleteFunc(rows, func(c Check) bool { return slices.Contains(exclude, c.Name) })
	bad := slices.ContainsFunc(rows, func(c Check) bool { return !c.OK })
	return Readiness{Ready: !bad, Version: s.cfg.Version, Checks: rows}
}

// checkLedger adds a row on how many webhooks wait for Temporal. That row is always ok:
// webhooks wait in the ledger by design.
func (s *Starter) checkLedger(ctx context.Context) []Check {
	if err := s.cfg.Ledger.Ping(ctx); err != nil {
		return []Check{{Name: checkLedger, Detail: err.Error()}}
	}
	waiting, oldest, err := s.cfg.Ledger.PendingWebhooks(ctx)
	if err != nil {
		return []Check{{Name: checkLedger, Detail: err.Error()}}
	}
	backlog := Check{Name: checkBacklog, OK: true}
	if waiting > 0 {
		age := s.cfg.Now().Sub(oldest).Round(time.Second)
		backlog.Detail = fmt.Sprintf("%d waiting for Temporal, the oldest for %v", waiting, age)
	}
	return []Check{{Name: checkLedger, OK: true}, backlog}
}

func (s *Starter) checkTemporal(ctx context.Context) []Check {
	err := s.cfg.Signaler.Ready(ctx)
	var missing *workflows.MissingAttributes
	switch {
	case err == nil:
		return []Check{{Name: checkTemporal, OK: true}, {Name: checkAttributes, OK: true}}
	case errors.As(err, &missing):
		return []Check{{Name: checkTemporal, OK: true}, {Name: checkAttributes, Detail: missing.Error()}}
	default:
		return []Check{{Name: checkTemporal, Detail: err.Error()}, {Name: checkAttributes, Detail: "not known while Temporal is away"}}
	}
}
