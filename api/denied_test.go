package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"idjourney/api"
	"idjourney/telemetry"
)

var deniedLine = regexp.MustCompile(`"API request denied" token=(\S+) .* account=(\S+) missing=(\S+)`)

func TestDeniedRequestsAreLoggedAndCounted(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	a := openAPI(t, func(c *api.Config) {
		var err error
		c.Instruments, err = telemetry.NewInstruments(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test"))
		must(t, err)
	})
	a.fill(t)
	const secret = "what-the-caller-wrote"
	act := func(token, path string, status int) {
		t.Helper()
		if got := a.do(t, ask{method: "POST", path: path, token: token, body: `{"reason":"` + secret + `"}`}); got.status != status {
			t.Errorf("%s: got %d %s, want %d", path, got.status, got.body, status)
		}
	}
	for range 12 {
		act(readerToken, "/v1/journeys/acme/jny-known/end-relationship", http.StatusForbidden)
		act(operatorToken, "/v1/journeys/globex/jny-known/end-relationship", http.StatusNotFound)
	}
	act(otherToken, "/v1/journeys/acme/jny-known/end-relationship", http.StatusNotFound)
	act(operatorToken, "/v1/journeys/no-such-account/jny-known/end-relationship", http.StatusNotFound)
	act("a-token-that-nobody-has-configured", "/v1/journeys/acme/jny-known/refresh", http.StatusUnauthorized)
	foreign := opening("k", strings.Replace(startBody, "acme", "globex", 1))
	if got := a.do(t, foreign); got.status != http.StatusNotFound {
		t.Errorf("opening: got %d", got.status)
	}

	got := map[string]int{}
	for _, line := range deniedLine.FindAllStringSubmatch(a.log.String(), -1) {
		got[strings.Join(line[1:], " ")]++
	}
	want := map[string]int{
		"app acme scope": 12, "backoffice globex account": 13, "elsewhere acme account": 1, "backoffice unknown account": 1, "unknown acme token": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines in the log (-want +got):\n%s", diff)
	}
	if text := a.log.String(); strings.Contains(text, secret) || strings.Contains(text, "no-such-account") || strings.Contains(text, "API act") {
		t.Errorf("the log holds what the caller wrote, or an act that was none:\n%s", text)
	}
	var all metricdata.ResourceMetrics
	must(t, reader.Collect(t.Context(), &all))
	counted := map[string]int64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "idjourney.api.denied" {
			for _, p := range sum.DataPoints {
				missing, _ := p.Attributes.Value("missing")
				counted[missing.AsString()] += p.Value
			}
		}
	}
	if counted["scope"] != 12 || counted["account"] != 15 || counted["token"] != 1 {
		t.Errorf("counted %v", counted)
	}
}

// Text that can hide or rearrange what a person reads is never kept.
func TestMisleadingTextIsRefused(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.fill(t)
	for name, text := range map[string]string{
		"a line break": `a\nb`, "an escape": `\u001b[2J`, "delete": `a\u007f`, "a C1 control": `a\u0085b`, "right to left": `a\u202eb`,
		"an isolate": `a\u2066b`, "a mark": `a\u200fb`, "a paragraph": `a\u2029b`,
	} {
		for path, body := range map[string]string{
			known + "/end-relationship":                    `{"reason":"` + text + `"}`,
			known + "/retry-step":                          `{"step":"` + text + `","reason":"why"}`,
			"/v1/journeys/search":                          `{"account":"acme","reference":"` + text + `"}`,
			"/v1/attention/acme/vendor_denied/acknowledge": `{"detail":"` + text + `"}`,
			"/v1/spot-checks/acme/spot-1/link":             `{"journeyId":"jny-known","reason":"` + text + `"}`,
		} {
			if got := a.do(t, ask{method: "POST", path: path, token: operatorToken, body: body}); got.status != http.StatusBadRequest {
				t.Errorf("%s in %s: got %d %s, want 400", name, path, got.status, got.body)
			}
		}
	}
	// Limits count characters, and writing from right to left needs no control characters.
	long := strings.Repeat("ש", 500)
	if got := a.do(t, ask{method: "POST", path: known + "/end-relationship", token: operatorToken, body: `{"reason":"` + long + `"}`}); got.status != http.StatusOK {
		t.Errorf("500 characters of two bytes: got %d %s, want 200", got.status, got.body)
	}
	if got := a.do(t, ask{method: "POST", path: known + "/end-relationship", token: operatorToken, body: `{"reason":"` + long + `ש"}`}); got.status != http.StatusBadRequest {
		t.Errorf("501 characters: got %d, want 400", got.status)
	}
}

func TestAMalformedQueryIsRefused(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	for _, query := range []string{"after=99999;x", "after=1&after=2", "after=%zz", "after=1;limit=2", ";", "Limit=1"} {
		if got := a.do(t, ask{method: "GET", path: "/v1/decisions?" + query, token: readerToken}); got.status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s, want 400", query, got.status, got.body)
		}
	}
}
