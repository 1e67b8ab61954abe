package idwisetest

import (
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/standin.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The examples of docs/standin.md work as they are written. They need curl.
func TestTheExamplesOfTheDocsWork(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Accounts[0].NoCustomStep = true })
	script := "set -eu\n"
	for _, block := range regexp.MustCompile("(?ms)^```sh run\n(.*?)^```").FindAllStringSubmatch(page(t), -1) {
		script += block[1]
	}
	if n := strings.Count(script, "curl "); n < 10 {
		t.Fatalf("%d examples are marked to be run, want at least 10", n)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", script)
	shell.Dir = t.TempDir()
	shell.Env = append(os.Environ(), "STANDIN="+r.url)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// Every script, fault and route is on the page, and every route in openapi.yaml with
// the fields that the code reads.
func TestTheDocsAreComplete(t *testing.T) {
	t.Parallel()
	text := page(t)
	for _, name := range Scripts() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/standin.md does not describe script %s", name)
		}
	}
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	faults := doc.Components.Schemas["Faults"].Value.Properties
	for i := range reflect.TypeFor[faultsJSON]().NumField() {
		key := reflect.TypeFor[faultsJSON]().Field(i).Tag.Get("json")
		if faults[key] == nil || !strings.Contains(text, "`"+key+"`") {
			t.Errorf("fault %s is missing in openapi.yaml or docs/standin.md", key)
		}
	}
	v := New(Config{Accounts: []Account{{Key: "k"}}})
	t.Cleanup(v.Close)
	routes, described := v.controlRoutes().(*http.ServeMux), 0
	for path, item := range doc.Paths.Map() {
		short := strings.TrimPrefix(path, "/control/journeys/{id}")
		if !strings.Contains(text, path) && (short == "" || !strings.Contains(text, "`"+short+"`")) && path != "/control/journeys/{id}" {
			t.Errorf("docs/standin.md does not describe %s", path)
		}
		for method := range item.Operations() {
			described++
			req, err := http.NewRequestWithContext(t.Context(), method, strings.ReplaceAll(path, "{id}", "x"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, pattern := routes.Handler(req); pattern != method+" "+path {
				t.Errorf("openapi.yaml has %s %s, the stand-in has %q", method, path, pattern)
			}
		}
	}
	source, err := os.ReadFile("control.go")
	if err != nil {
		t.Fatal(err)
	}
	// Each registered pattern, and each action of controlLater's table.
	if served := len(regexp.MustCompile(`mux\.HandleFunc\("[A-Z]+ /control/[^"]*[a-z}]"|: +v\.Re[A-Za-z]+,`).FindAll(source, -1)); described != served {
		t.Errorf("openapi.yaml describes %d operations, the stand-in has %d", described, served)
	}
}
