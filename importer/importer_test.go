package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func importConfig() *config.Config {
	return &config.Config{Accounts: []config.Account{{Name: "acme"}, {Name: "globex"}}}
}

func newImporter(l Ledger) (*importer, *bytes.Buffer) {
	out := &bytes.Buffer{}
	return &importer{ledger: l, limit: rate.NewLimiter(rate.Inf, 1), out: out}, out
}

const twoCustomers = "account,journeyId,reference\nacme,jny-1,jane@example.test\nglobex,jny-1,\"Doe, John\"\n"

func TestAnImportedCustomerIsAnEventAndAReference(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"CSV":           twoCustomers,
		"a spreadsheet": "\ufeff" + strings.ReplaceAll(twoCustomers, "\n", "\r\n"),
		"JSON lines": `{"account":"acme","journeyId":"jny-1","reference":"jane@example.test"}` + "\n\n" +
			`{"reference":"Doe, John","account":"globex","journeyId":"jny-1"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customers, err := readCustomers([]byte(text), importConfig())
			if err != nil {
				t.Fatal(err)
			}
			l := ledgertest.Open(t, ledgertest.SQLite(t))
			im, out := newImporter(l)
			if err := im.run(t.Context(), customers); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != "2 taken up, 0 known before, 0 refused, 0 left\n" {
				t.Errorf("got %q", got)
			}
			v, err := l.View(t.Context(), "globex", "jny-1")
			if err != nil || v.Reference != "Doe, John" {
				t.Errorf("got %+v %v, want the reference", v.Journey, err)
			}
			w, err := l.Webhook(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			var e journey.Event
			if err := json.Unmarshal(w.Event, &e); err != nil || e.Type != journey.Adopt || e.Account != "acme" || e.JourneyID != "jny-1" {
				t.Errorf("got %+v %v, want an adopt event", e, err)
			}
			if strings.Contains(string(w.Event), "jane") {
				t.Error("the reference is in the event, so it reaches a workflow history")
			}
		})
	}
}

func TestFaultyLinesAreNamedWithoutTheirContent(t *testing.T) {
	t.Parallel()
	const head = "account,journeyId,reference\n"
	for text, want := range map[string]string{
		head + "acme,jny-1,jane\nnobody,jny-2,jane\nacme,a/b,jane\nacme,jny-3,\nacme,jny-1,jane\nacme,jny-4\n": "line 3: the account is not in the configuration\nline 4: the journeyId is missing or cannot be an id\n" +
			"line 5: the reference is missing\nline 6: the journey is there already, in line 2\nline 7: has 2 fields, not 3",
		"account,id,reference\nacme,jny-1,jane\n":       "line 1: is not the header",
		head + "acme,\"jny-1,jane\n":                    "is no CSV",
		head + "acme,jny-1," + strings.Repeat("j", 257): "line 2: the reference is longer than 256",
		head + "acme,jny-1,ja\x00ne":                    "line 2: the reference has characters",
		head:                                            "nothing to import",
		"":                                              "nothing to import",
		`{"account":"acme","journeyId":"j","name":"jane"}`: "line 1: is not one JSON object",
		`{"account":"acme","journeyId":"j"}`:               "line 1: the reference is missing",
		`{"account":"acme"` + "\n" + `{"a`:                 "line 2: is not one",
	} {
		customers, err := readCustomers([]byte(text), importConfig())
		if err == nil || customers != nil {
			t.Errorf("%q: got %v, want faults", text, customers)
			continue
		}
		for _, part := range strings.Split(want, "|") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: got %v, want %q in it", text, err, part)
			}
		}
		if strings.Contains(err.Error(), "jane") || strings.Contains(err.Error(), "nobody") || strings.Contains(err.Error(), "jny") {
			t.Errorf("the error contains text of the file: %v", err)
		}
	}
}

// stopping ends the import after some events.
type stopping struct {
	*ledger.Ledger
	after int
	stop  func()
}

func (s *stopping) RecordEvent(ctx context.Context, e journey.Event) (bool, error) {
	if s.after--; s.after == 0 {
		s.stop()
	}
	return s.Ledger.RecordEvent(ctx, e)
}

// Journeys that were imported before an interruption are skipped without waiting.
func TestAnImportResumesWhereItStopped(t *testing.T) {
	t.Parallel()
	var customers []customer
	for i := range 10 {
		customers = append(customers, customer{line: i + 2, Account: "acme", JourneyID: "jny-" + string(rune('a'+i)), Reference: "r"})
	}
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	im, out := newImporter(&stopping{l, 4, cancel})
	if err := im.run(ctx, customers); err == nil || !strings.Contains(err.Error(), "repeat the command") {
		t.Errorf("stopped: got %v", err)
	}
	if got := out.String(); got != "4 taken up, 0 known before, 0 refused, 6 left\n" {
		t.Errorf("stopped: got %q", got)
	}
	im, out = newImporter(l)
	// The limit allows six at once; a seventh would wait for longer than the test may take.
	im.limit = rate.NewLimiter(rate.Every(24*time.Hour), 6)
	if err := im.run(t.Context(), customers); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "6 taken up, 4 known before, 0 refused, 0 left\n" {
		t.Errorf("again: got %q", got)
	}
}

func TestAJourneyWithAnotherReferenceIsRefused(t *testing.T) {
	t.Parallel()
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	if err := l.Register(t.Context(), ledger.Journey{Account: "acme", JourneyID: "jny-1", Reference: "john"}); err != nil {
		t.Fatal(err)
	}
	customers, err := readCustomers([]byte(twoCustomers), importConfig())
	if err != nil {
		t.Fatal(err)
	}
	im, out := newImporter(l)
	if err := im.run(t.Context(), customers); err == nil || !strings.Contains(err.Error(), "lines 2") || strings.Contains(err.Error(), "jane") {
		t.Errorf("got %v, want line 2 named", err)
	}
	if got := out.String(); got != "1 taken up, 0 known before, 1 refused, 0 left\n" {
		t.Errorf("got %q", got)
	}
}
