package compose

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"idjourney/config"
)

const root = "../.."

// Jobs end by themselves; what depends on one waits for its success.
var jobs = []string{"temporal-schema", "setup"}

// unwatched says why a service has no health check.
var unwatched = map[string]string{"otel-collector": "its image holds nothing that could ask; Prometheus scrapes it"}

func load(t *testing.T) *types.Project {
	t.Helper()
	env, err := NewEnv(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	project, err := Load(t.Context(), root, env, AllProfiles)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestServicesAndProfiles(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	product := []string{"postgresql", "setup", "starter", "temporal", "temporal-schema", "temporal-ui", "worker"}
	observability := []string{"grafana", "jaeger", "otel-collector", "prometheus"}
	tests := map[string]struct{ profiles, want []string }{
		"none":          {nil, product},
		"standin":       {[]string{"standin"}, slices.Concat(product, []string{"standin"})},
		"observability": {[]string{"observability"}, slices.Concat(product, observability)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project, err := Load(t.Context(), root, env, tt.profiles...)
			if err != nil {
				t.Fatal(err)
			}
			got, want := slices.Sorted(maps.Keys(project.Services)), slices.Sorted(slices.Values(tt.want))
			if !slices.Equal(got, want) {
				t.Errorf("services = %v, want %v", got, want)
			}
		})
	}
}

// pinned is an image with a whole version: three numbers, or two for PostgreSQL.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:v?[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z0-9]+)?$`)

func TestImagesArePinned(t *testing.T) {
	t.Parallel()
	project := load(t)
	for name, s := range project.Services {
		if s.Build != nil {
			if s.Build.Context != project.WorkingDir {
				t.Errorf("%s is built in %s, want the repository", name, s.Build.Context)
			}
			continue
		}
		if !pinned.MatchString(s.Image) {
			t.Errorf("%s runs %s, want a whole version", name, s.Image)
		}
	}
	// The schema that a server asks for is its own version's.
	_, server, _ := strings.Cut(project.Services["temporal"].Image, ":")
	_, tools, _ := strings.Cut(project.Services["temporal-schema"].Image, ":")
	if server != tools {
		t.Errorf("Temporal's server is %s and its tools are %s", server, tools)
	}
	// What the tests run is what the file runs.
	for module, image := range map[string]string{"go.temporal.io/server": "temporal", "github.com/temporalio/ui-server/v2": "temporal-ui"} {
		_, tag, _ := strings.Cut(project.Services[image].Image, ":")
		if want := module + " v" + tag; !strings.Contains(read(t, "../go.mod"), want) {
			t.Errorf("%s is %s, which dev/go.mod does not name", image, tag)
		}
	}
	for line := range strings.Lines(read(t, root+"/Dockerfile")) {
		image, ok := strings.CutPrefix(strings.Replace(line, "FROM --platform=$BUILDPLATFORM ", "FROM ", 1), "FROM ")
		if ok && !strings.HasPrefix(image, "scratch") && !pinned.MatchString(strings.Fields(image)[0]) {
			t.Errorf("the Dockerfile begins with %s, want a whole version", image)
		}
	}
}

func TestHealthAndDependencies(t *testing.T) {
	t.Parallel()
	project := load(t)
	for name, s := range project.Services {
		watched := s.HealthCheck != nil && !s.HealthCheck.Disable && len(s.HealthCheck.Test) > 1
		switch _, excused := unwatched[name]; {
		case slices.Contains(jobs, name):
			if !strings.HasPrefix(s.Restart, "on-failure:") {
				t.Errorf("job %s restarts %q, want on failure, and not for ever", name, s.Restart)
			}
		case watched == excused:
			t.Errorf("%s has a health check: %v, and is excused: %v", name, watched, excused)
		case s.Restart != types.RestartPolicyUnlessStopped:
			t.Errorf("%s restarts %q", name, s.Restart)
		case watched && (s.HealthCheck.Timeout == nil || s.HealthCheck.Interval == nil || s.HealthCheck.StartPeriod == nil):
			t.Errorf("%s's health check leaves its times to chance", name)
		}
		for other, d := range s.DependsOn {
			want := types.ServiceConditionHealthy
			if slices.Contains(jobs, other) {
				want = types.ServiceConditionCompletedSuccessfully
			}
			if d.Condition != want {
				t.Errorf("%s waits until %s is %s, want %s", name, other, d.Condition, want)
			}
		}
	}
	for name, want := range map[string][]string{
		"temporal-schema": {"postgresql"}, "temporal": {"temporal-schema"}, "setup": {"temporal"}, "temporal-ui": {"temporal"},
		"starter": {"postgresql"}, // not Temporal: webhooks are taken without it
		"worker":  {"postgresql", "setup"},
	} {
		if got := slices.Sorted(maps.Keys(project.Services[name].DependsOn)); !slices.Equal(got, want) {
			t.Errorf("%s waits for %v, want %v", name, got, want)
		}
	}
}

func TestNothingReachesBeyondTheMachine(t *testing.T) {
	t.Parallel()
	project := load(t)
	published := map[string]string{}
	for name, s := range project.Services {
		if s.NetworkMode == "host" || s.Privileged {
			t.Errorf("%s runs privileged or in the machine's network", name)
		}
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q, want the loopback interface", name, p.Published, p.HostIP)
			}
			if other, taken := published[p.Published]; taken {
				t.Errorf("%s and %s both publish %s", name, other, p.Published)
			}
			published[p.Published] = name
		}
	}
	for _, name := range []string{"starter", "worker", "setup", "standin"} {
		s := project.Services[name]
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may write or gain privileges", name)
		}
	}
	if !strings.Contains(read(t, root+"/Dockerfile"), "\nUSER 65532:65532\n") {
		t.Error("the image runs as root")
	}
}

func TestVolumes(t *testing.T) {
	t.Parallel()
	project := load(t)
	for name, s := range project.Services {
		for _, v := range s.Volumes {
			switch v.Type {
			case types.VolumeTypeVolume:
				if _, named := project.Volumes[v.Source]; !named || v.Source == "" {
					t.Errorf("%s keeps %s in a volume without a name", name, v.Target)
				}
			case types.VolumeTypeBind:
				if !v.ReadOnly {
					t.Errorf("%s may write to %s", name, v.Source)
				}
			default:
				t.Errorf("%s mounts a %s", name, v.Type)
			}
		}
	}
	for volume, target := range map[string]string{"postgresql": "/var/lib/postgresql/data", "prometheus": "/prometheus", "grafana": "/var/lib/grafana"} {
		if !slices.ContainsFunc(project.Services[volume].Volumes, func(v types.ServiceVolumeConfig) bool {
			return v.Source == volume && v.Target == target
		}) {
			t.Errorf("%s does not keep %s", volume, target)
		}
	}
}

// Docker makes an empty folder of what is mounted and not there.
func TestMountedFilesExist(t *testing.T) {
	t.Parallel()
	for name, s := range load(t).Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s mounts what is not there: %v", name, err)
			}
		}
	}
}

// The file is for its owner only, and one that is there is never replaced.
func TestEnvironmentFileIsWrittenOnce(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/.env"
	write := func() (string, error) {
		out, err := exec.CommandContext(t.Context(), "sh", root+"/deploy/env.sh", file).CombinedOutput()
		return string(out), err
	}
	if out, err := write(); err != nil || out != "" {
		t.Fatalf("deploy/env.sh: %v %s", err, out)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v (%v), want a file of mode 600", info.Mode(), err)
	}
	before := read(t, file)
	if out, err := write(); err == nil || !strings.Contains(out, "is there already") {
		t.Errorf("the second time: error %v, printed %q; want a refusal", err, out)
	}
	if read(t, file) != before {
		t.Error("the file was replaced")
	}
}

// Every secret is asked for by a sentence, and none has a default.
func TestSecretsAreRequired(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	example := read(t, root+"/.env.example")
	for name, value := range env {
		if !regexp.MustCompile(`(?m)^` + name + `=$`).MatchString(example) {
			continue
		}
		if len(value) < 32 {
			t.Errorf("deploy/env.sh makes a %s of %d characters", name, len(value))
		}
		for _, given := range []string{"", "absent"} {
			less := maps.Clone(env)
			less[name] = ""
			if given == "absent" {
				delete(less, name)
			}
			if _, err := Load(t.Context(), root, less, AllProfiles); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("without %s the file loads, or says nothing of it: %v", name, err)
			}
		}
	}
	if bytes.Count([]byte(example), []byte("=\n")) < 8 {
		t.Error(".env.example leaves fewer secrets open than there are")
	}
}

// A container is killed only after its process has had the time that it asks for.
func TestGracePeriods(t *testing.T) {
	t.Parallel()
	project := load(t)
	for _, file := range []string{"idjourney.yaml", "idjourney.standin.yaml"} {
		c := configuration(t, project.Services["worker"], root+"/deploy/"+file)
		for name, needed := range map[string]time.Duration{"starter": c.Intake.ShutdownTimeout, "worker": c.Worker.StopTimeout} {
			grace := project.Services[name].StopGracePeriod
			if grace == nil || time.Duration(*grace) <= needed+5*time.Second {
				t.Errorf("%s is killed after %v, and needs %v and some seconds (%s)", name, grace, needed, file)
			}
		}
	}
}

func configuration(t *testing.T, s types.ServiceConfig, file string) *config.Config {
	t.Helper()
	c, err := config.Load(file, Environment(s))
	if err != nil {
		t.Fatalf("%s with the environment of %s: %v", file, s.Name, err)
	}
	return c
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
