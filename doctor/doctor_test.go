package doctor_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"idjourney/config"
	"idjourney/doctor"
	"idjourney/idwise"
	"idjourney/idwise/idwisetest"
)

// patient is a healthy account at the stand-in; a test breaks it.
type patient struct {
	vendor  *idwisetest.Vendor
	account *config.Account
	cfg     doctor.Config
	touched *int // requests that reached the customer's endpoint
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	vendor := idwisetest.New(idwisetest.Config{Scale: 0.001, Accounts: []idwisetest.Account{
		{Key: "key", Secret: "secret", FlowID: "flow"}, {Key: "other", Secret: "other", FlowID: "flow"},
	}})
	t.Cleanup(vendor.Close)
	api := httptest.NewServer(vendor)
	t.Cleanup(api.Close)
	touched := 0
	endpoint := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { touched++ }))
	t.Cleanup(endpoint.Close)
	roots := x509.NewCertPool()
	roots.AddCert(endpoint.Certificate())
	account := &config.Account{
		Name: "acme", Environment: config.Sandbox, BaseURL: api.URL,
		APIKey: config.NewSecret("key"), APISecret: config.NewSecret("secret"),
		Endpoints: []config.Endpoint{{Name: "core", URL: endpoint.URL + "/hook-with-token"}},
		Flows:     []config.Flow{{ID: "flow", CustomStep: true, Steps: []config.Step{{Activity: config.ActivityCompareGovernmentFace}}}},
	}
	well := func(found string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return found, nil }
	}
	return &patient{vendor: vendor, account: account, touched: &touched, cfg: doctor.Config{
		Account: account, Timeout: 5 * time.Second, Roots: roots,
		Ledger: well("ledger"), Temporal: well("temporal"), Attributes: well("attributes"),
	}}
}

// rows runs the doctor and returns the rows by subject.
func (p *patient) rows(t *testing.T) map[string]doctor.Row {
	t.Helper()
	list := doctor.Run(t.Context(), p.cfg)
	rows := map[string]doctor.Row{}
	for _, r := range list {
		subject, _, _ := strings.Cut(r.Subject, " http")
		rows[subject] = r
		if r.State == doctor.Wrong && r.Todo == "" {
			t.Errorf("%s is wrong without a todo", r.Subject)
		}
		if strings.Contains(r.Detail, "token") {
			t.Errorf("%s shows the address's path: %s", r.Subject, r.Detail)
		}
	}
	if len(rows) != len(list) {
		t.Errorf("%d rows have %d subjects", len(list), len(rows))
	}
	return rows
}

func wantStates(t *testing.T, rows map[string]doctor.Row, want map[string]doctor.State) {
	t.Helper()
	for subject, state := range want {
		if got, ok := rows[subject]; !ok || got.State != state {
			t.Errorf("%s is %q (%s), want %q", subject, got.State, got.Detail, state)
		}
	}
}

const (
	address     = "address"
	credentials = "credentials"
	summary     = "path journey_summary"
	result      = "path journey_result"
	process     = "path process_custom_step"
	complete    = "path complete_custom_step"
	amlHistory  = "path aml_history"
	spotCheck   = "path spot_check"
	core        = "endpoint core"
	marks       = "paths' marks"
)

// Without a journey a guessed path stays guessed; with one it is confirmed.
func TestAHealthyAccount(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	rows := p.rows(t)
	wantStates(t, rows, map[string]doctor.State{
		address: doctor.Confirmed, credentials: doctor.Confirmed, summary: doctor.Confirmed, result: doctor.Guessed,
		process: doctor.Guessed, complete: doctor.Guessed, marks: doctor.Guessed, core: doctor.Confirmed,
		amlHistory: doctor.Guessed, spotCheck: doctor.Guessed,
		"ledger": doctor.Confirmed, "temporal": doctor.Confirmed, "search attributes": doctor.Confirmed,
	})
	if *p.touched != 0 {
		t.Errorf("%d requests reached the customer's endpoint, want none", *p.touched)
	}
	p = newPatient(t) // its summary may be asked for once in two seconds
	p.cfg.JourneyID = p.start(t)
	rows = p.rows(t)
	wantStates(t, rows, map[string]doctor.State{summary: doctor.Confirmed, result: doctor.Confirmed, complete: doctor.Guessed})
	for _, r := range rows {
		if r.State == doctor.Wrong {
			t.Errorf("%s is wrong: %s", r.Subject, r.Detail)
		}
	}
	if snap := p.vendor.Journey(p.cfg.JourneyID); snap.Completed || snap.CustomStepSubmissions != 0 {
		t.Error("the doctor changed the journey")
	}
}

// A path that no decision needs is tried, but does not make an account unhealthy.
func TestOptionalPaths(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.cfg.JourneyID = p.vendor.Start("no-custom-step", "r-1")
	finished := func(s idwisetest.Snapshot) bool { return s.Phase == idwisetest.PhaseFinished }
	if _, err := p.vendor.Await(t.Context(), p.cfg.JourneyID, finished); err != nil {
		t.Fatal(err)
	}
	if err := p.vendor.AMLMatch(p.cfg.JourneyID); err != nil {
		t.Fatal(err)
	}
	rows := p.rows(t)
	wantStates(t, rows, map[string]doctor.State{amlHistory: doctor.Confirmed, spotCheck: doctor.Guessed})
	if got := rows[spotCheck]; !strings.Contains(got.Detail, "answers") || got.Todo != "" {
		t.Errorf("a path that answers: got %q, to do %q", got.Detail, got.Todo)
	}
	for _, op := range []string{"start_journey", "delete_journey"} {
		if row, ok := rows["path "+op]; ok {
			t.Errorf("%s was tried or asked for: %v", op, row)
		}
	}

	p = newPatient(t)
	p.account.Paths = []config.PathOverride{
		{Operation: "aml_history", Path: "/nowhere/{check_id}", Confirmed: true},
		{Operation: "spot_check", Path: "/journey/v2/spot-check/{spot_check_id}", Confirmed: true},
	}
	rows = p.rows(t)
	for _, r := range rows {
		if r.State == doctor.Wrong {
			t.Errorf("%s is wrong: %s", r.Subject, r.Detail)
		}
	}
	wantStates(t, rows, map[string]doctor.State{amlHistory: doctor.Guessed, spotCheck: doctor.Confirmed})
	if got := rows[amlHistory]; !strings.Contains(got.Todo, "ask IDWise for the path") {
		t.Errorf("a path that does not work: got %q, to do %q", got.Detail, got.Todo)
	}
}

func (p *patient) start(t *testing.T) string {
	t.Helper()
	return p.vendor.Start("never-finish", "never-finish-1")
}

func TestFaultsAreReported(t *testing.T) {
	t.Parallel()
	const noListener = "http://127.0.0.1:1"
	otherServer := func(t *testing.T) string {
		other := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(other.Close)
		return other.URL
	}
	broken := func(context.Context) (string, error) { return "", errors.New("it is broken") }
	tests := map[string]struct {
		spoil func(t *testing.T, p *patient)
		want  map[string]doctor.State
		todo  map[string]string
	}{
		"credentials": {
			func(_ *testing.T, p *patient) { p.account.APISecret = config.NewSecret("no") },
			map[string]doctor.State{address: doctor.Confirmed, credentials: doctor.Wrong, result: doctor.Guessed, summary: doctor.Guessed},
			map[string]string{credentials: "correct api_key and api_secret"},
		},
		"another account's journey": {
			func(t *testing.T, p *patient) {
				p.cfg.JourneyID = p.start(t)
				p.account.APIKey, p.account.APISecret = config.NewSecret("other"), config.NewSecret("other")
			},
			map[string]doctor.State{address: doctor.Confirmed, credentials: doctor.Wrong},
			map[string]string{credentials: "--journey must be this account's"},
		},
		"address is not IDWise's": {
			func(t *testing.T, p *patient) { p.account.BaseURL = otherServer(t) },
			map[string]doctor.State{address: doctor.Wrong, credentials: doctor.Guessed, result: doctor.Guessed},
			map[string]string{address: "correct region"},
		},
		"no listener at the address": {
			func(_ *testing.T, p *patient) { p.account.BaseURL = noListener },
			map[string]doctor.State{address: doctor.Wrong, credentials: doctor.Guessed, result: doctor.Guessed},
			map[string]string{address: "let this machine out"},
		},
		"path": {
			func(_ *testing.T, p *patient) {
				p.account.Paths = []config.PathOverride{{Operation: "journey_result", Path: "/v9/{journey_id}"}}
			},
			map[string]doctor.State{address: doctor.Confirmed, credentials: doctor.Confirmed, summary: doctor.Confirmed, result: doctor.Wrong},
			map[string]string{result: "ask IDWise for the path"},
		},
		"path of another operation": {
			func(t *testing.T, p *patient) {
				p.cfg.JourneyID = p.start(t)
				p.vendor.SetFaults(idwisetest.Faults{
					Operations: []idwise.Operation{idwise.JourneyResult}, APIStatus: 404, APICode: "missing_requested_resource",
				})
			},
			map[string]doctor.State{credentials: doctor.Confirmed, summary: doctor.Confirmed, result: doctor.Wrong}, nil,
		},
		"journey": {
			func(_ *testing.T, p *patient) { p.cfg.JourneyID = "mistyped" },
			map[string]doctor.State{credentials: doctor.Confirmed, summary: doctor.Wrong, result: doctor.Wrong},
			map[string]string{result: "take a journey's id from IDWise's portal"},
		},
		"busy": {
			func(_ *testing.T, p *patient) { p.vendor.SetFaults(idwisetest.Faults{APIStatus: 503}) },
			map[string]doctor.State{address: doctor.Guessed, credentials: doctor.Guessed, result: doctor.Guessed}, nil,
		},
		"endpoint down": {
			func(_ *testing.T, p *patient) { p.account.Endpoints[0].URL = noListener },
			map[string]doctor.State{core: doctor.Wrong}, map[string]string{core: "start what listens there"},
		},
		"endpoint's certificate": {
			func(_ *testing.T, p *patient) { p.cfg.Roots = x509.NewCertPool() },
			map[string]doctor.State{core: doctor.Wrong}, map[string]string{core: "certificate that this machine trusts"},
		},
		"government down": {
			func(_ *testing.T, p *patient) { p.account.Government = &config.Government{URL: noListener} },
			map[string]doctor.State{"government": doctor.Wrong}, nil,
		},
		"ground": {
			func(_ *testing.T, p *patient) {
				p.cfg.Ledger, p.cfg.Temporal, p.cfg.Attributes = broken, broken, broken
			},
			map[string]doctor.State{"ledger": doctor.Wrong, "temporal": doctor.Wrong, "search attributes": doctor.Wrong, address: doctor.Confirmed},
			map[string]string{"ledger": "idjourney migrate", "search attributes": "idjourney setup"},
		},
		"live and unmarked": {
			func(_ *testing.T, p *patient) { p.account.Environment = config.Live },
			map[string]doctor.State{marks: doctor.Wrong},
			map[string]string{marks: `{ operation: complete_custom_step, path: "/journey/v2/complete-custom-step", confirmed: true }`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			tt.spoil(t, p)
			rows := p.rows(t)
			wantStates(t, rows, tt.want)
			for subject, want := range tt.todo {
				if !strings.Contains(rows[subject].Todo, want) {
					t.Errorf("%s: to do is %q, want %q in it", subject, rows[subject].Todo, want)
				}
			}
		})
	}
}

// Paths that the configuration marks as confirmed are confirmed, also for a live account.
func TestMarkedPathsOfALiveAccount(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.account.Environment = config.Live
	for _, e := range p.account.UnconfirmedPaths() {
		p.account.Paths = append(p.account.Paths, config.PathOverride{Operation: string(e.Operation), Path: e.Path, Confirmed: true})
	}
	wantStates(t, p.rows(t), map[string]doctor.State{marks: doctor.Confirmed, process: doctor.Confirmed, complete: doctor.Confirmed})
	if !doctor.Failed([]doctor.Row{{State: doctor.Guessed}, {State: doctor.Wrong}}) || doctor.Failed([]doctor.Row{{State: doctor.Guessed}}) {
		t.Error("Failed does not report a wrong row")
	}
}
