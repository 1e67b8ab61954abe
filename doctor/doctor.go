// Package doctor checks what an account depends on. It changes nothing and sends no data: a
// path that would change a journey is not tried and stays guessed.
package doctor

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/ledger"
	"idjourney/workflows"
)

// State is the result of a check.
type State string

// Confirmed works, or the configuration marks it as confirmed. Guessed was not tried, or
// its result is not certain. Wrong was tried and does not work.
const (
	Confirmed State = "confirmed"
	Guessed   State = "guessed"
	Wrong     State = "wrong"
)

// Row is one check and its result.
type Row struct {
	Subject string
	State   State
	// Detail says what was found, Todo what a person can do; "" if nothing.
	Detail, Todo string
}

// Config says what to check.
type Config struct {
	// Account is required.
	Account *config.Account
	// JourneyID names a journey that IDWise knows; without one, a path can only be
	// seen to answer, not to answer what it should.
	JourneyID string
	// Ledger, Temporal and Attributes check what every account needs. Each returns what
	// was found, or an error that says what is wrong. Required.
	Ledger, Temporal, Attributes func(context.Context) (string, error)
	// Timeout bounds each check; 10 s if it is 0.
	Timeout time.Duration
	// Roots are the certificates that are trusted; nil for the machine's.
	Roots *x509.CertPool
}

const defaultTimeout = 10 * time.Second

// Run makes all checks, one after the other, and returns a row for each.
func Run(ctx context.Context, cfg Config) []Row {
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	rows := append(cfg.vendor(ctx), cfg.mark(),
		cfg.check(ctx, "ledger", "check ledger.url, then run idjourney migrate; starter and worker also migrate by themselves", cfg.Ledger),
		cfg.check(ctx, "temporal", "check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and its API key or certificates, and that the namespace exists", cfg.Temporal),
		cfg.check(ctx, "search attributes", "run idjourney setup, or on Temporal Cloud create them in its console", cfg.Attributes))
	if g := cfg.Account.Government; g != nil {
		rows = append(rows, cfg.reach(ctx, "government", g.URL))
	}
	if len(cfg.Account.Endpoints) == 0 {
		rows = append(rows, Row{"endpoints", Guessed, "there is none: decisions are kept and not sent", "list your systems below endpoints if they are to receive decisions"})
	}
	for _, e := range cfg.Account.Endpoints {
		row := cfg.reach(ctx, "endpoint "+e.Name, e.URL)
		if row.State == Confirmed && row.Todo == "" {
			row.Todo = "nothing was sent; idjourney notify sample shows whether it takes our signature"
		}
		rows = append(rows, row)
	}
	return rows
}

// Failed says whether any row is wrong.
func Failed(rows []Row) bool {
	return slices.ContainsFunc(rows, func(r Row) bool { return r.State == Wrong })
}

func (cfg Config) check(ctx context.Context, subject, todo string, check func(context.Context) (string, error)) Row {
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	found, err := check(ctx)
	if err != nil {
		return Row{subject, Wrong, err.Error(), todo}
	}
	return Row{subject, Confirmed, found, ""}
}

// mark says whether the account may start with its unconfirmed paths.
func (cfg Config) mark() Row {
	const subject = "paths' marks"
	missing := cfg.Account.UnconfirmedPaths()
	switch {
	case len(missing) == 0:
		return Row{subject, Confirmed, "every path that is a guess of ours is marked confirmed", ""}
	case cfg.Account.Environment != config.Live:
		return Row{subject, Guessed, "a sandbox starts with them as they are", ""}
	case cfg.Account.AcceptUnconfirmed:
		return Row{subject, Guessed, "accept_unconfirmed_paths is written, so the account starts with them as they are", "mark them when they are confirmed, and take accept_unconfirmed_paths out"}
	}
	todo := "when all are seen to work, write below paths of the account:"
	for _, e := range missing {
		todo += "\n  - { operation: " + string(e.Operation) + `, path: "` + e.Path + `", confirmed: true }`
	}
	return Row{subject, Wrong, "a live account does not start with unconfirmed paths", todo}
}

// renewBefore is how long before its expiry a certificate should be renewed.
const renewBefore = 14 * 24 * time.Hour

// reach connects and, for https, completes the TLS handshake; it makes no request. Only the
// host is shown, because an address may hold a token in its path.
func (cfg Config) reach(ctx context.Context, subject, address string) Row {
	u, err := url.Parse(address)
	if err != nil {
		return Row{subject, Wrong, "its url cannot be parsed", "correct it in the configuration"}
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil {
		return Row{subject, Guessed, u.Host + " is reached by way of a proxy, which is not tried without data", ""}
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	var dialer interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	} = &tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots}}
	port := "443"
	if u.Scheme != "https" {
		dialer, port = &net.Dialer{}, "80"
	}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)))
	if err != nil {
		todo := "start what listens there, correct the url, or let this machine out to it (DNS, firewall)"
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			todo = "give the endpoint a certificate that this machine trusts, for this host name"
		}
		return Row{subject, Wrong, u.Host + " cannot be reached: " + err.Error(), todo}
	}
	defer func() { _ = conn.Close() }()
	row := Row{subject, Confirmed, u.Host + " can be reached", ""}
	c, ok := conn.(*tls.Conn)
	if !ok {
		row.Detail += ", without TLS"
		return row
	}
	ends := c.ConnectionState().PeerCertificates[0].NotAfter
	row.Detail += ", with a certificate until " + ends.UTC().Format(time.DateOnly)
	if time.Until(ends) < renewBefore {
		row.Todo = "renew the certificate"
	}
	return row
}

// Ledger says what the ledger at url holds of an account. It creates no SQLite file,
// because the next check would take that for a ledger.
func Ledger(ctx context.Context, url, account string) (string, error) {
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if _, err := os.Stat(file); err != nil {
			return "", errors.New("there is no ledger yet at " + file)
		}
	}
	l, err := ledger.Open(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	if err := l.Ping(ctx); err != nil {
		return "", err
	}
	counts, err := l.WebhookCounts(ctx, account)
	if err != nil {
		return "", err
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	return fmt.Sprintf("can be written, its schema is current; it holds %d webhooks of this account", total), nil
}

// Temporal checks the namespace. It connects at the first check, so that a failed
// connection is a row like any other.
type Temporal struct {
	dial   func() (client.Client, string, error)
	client client.Client
	name   string
}

// NewTemporal returns the checks of the namespace that dial connects to.
func NewTemporal(dial func() (client.Client, string, error)) *Temporal { return &Temporal{dial: dial} }

func (t *Temporal) connect() (err error) {
	if t.client == nil {
		t.client, t.name, err = t.dial()
	}
	return err
}

// Namespace says whether the namespace exists, and how long it keeps closed workflows.
func (t *Temporal) Namespace(ctx context.Context) (string, error) {
	if err := t.connect(); err != nil {
		return "", err
	}
	found, err := t.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: t.name})
	if err != nil {
		return "", fmt.Errorf("looking for namespace %s: %w", t.name, err)
	}
	return fmt.Sprintf("namespace %s is there; closed workflows stay for %s", t.name,
		found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()), nil
}

// Attributes says whether the namespace has all search attributes.
func (t *Temporal) Attributes(ctx context.Context) (string, error) {
	if err := t.connect(); err != nil {
		return "", err
	}
	if err := workflows.CheckSearchAttributes(ctx, t.client, t.name); err != nil {
		return "", err
	}
	return fmt.Sprintf("all %d are there", len(workflows.SearchAttributes())), nil
}

// Close ends the connection, if there is one.
func (t *Temporal) Close() {
	if t.client != nil {
		t.client.Close()
	}
}

// probe is one reading request and its error.
type probe struct {
	endpoint idwise.Endpoint
	err      error
}

// vendor tries every path that reads once, and concludes from all answers what is wrong:
// the address is not IDWise's, the credentials are not the account's, or a single path
// does not work.
func (cfg Config) vendor(ctx context.Context) []Row {
	account := *cfg.Account
	account.Timeout, account.RequestsPerSecond = cfg.Timeout, 0
	client, err := account.Vendor(nil)
	if err != nil {
		return []Row{{"credentials", Wrong, err.Error(), "correct the account's configuration"}}
	}
	id := cfg.JourneyID
	if id == "" {
		id = "idjourney-doctor-" + rand.Text()
	}
	var probes []probe
	for _, e := range idwise.Operations() {
		if e.Method == http.MethodGet && !slices.Contains(optional, e.Operation) {
			probes = append(probes, probe{client.Endpoint(e.Operation), client.Probe(ctx, e.Operation, id)})
		}
	}
	rows := []Row{cfg.address(probes), cfg.credentials(probes)}
	speaking := slices.ContainsFunc(probes, speaks) && rows[1].State != Wrong
	for _, p := range probes {
		rows = append(rows, cfg.path(p, speaking, probes))
	}
	for _, op := range optional {
		if op == idwise.ReadSpotCheck {
			id = "idjourney-doctor-" + rand.Text() // it has an id of its own, which no flag names
		}
		p := probe{client.Endpoint(op), errNotTried}
		if speaking {
			p.err = client.Probe(ctx, op, id)
		}
		rows = append(rows, cfg.path(p, speaking, probes))
	}
	return append(rows, cfg.writing(client)...)
}

// optional are the operations that no decision needs. A path of theirs that does not work
// does not make the account unhealthy.
var optional = []idwise.Operation{idwise.ReadAMLHistory, idwise.ReadSpotCheck}

var errNotTried = errors.New("not tried")

// speaks says that the answer can only come from IDWise's API.
func speaks(p probe) bool {
	refusal, ok := errors.AsType[*idwise.APIError](p.err)
	return p.err == nil || (ok && refusal.HasEnvelope)
}

func (cfg Config) address(probes []probe) Row {
	subject := "address " + cfg.Account.BaseURL
	if slices.ContainsFunc(probes, speaks) {
		return Row{subject, Confirmed, "IDWise's API answers there", ""}
	}
	// The table begins with a documented path, whose answer says the most.
	err := probes[0].err
	refusal, answered := errors.AsType[*idwise.APIError](err)
	switch {
	case answered && busy(refusal):
		return Row{subject, Guessed, err.Error(), "ask again later"}
	case answered && refusal.Status == http.StatusUnauthorized:
		return Row{subject, Guessed, "something there asks for credentials, but not in IDWise's words", "check region or base_url, then the credentials"}
	case answered, errors.Is(err, idwise.ErrUnreadable), errors.Is(err, idwise.ErrOtherJourney):
		return Row{subject, Wrong, "something answers there, but not as IDWise's API does: " + err.Error(), "correct region (eu, uae, qatar) or base_url"}
	}
	return Row{subject, Wrong, err.Error(), "correct region or base_url; or let this machine out to that address (DNS, firewall, proxy, certificates)"}
}

func busy(e *idwise.APIError) bool {
	return e.Held || e.Status == http.StatusTooManyRequests || e.Status >= 500
}

func (cfg Config) credentials(probes []probe) Row {
	const subject = "credentials"
	for _, p := range probes {
		refusal, ok := errors.AsType[*idwise.APIError](p.err)
		switch {
		case p.err == nil, idwise.IsMissing(p.err):
			return Row{subject, Confirmed, "IDWise accepts the key and the secret", ""}
		case !ok:
		case refusal.Code == "not_allowed_ip_address":
			return Row{subject, Wrong, p.err.Error(), "ask IDWise's support to allow this machine's outgoing address"}
		case refusal.Status == http.StatusUnauthorized:
			return Row{subject, Wrong, p.err.Error(), "correct api_key and api_secret; keys belong to one environment and one region"}
		case refusal.Status == http.StatusForbidden:
			return Row{subject, Wrong, p.err.Error(), "use the keys of this environment (" + string(cfg.Account.Environment) + "); a journey named by --journey must be this account's"}
		}
	}
	return Row{subject, Guessed, "not tried: nothing answered that judges them", ""}
}

const (
	notJudged  = ": cannot be judged while address or credentials are wrong"
	askForPath = "ask IDWise for the path of this operation, and write it below paths of the account"
)

// path judges one path by its answer. If speaking, address and credentials are right, so
// that only the path or the journey can be wrong.
func (cfg Config) path(p probe, speaking bool, all []probe) Row {
	op, at := p.endpoint.Operation, p.endpoint.Method+" "+p.endpoint.Path
	row := Row{Subject: "path " + string(op), State: Guessed}
	isOptional := slices.Contains(optional, op)
	if isOptional && cfg.marked(op) {
		row.State = Confirmed
	}
	refusal, _ := errors.AsType[*idwise.APIError](p.err)
	switch {
	case p.err == nil:
		row.State, row.Detail = Confirmed, at+" answers for this journey"
	case !speaking:
		row.Detail = at + notJudged
	case refusal != nil && busy(refusal):
		row.Detail, row.Todo = p.err.Error(), "ask again later"
	case isOptional && idwise.IsMissing(p.err):
		row.Detail = at + " answers, but knows nothing of what was asked for"
	case isOptional:
		row.State, row.Detail, row.Todo = Guessed, at+" does not work, and no decision rests on it: "+p.err.Error(), askForPath
	case !idwise.IsMissing(p.err):
		row.State, row.Detail, row.Todo = Wrong, at+": "+p.err.Error(), askForPath
	case cfg.JourneyID == "" && p.endpoint.Known == idwise.Documented:
		row.State, row.Detail = Confirmed, at+" is documented by IDWise, and answers"
	case cfg.JourneyID == "":
		row.Detail = at + " answers, but only that it does not know a made-up journey"
		row.Todo = "name a journey of this account by --journey"
	case slices.ContainsFunc(all, func(other probe) bool { return other.err == nil }):
		row.State, row.Detail, row.Todo = Wrong, at+" does not know a journey that another path knows", askForPath
	default:
		row.State, row.Detail = Wrong, "IDWise knows no journey "+cfg.JourneyID
		row.Todo = "take a journey's id from IDWise's portal, of this environment and region"
	}
	return row
}

// writing lists the paths that the account needs and that would change a journey.
func (cfg Config) writing(client *idwise.Client) (rows []Row) {
	for _, op := range []idwise.Operation{idwise.ProcessCustomStep, idwise.CompleteCustomStep} {
		if !cfg.Account.Needs(op) {
			continue
		}
		e := client.Endpoint(op)
		row := Row{"path " + string(op), Confirmed, fmt.Sprintf("%s %s is marked as confirmed in the configuration", e.Method, e.Path), ""}
		if !cfg.marked(op) {
			row.State, row.Detail = Guessed, fmt.Sprintf("%s %s is not tried: it would change a journey", e.Method, e.Path)
			row.Todo = "let a sandbox journey run through its custom step: no vendor_denied or complete_failed means that it works"
		}
		rows = append(rows, row)
	}
	return rows
}

// marked says whether the configuration marks the operation's path as confirmed.
func (cfg Config) marked(op idwise.Operation) bool {
	return slices.ContainsFunc(cfg.Account.Paths, func(o config.PathOverride) bool { return o.Operation == string(op) && o.Confirmed })
}
