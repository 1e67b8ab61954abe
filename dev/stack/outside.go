package stack

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"idjourney/config"
	"idjourney/ledger"
)

// Outside is a Temporal and an idjourney that run in processes of their own, for
// example those of docker-compose.yml. The stack is then only the world around
// them, and the eyes that look at them.
type Outside struct {
	// Temporal's address, its namespace, with the search attributes in it, and its
	// Web UI, if there is one.
	TemporalAddress, Namespace, UIURL string
	// PublicURL, AdminURL and APIURL are those of the starter to come.
	PublicURL, AdminURL, APIURL string
	LedgerURL                   string
	// Run starts starter and worker with the configuration file and the secrets that
	// it names ("NAME=value"). They are stopped by whoever made the Outside.
	Run func(ctx context.Context, configFile string, secrets []string) error
	// Pause takes Temporal away as Pausable does, Resume brings it back.
	Pausable
}

// Pausable is a Temporal that can be taken away and brought back.
type Pausable interface {
	Pause() error
	Resume(ctx context.Context) error
}

// runOutside hands the configuration to the processes, and opens their ledger to
// look at it.
func (s *Stack) runOutside(ctx context.Context) (err error) {
	s.Config.Ledger.URL = config.NewLedgerURL(s.opts.Outside.LedgerURL)
	if s.Ledger, err = ledger.Open(ctx, s.opts.Outside.LedgerURL); err != nil {
		return err
	}
	s.undo(s.Ledger.Close)
	// As `idjourney migrate` would, before anything looks at it.
	if err := s.Ledger.Migrate(ctx); err != nil {
		return fmt.Errorf("migrating the ledger: %w", err)
	}
	return s.opts.Outside.Run(ctx, s.ConfigFile, s.Keys.environ())
}

// listens are the addresses in the configuration: public, admin, API.
func (s *Stack) listens(d *doors) (listens [3]string, err error) {
	if s.opts.Outside == nil {
		return [3]string{":" + portOf(d.public), d.admin.Addr().String(), d.api.Addr().String()}, nil
	}
	for i, address := range []string{s.opts.Outside.PublicURL, s.opts.Outside.AdminURL, s.opts.Outside.APIURL} {
		u, err := url.Parse(address)
		if err != nil {
			return listens, err
		}
		listens[i] = u.Host
	}
	return listens, nil
}

// Databases are the files, by what they are, that must hold journeys and nobody's
// personal data. Those of an Outside are searched by whoever can stop it.
func (s *Stack) Databases() map[string][]string {
	if s.opts.Outside != nil {
		return nil
	}
	files := map[string][]string{"the ledger": {s.LedgerFile(), s.LedgerFile() + "-wal"}}
	if s.Temporal != nil {
		files["Temporal's database"] = []string{filepath.Clean(s.TemporalDir())}
	}
	return files
}
