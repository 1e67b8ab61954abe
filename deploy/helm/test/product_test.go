package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/sdk/contrib/envconfig"
	corev1 "k8s.io/api/core/v1"

	"idjourney/config"
)

// openTelemetry are the variables that package telemetry and its exporters read.
var openTelemetry = []string{"OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"}

// productFaults asks the product: it reads the configuration with the variables of
// each container, Temporal's reader the rest, and each command has the flags.
func productFaults(t *testing.T, objects []object) (found []string) {
	t.Helper()
	for _, o := range objects {
		for _, c := range o.pod().Containers {
			text := configOf(objects, o.pod())
			for _, fault := range slices.Concat(variableFaults(c, text), configFaults(t, c, text), commandFaults(t, c.Args)) {
				found = append(found, fmt.Sprintf("%s: %s", o, fault))
			}
		}
	}
	return found
}

func variableFaults(c corev1.Container, configuration string) (found []string) {
	for _, e := range c.Env {
		var known bool
		switch {
		case strings.HasPrefix(e.Name, "IDJOURNEY_"):
			known = configuration != "" // configFaults refuses what belongs to no key
		case strings.HasPrefix(e.Name, "TEMPORAL_"):
			known = temporalReads(e.Name)
		case strings.HasPrefix(e.Name, "OTEL_"):
			known = slices.Contains(openTelemetry, e.Name)
		default:
			known = strings.Contains(configuration, "secret_env: "+e.Name+"\n")
		}
		if !known {
			found = append(found, fmt.Sprintf("%s sets %s, which nothing reads", c.Name, e.Name))
		}
	}
	return found
}

// configFaults reads the configuration as the container would, with values for the
// secrets.
func configFaults(t *testing.T, c corev1.Container, text string) []string {
	t.Helper()
	if text == "" {
		return nil
	}
	var environ []string
	for _, e := range c.Env {
		value := e.Value
		if e.ValueFrom != nil {
			value = "a-secret-of-more-than-thirty-two-characters-" + e.Name
		}
		switch e.Name {
		case "IDJOURNEY_LEDGER_URL":
			value = "postgres://idjourney:secret@db/idjourney"
		case "CORE_WEBHOOK_SECRET":
			value = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
		}
		environ = append(environ, e.Name+"="+value)
	}
	file := filepath.Join(t.TempDir(), "idjourney.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(file, environ); err != nil {
		return []string{c.Name + ": " + err.Error()}
	}
	return nil
}

// temporalReads asks Temporal's own reader: a variable that it reads changes what it
// answers, or is refused for its value.
func temporalReads(name string) bool {
	with := func(env lookup) (envconfig.ClientConfigProfile, error) {
		return envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{DisableFile: true, EnvLookup: env})
	}
	plain, _ := with(nil)
	read, err := with(lookup{name: "value:1"})
	return err != nil || !reflect.DeepEqual(plain, read)
}

type lookup map[string]string

func (l lookup) Environ() []string {
	var list []string
	for name, value := range l {
		list = append(list, name+"="+value)
	}
	return list
}

func (l lookup) LookupEnv(name string) (string, bool) { value, ok := l[name]; return value, ok }

// binary builds the product once.
var binary = sync.OnceValues(func() (string, error) {
	file, err := filepath.Abs(filepath.Join(root, "bin", "idjourney"))
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", file, "./cmd/idjourney")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building idjourney: %w\n%s", err, out)
	}
	return file, nil
})

// commandFaults asks the command for its help, and looks for the flags.
func commandFaults(t *testing.T, args []string) (found []string) {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	help, err := exec.CommandContext(t.Context(), bin, args[0], "--help").CombinedOutput()
	if err != nil || !strings.Contains(string(help), "idjourney "+args[0]) {
		return []string{fmt.Sprintf("idjourney has no command %s: %s", args[0], help)}
	}
	for _, flag := range args[1:] {
		name, _, _ := strings.Cut(flag, "=")
		if !strings.Contains(string(help), name+" ") {
			found = append(found, fmt.Sprintf("idjourney %s has no flag %s", args[0], name))
		}
	}
	return found
}
