package compose

import (
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/goccy/go-yaml"
	"go.temporal.io/sdk/contrib/envconfig"
	serverconfig "go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"

	"idjourney/config"
)

// Both files are in order with the environment that the services get: every key
// exists, every secret that is named is there, and no IDJOURNEY_ variable is left
// that belongs to no key (config.Load refuses each of these).
func TestConfiguration(t *testing.T) {
	t.Parallel()
	project := load(t)
	for _, name := range []string{"starter", "worker"} {
		s := project.Services[name]
		for _, file := range []string{"idjourney.yaml", "idjourney.standin.yaml"} {
			c := configuration(t, s, filepath.Join(root, "deploy", file))
			if got := c.Ledger.URL.String(); !strings.HasPrefix(got, "postgres://idjourney@postgresql:5432/idjourney") {
				t.Errorf("%s keeps its ledger in %s", name, got)
			}
		}
		if *s.Environment["IDJOURNEY_CONFIG"] != s.Volumes[0].Target {
			t.Errorf("%s reads %s, which is not what is mounted", name, *s.Environment["IDJOURNEY_CONFIG"])
		}
	}
	misspelt := append(Environment(project.Services["starter"]), "IDJOURNEY_LEGDER_URL=x")
	if _, err := config.Load(filepath.Join(root, "deploy", "idjourney.yaml"), misspelt); err == nil {
		t.Error("a variable that belongs to no key was not noticed")
	}
}

// Every variable of the services exists where it is read.
func TestVariablesExist(t *testing.T) {
	t.Parallel()
	project := load(t)
	template := embeddedServerTemplate(t)
	known := map[string]func(name string) bool{
		"starter": productKnows(t, project), "worker": productKnows(t, project), "setup": productKnows(t, project),
		"standin":         in(read(t, root+"/cmd/idjourney/main.go")),
		"temporal":        in(template + read(t, moduleDir(t, "go.temporal.io/server")+"/docker/scripts/sh/entrypoint.sh")),
		"temporal-schema": in(read(t, moduleDir(t, "go.temporal.io/server")+"/tools/sql/main.go")),
		"temporal-ui":     uiKnows(t),
	}
	for name, knows := range known {
		if len(project.Services[name].Environment) == 0 {
			t.Errorf("%s has no environment at all", name)
		}
		for variable := range project.Services[name].Environment {
			if !knows(variable) {
				t.Errorf("%s sets %s, which nothing reads", name, variable)
			}
		}
	}
}

// in says whether a text has the whole name.
func in(text string) func(string) bool {
	words := regexp.MustCompile(`[A-Z][A-Z0-9_]+`).FindAllString(text, -1)
	return func(name string) bool { return slices.Contains(words, name) }
}

// openTelemetry are those that the exporters of package telemetry read.
var openTelemetry = []string{
	"OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL",
}

func productKnows(t *testing.T, project *types.Project) func(string) bool {
	t.Helper()
	text := read(t, filepath.Join(root, "deploy", "idjourney.yaml"))
	return func(name string) bool {
		switch {
		case strings.HasPrefix(name, "IDJOURNEY_"):
			return true // config.Load refuses one that belongs to no key: TestConfiguration
		case strings.HasPrefix(name, "TEMPORAL_"):
			return temporalKnows(t, name, *project.Services["setup"].Environment[name])
		case strings.HasPrefix(name, "OTEL_"):
			return slices.Contains(openTelemetry, name)
		}
		return strings.Contains(text, "secret_env: "+name+" ")
	}
}

// temporalKnows asks Temporal's own reader: a variable that it reads changes what
// it answers.
func temporalKnows(t *testing.T, name, value string) bool {
	t.Helper()
	read := func(env map[string]string) envconfig.ClientConfigProfile {
		p, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{DisableFile: true, EnvLookup: lookup(env)})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	return !reflect.DeepEqual(read(nil), read(map[string]string{name: value}))
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

func uiKnows(t *testing.T) func(string) bool {
	t.Helper()
	return in(read(t, moduleDir(t, "github.com/temporalio/ui-server/v2")+"/config/docker.yaml"))
}

// embeddedServerTemplate is what Temporal's image configures itself from.
func embeddedServerTemplate(t *testing.T) string {
	t.Helper()
	return read(t, moduleDir(t, "go.temporal.io/server")+"/common/config/config_template_embedded.yaml")
}

func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("looking for %s: %v", module, err)
	}
	return strings.TrimSpace(string(out))
}

// Shards are fixed by the first start: the server's own reader has to see them.
func TestServerConfiguration(t *testing.T) {
	s := load(t).Services["temporal"]
	for name, value := range s.Environment {
		t.Setenv(name, *value)
	}
	t.Setenv("TEMPORAL_BROADCAST_ADDRESS", "127.0.0.1") // the image's entry point finds its own
	c, err := serverconfig.Load(serverconfig.WithEmbedded())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Persistence.NumHistoryShards; got != 512 {
		t.Errorf("shards = %d, want 512", got)
	}
	for store, database := range map[string]string{"default": "temporal", "visibility": "temporal_visibility"} {
		sql := c.Persistence.DataStores[store].SQL
		if sql == nil || sql.PluginName != "postgres12" || sql.ConnectAddr != "postgresql:5432" || sql.DatabaseName != database || sql.User != "temporal" {
			t.Errorf("store %s = %+v, want PostgreSQL's database %s", store, sql, database)
		}
	}
	if c.Global.Metrics == nil || c.Global.Metrics.Prometheus == nil || c.Global.Metrics.Prometheus.ListenAddress != "0.0.0.0:9095" {
		t.Errorf("metrics = %+v, want them for Prometheus on 9095", c.Global.Metrics)
	}
	file, err := Mounted(s, c.DynamicConfigClient.Filepath)
	if err != nil {
		t.Fatal(err)
	}
	if found := dynamicconfig.LoadYamlFile([]byte(read(t, file))); len(found.Errors)+len(found.Warnings) > 0 {
		t.Errorf("the dynamic configuration is not understood: %v %v", found.Errors, found.Warnings)
	}
}

// What Prometheus scrapes and Grafana reads are services of the file.
func TestScrapedTargets(t *testing.T) {
	t.Parallel()
	project := load(t)
	var c struct {
		Scrape []struct {
			Static []struct {
				Targets []string `yaml:"targets"`
			} `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal([]byte(read(t, root+"/deploy/prometheus/prometheus.yml")), &c); err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, s := range c.Scrape {
		for _, static := range s.Static {
			targets = append(targets, static.Targets...)
		}
	}
	for _, target := range targets {
		service, _, _ := strings.Cut(target, ":")
		if _, there := project.Services[service]; !there {
			t.Errorf("Prometheus scrapes %s, which is not a service", target)
		}
	}
	for name := range unwatched {
		if !slices.ContainsFunc(targets, func(target string) bool { return strings.HasPrefix(target, name+":") }) {
			t.Errorf("%s has no health check, and Prometheus does not look at it either", name)
		}
	}
}
