package embed

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

// NoUI as Options.UIPort leaves the Web UI out.
const NoUI = -1

// Options says where and how an embedded server runs.
type Options struct {
	// Dir holds the database and is created if missing. Required. Once used it
	// must not be deleted and used again by the same process: the server's SQLite
	// plugin keeps its connection to the file until the process ends.
	Dir string
	// FrontendPort and UIPort are ports on the loopback interface; 0 picks a free
	// one, NoUI as UIPort starts no UI.
	FrontendPort int
	UIPort       int
	// MetricsPort is a port for Prometheus, at /metrics; 0 shows it nothing. It
	// answers also while the server is paused.
	MetricsPort int
	// Namespace is "default" unless set.
	Namespace string
	// Retention is how long closed workflows stay readable. A week unless set;
	// applies when the database is made.
	Retention time.Duration
	// SearchAttributes are registered in Namespace; those that are missing in an
	// older database are added. Nil means SearchAttributes().
	SearchAttributes map[string]enumspb.IndexedValueType
	// Logger receives the server's errors, and only those. Nil discards them.
	Logger *slog.Logger
}

// SearchAttributes returns the search attributes that idjourney's workflows
// set. A missing one makes every start fail, so readiness asks for all of them.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	const keyword, datetime = enumspb.INDEXED_VALUE_TYPE_KEYWORD, enumspb.INDEXED_VALUE_TYPE_DATETIME
	return map[string]enumspb.IndexedValueType{
		"JourneyPhase":     keyword,
		"JourneyStanding":  keyword,
		"JourneyAccount":   keyword,
		"JourneyFlow":      keyword,
		"JourneyReference": keyword,
		"JourneyAttention": keyword,
		"JourneyDueAt":     datetime,
	}
}

// withDefaults checks o, fills in what is unset and makes the directory.
func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("the embedded Temporal server needs a directory: set Options.Dir")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, fmt.Errorf("resolving the server's directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return o, fmt.Errorf("making the server's directory: %w", err)
	}
	o.Dir = dir
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	if o.Retention == 0 {
		o.Retention = 7 * 24 * time.Hour
	}
	if o.SearchAttributes == nil {
		o.SearchAttributes = SearchAttributes()
	}
	o.SearchAttributes = maps.Clone(o.SearchAttributes)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, o.choosePorts()
}

func (o *Options) choosePorts() (err error) {
	if o.FrontendPort, err = portOr(o.FrontendPort); err != nil {
		return fmt.Errorf("choosing Temporal's port: %w", err)
	}
	if o.UIPort == NoUI {
		return nil
	}
	if o.UIPort, err = portOr(o.UIPort, o.FrontendPort); err != nil {
		return fmt.Errorf("choosing the Web UI's port: %w", err)
	}
	return nil
}

func (o Options) databaseFile() string { return filepath.Join(o.Dir, "temporal.db") }
