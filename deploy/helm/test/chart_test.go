// Package test renders the Helm chart by Helm's own library and holds every object
// against Kubernetes' types and against the product.
package test

import (
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	corev1 "k8s.io/api/core/v1"
)

const (
	root     = "../../.."
	chartDir = "../idjourney"
	plain    = "../../kubernetes/idjourney.yaml"
)

// cases are the values that are published beside the chart.
var cases = []string{"minimal", "production", "temporal-cloud"}

func TestTheChartRenders(t *testing.T) {
	t.Parallel()
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := readValues(t, name)
			for _, m := range lint.All(chartDir, values, "idjourney", true).Messages {
				if m.Severity >= support.WarningSev && !strings.Contains(m.Err.Error(), "icon is recommended") {
					t.Errorf("lint: %v", m)
				}
			}
			objects := render(t, values)
			for _, o := range objects {
				for _, fault := range o.faults() {
					t.Errorf("%s: %s", o, fault)
				}
			}
			for _, fault := range productFaults(t, objects) {
				t.Error(fault)
			}
			complete(t, name, objects)
		})
	}
}

// Helm's library reports that the alert rules are a link, each time.
func init() { log.SetOutput(io.Discard) }

// complete looks for what each case is there for.
func complete(t *testing.T, name string, objects []object) {
	t.Helper()
	want := []string{
		"Deployment/idjourney-starter", "Deployment/idjourney-worker", "PodDisruptionBudget/idjourney-starter", "PodDisruptionBudget/idjourney-worker",
		"NetworkPolicy/idjourney-starter", "NetworkPolicy/idjourney-worker", "Job/idjourney-migration", "Job/idjourney-setup",
		"Service/idjourney-starter", "Service/idjourney-worker", "ConfigMap/idjourney", "ConfigMap/idjourney-jobs",
		"ServiceAccount/idjourney", "ServiceAccount/idjourney-jobs",
	}
	switch name {
	case "production":
		want = append(want, "ExternalSecret/idjourney", "ScaledObject/idjourney-worker", "Ingress/idjourney",
			"ServiceMonitor/idjourney-starter", "ServiceMonitor/idjourney-worker", "PrometheusRule/idjourney")
	case "temporal-cloud":
		want = append(want, "ScaledObject/idjourney-worker", "TriggerAuthentication/idjourney-temporal")
	}
	var got []string
	for _, o := range objects {
		got = append(got, o.String())
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("objects = %v\nwant %v", got, want)
	}
}

// The migration has a database role of its own; starter and worker never see it.
func TestTheMigrationHasItsOwnRole(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, o := range render(t, readValues(t, "production")) {
		for _, v := range o.pod().Containers {
			for _, e := range v.Env {
				if e.Name == "IDJOURNEY_LEDGER_URL" {
					keys[v.Name] = e.ValueFrom.SecretKeyRef.Key
				}
			}
		}
	}
	want := map[string]string{"starter": "IDJOURNEY_LEDGER_URL", "worker": "IDJOURNEY_LEDGER_URL", "migration": "IDJOURNEY_LEDGER_MIGRATION_URL"}
	for name, key := range want {
		if keys[name] != key {
			t.Errorf("%s reads the ledger's URL from %q, want %s", name, keys[name], key)
		}
	}
}

// What the schema of the values refuses.
func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]any){
		"an unknown key":     func(v map[string]any) { v["replicas"] = 3 },
		"an unknown sub-key": func(v map[string]any) { v["starter"] = map[string]any{"replica": 3} },
		"no account":         func(v map[string]any) { delete(v, "config") },
		"no Temporal":        func(v map[string]any) { v["temporal"] = map[string]any{"address": ""} },
		"a URL for Temporal": func(v map[string]any) { v["temporal"] = map[string]any{"address": "https://temporal:7233"} },
		"no replica":         func(v map[string]any) { v["worker"] = map[string]any{"replicas": 0} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := readValues(t, "minimal")
			change(values)
			if _, err := renderChart(loadChart(t), values); err == nil {
				t.Error("they are taken")
			}
		})
	}
}

// A fault in a template does not get past the checks.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]struct{ file, old, new, want string }{
		"an unknown key":                {"deployments.yaml", "livenessProbe:", "livenesProbe:", "unknown field"},
		"a missing probe":               {"deployments.yaml", "readinessProbe:\n            httpGet: { path: {{ index $ready $component | quote }}, port: admin }\n            periodSeconds: 10\n            timeoutSeconds: 5\n          resources:", "resources:", "has no readiness probe"},
		"a container that runs as root": {"_helpers.tpl", "runAsNonRoot: true\n  runAsUser: 65532", "runAsNonRoot: false\n  runAsUser: 0", "may run as root"},
		"a writable container":          {"_helpers.tpl", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "may write"},
		"capabilities":                  {"_helpers.tpl", "capabilities: { drop: [ALL] }", "", "keeps capabilities"},
		"an unknown variable":           {"_helpers.tpl", "name: TEMPORAL_NAMESPACE", "name: TEMPORAL_NAMESPCE", "TEMPORAL_NAMESPCE"},
		"an unknown key of the product": {"_helpers.tpl", `"public" ":8080"`, `"pubic" ":8080"`, "pubic"},
		"an unknown flag":               {"deployments.yaml", "--admin=:9091", "--admn=:9091", "--admn"},
		"a port that nothing names":     {"network.yaml", "port: webhooks", "port: webhook", "no port webhook"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := loadChart(t)
			planted := false
			for _, file := range c.Templates {
				if filepath.Base(file.Name) == f.file && strings.Contains(string(file.Data), f.old) {
					file.Data, planted = []byte(strings.Replace(string(file.Data), f.old, f.new, 1)), true
				}
			}
			if !planted {
				t.Fatalf("%s does not hold %q", f.file, f.old)
			}
			texts, err := renderChart(c, readValues(t, "minimal"))
			if err != nil {
				t.Fatal(err)
			}
			objects, faults := decode(texts)
			for _, o := range objects {
				faults = append(faults, o.faults()...)
			}
			faults = append(faults, portFaults(objects)...)
			faults = append(faults, productFaults(t, objects)...)
			if !strings.Contains(strings.Join(faults, "\n"), f.want) {
				t.Errorf("the faults found are %q, want one with %q", faults, f.want)
			}
		})
	}
}

// The plain manifests are the chart's, with its minimal values. UPDATE=1 writes them.
func TestPlainManifestsAreCurrent(t *testing.T) {
	t.Parallel()
	texts, err := renderChart(loadChart(t), readValues(t, "minimal"))
	if err != nil {
		t.Fatal(err)
	}
	want := "# Generated from deploy/helm with minimal.yaml: do not edit. `make manifests` writes it anew.\n" +
		"# Make the Secret idjourney, and change the configuration and the image to yours.\n"
	for _, text := range texts {
		var kept []string
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "helm.sh/") && !strings.Contains(line, "managed-by: Helm") {
				kept = append(kept, line)
			}
		}
		want += "---\n" + strings.TrimSpace(strings.ReplaceAll(strings.Join(kept, ""), "  annotations:\ndata:", "data:")) + "\n"
	}
	for _, next := range []string{"data:", "spec:", "automountServiceAccountToken:"} {
		want = strings.ReplaceAll(want, "  annotations:\n"+next, next)
	}
	if os.Getenv("UPDATE") == "1" {
		if err := os.MkdirAll(filepath.Dir(plain), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(plain, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("they are stale: run make manifests")
	}
	_, faults := decode(strings.Split(string(got), "\n---\n"))
	for _, fault := range faults {
		t.Error(fault)
	}
}

func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readValues(t *testing.T, name string) map[string]any {
	t.Helper()
	values, err := chartutil.ReadValuesFile(filepath.Join("..", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// renderChart returns one text for each object, sorted by file.
func renderChart(c *chart.Chart, values map[string]any) ([]string, error) {
	full, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "idjourney", Namespace: "idjourney", IsInstall: true}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(c, full)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var texts []string
	for _, name := range names {
		if strings.HasSuffix(name, ".tpl") {
			continue
		}
		for _, text := range strings.Split("\n"+files[name], "\n---") {
			if strings.TrimSpace(text) != "" {
				texts = append(texts, text)
			}
		}
	}
	return texts, nil
}

func render(t *testing.T, values map[string]any) []object {
	t.Helper()
	texts, err := renderChart(loadChart(t), values)
	if err != nil {
		t.Fatal(err)
	}
	objects, faults := decode(texts)
	for _, fault := range append(faults, portFaults(objects)...) {
		t.Error(fault)
	}
	return objects
}

// configOf is the configuration that a pod mounts.
func configOf(objects []object, pod corev1.PodSpec) string {
	for _, volume := range pod.Volumes {
		for _, o := range objects {
			if m, ok := o.it.(*corev1.ConfigMap); ok && volume.ConfigMap != nil && m.Name == volume.ConfigMap.Name {
				return m.Data["idjourney.yaml"]
			}
		}
	}
	return ""
}
