// Package idwise decodes the vendor's webhooks and calls its REST API.
//
// A webhook carries no signature and no order, so a decoded webhook is only a hint to
// check the API. Only [Client.Result] is authoritative. The package knows the vendor's
// names and formats and none of ours. What the vendor does not document for certain
// (paths above all) is in one table, [Operations], which configuration can override.
package idwise

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"math"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"idjourney/outbound"
)

// Credentials are the API key and secret of one environment of one account.
type Credentials struct {
	outbound.Private
	Key, Secret string
}

// Config configures a Client for one account.
type Config struct {
	// BaseURL is the API's address, for example from [RegionURL]. Required.
	BaseURL string
	// Credentials are required.
	Credentials Credentials
	// Paths overrides paths of [Operations], by operation.
	Paths map[string]string
	// Timeout limits one request, without the wait for its turn; default 15 s.
	Timeout time.Duration
	// MaxBody limits an answer in bytes; default 8 MiB.
	MaxBody int64
	// RequestsPerSecond limits the requests of this client; 0 for no limit. A request whose
	// turn is more than about a second away is not sent; see [Client.Patient].
	RequestsPerSecond float64
	// Observe is called after every request; nil for none.
	Observe ObserveFunc
}

// Client calls the vendor's API for one account. It is safe for concurrent use.
type Client struct {
	base          string
	authorization string
	paths         map[Operation]Endpoint
	http          *outbound.Client
	turns         *turns
	patience      time.Duration
	observe       ObserveFunc
}

// New makes a client. The error is a sentence that says what to correct.
func New(cfg Config) (*Client, error) {
	base, err := checkBase(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	if cfg.Credentials.Key == "" || cfg.Credentials.Secret == "" {
		return nil, errors.New("the vendor's API needs a key and a secret")
	}
	if strings.Contains(cfg.Credentials.Key, ":") {
		return nil, errors.New("the vendor's API key holds a colon, which HTTP Basic cannot carry")
	}
	paths, err := pathTable(cfg.Paths)
	if err != nil {
		return nil, err
	}
	limit := cmp.Or(rate.Limit(max(cfg.RequestsPerSecond, 0)), rate.Inf)
	if cfg.Observe == nil {
		cfg.Observe = func(context.Context, Operation, Outcome, time.Duration) {}
	}
	return &Client{
		base: base, paths: paths,
		authorization: "Basic " + base64.StdEncoding.EncodeToString([]byte(cfg.Credentials.Key+":"+cfg.Credentials.Secret)),
		http:          outbound.New(outbound.Limits{Timeout: cfg.Timeout, MaxAnswer: cmp.Or(cfg.MaxBody, 8<<20)}),
		turns:         &turns{limiter: rate.NewLimiter(limit, int(max(1, math.Ceil(cfg.RequestsPerSecond))))},
		patience:      shortWait, observe: cfg.Observe,
	}, nil
}

func checkBase(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", errors.New("the vendor's base URL must be an absolute http or https URL")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the vendor's base URL must hold no user, query or fragment")
	}
	return strings.TrimRight(base, "/"), nil
}
