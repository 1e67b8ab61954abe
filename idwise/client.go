package idwise

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Credentials are the API key and secret of one environment of one account.
type Credentials struct{ Key, Secret string }

// String hides the credentials.
func (c Credentials) String() string { return "[credentials]" }

// GoString hides the credentials.
func (c Credentials) GoString() string { return c.String() }

// LogValue hides the credentials.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Config says how to reach the vendor for one account.
type Config struct {
	// BaseURL is the API's address, for example from [RegionURL]. Required.
	BaseURL string
	// Credentials are required.
	Credentials Credentials
	// Paths corrects the table of [Operations]: operation to path.
	Paths map[string]string
	// HTTPClient is used for its transport; nil for one of the client's own.
	// Redirects are never followed.
	HTTPClient *http.Client
	// Timeout bounds one call, without the wait for its turn; default 15 s.
	Timeout time.Duration
	// MaxBody bounds an answer in bytes; default 8 MiB.
	MaxBody int64
	// RequestsPerSecond bounds the calls of this client; 0 for no bound.
	RequestsPerSecond float64
	// Observe is told of every call; nil for nobody.
	Observe ObserveFunc
}

const (
	defaultTimeout = 15 * time.Second
	defaultMaxBody = 8 << 20
)

// Client calls the vendor's API for one account. It is safe for concurrent use.
type Client struct {
	base        string
	credentials Credentials
	paths       map[Operation]Endpoint
	http        *http.Client
	timeout     time.Duration
	maxBody     int64
	limiter     *rate.Limiter
	hold        hold
	summaries   *gap
	observe     ObserveFunc
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
	limit := rate.Inf
	if cfg.RequestsPerSecond > 0 {
		limit = rate.Limit(cfg.RequestsPerSecond)
	}
	c := &Client{
		base: base, credentials: cfg.Credentials, paths: paths,
		http: httpClient(cfg.HTTPClient), timeout: cfg.Timeout, maxBody: cfg.MaxBody,
		limiter:   rate.NewLimiter(limit, int(max(1, math.Ceil(cfg.RequestsPerSecond)))),
		summaries: newGap(summaryGap), observe: cfg.Observe,
	}
	if c.observe == nil {
		c.observe = func(context.Context, Operation, Outcome, time.Duration) {}
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.maxBody <= 0 {
		c.maxBody = defaultMaxBody
	}
	return c, nil
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

// httpClient copies the given client. A redirect would show the credentials to a
// host that nobody configured, so it is an answer like any other.
func httpClient(given *http.Client) *http.Client {
	own := http.Client{}
	if given != nil {
		own = *given
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxIdleConnsPerHost = 16
		own.Transport = t
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}
