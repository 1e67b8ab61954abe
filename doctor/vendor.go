package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"idjourney/config"
	"idjourney/idwise"
)

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
