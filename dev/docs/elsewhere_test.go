package docs

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"idjourney/dev/compose"
)

// who says who runs a command that TestCommands does not.
type who struct {
	// step is a line of .ci/run, test a test of this repository, by package and name.
	step, test string
	// why it cannot be run here; check then holds it against what is here.
	why   string
	check func(t *testing.T, command string)
}

// elsewhere are the commands that TestCommands does not run itself.
var elsewhere = map[string]who{
	"make demo":                           {step: "make demo EXIT=1 REPORT=bin/report.json"},
	"make test":                           {step: "make test"},
	"make demo EXIT=1 REPORT=report.json": {step: "make demo EXIT=1 REPORT=bin/report.json"},

	"export PGHOST=db.internal PGUSER=postgres PGPASSWORD=the-password-of-that-role": {
		why: "a database of your own; the trial run has the same variables", check: lentAsWell},
	"export TEMPORAL_ADDRESS=temporal.internal:7233 TEMPORAL_NAMESPACE=idjourney": {
		why: "a Temporal of your own; the trial run has the same variables", check: lentAsWell},

	"export TEMPORAL_ADDRESS=eu-central-1.aws.api.temporal.io:7233":  {test: "dev/docs TestTemporalCloud"},
	"export TEMPORAL_NAMESPACE=idjourney.a1b2c":                      {test: "dev/docs TestTemporalCloud"},
	"export TEMPORAL_API_KEY=the-key-of-a-service-account":           {test: "dev/docs TestTemporalCloud"},
	"export TEMPORAL_ADDRESS=idjourney.a1b2c.tmprl.cloud:7233":       {test: "dev/docs TestTemporalCloud"},
	"export TEMPORAL_TLS_CLIENT_CERT_PATH=/run/secrets/temporal.pem": {test: "dev/docs TestTemporalCloud"},
	"export TEMPORAL_TLS_CLIENT_KEY_PATH=/run/secrets/temporal.key":  {test: "dev/docs TestTemporalCloud"},
}

// here says whether TestCommands runs the block. One that is half here and half
// elsewhere is an error: it would not be run as it is written.
func (b block) here(t *testing.T) bool {
	t.Helper()
	var there int
	all := b.commands()
	for _, command := range all {
		if _, ok := elsewhere[command]; ok {
			there++
		}
	}
	if there != 0 && there != len(all) {
		t.Errorf("%s, %s: some of these are run by others, some are not; make it two blocks:\n%s", b.page, b.heading, b.text)
	}
	return there == 0
}

// Who is said to run a command does, and no entry is about a command that is gone.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	written := map[string]bool{}
	for _, b := range allBlocks(t) {
		for _, command := range b.commands() {
			written[command] = true
		}
	}
	steps := strings.Split(read(t, ".ci/run"), "\n")
	for command, w := range elsewhere {
		if !written[command] {
			t.Errorf("no page has %q any more", command)
		}
		switch {
		case w.step != "":
			if !slices.Contains(steps, w.step) {
				t.Errorf(".ci/run does not run %q, as is said of %q", w.step, command)
			}
		case w.test != "":
			dir, name, _ := strings.Cut(w.test, " ")
			list := exec.CommandContext(t.Context(), "grep", "-rq", "--include=*_test.go", "^func "+name+"(t ", dir)
			list.Dir = root
			if err := list.Run(); err != nil {
				t.Errorf("there is no test %s, as is said of %q", w.test, command)
			}
		case w.why != "" && w.check != nil:
			w.check(t, command)
		default:
			t.Errorf("nothing runs %q", command)
		}
	}
}

// dockerCompose are the subcommands of `docker compose` that the pages use, with the
// flags of each that were looked up in Docker's reference.
var dockerCompose = map[string][]string{
	"up":   {"-d", "--wait"},
	"run":  {"--rm", "--no-deps"},
	"stop": nil,
	"down": nil,
}

var composeLine = regexp.MustCompile("docker compose ([^`\n#;)]*)")

// composeKnows holds a line of docker compose against the file: its services are
// there, and what a container is to run is a command of the binary.
func composeKnows(t *testing.T, line string) {
	t.Helper()
	env, err := compose.NewEnv(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	project, err := compose.Load(t.Context(), root, env, compose.AllProfiles)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(composeLine.FindStringSubmatch(line)[1])
	flags, known := dockerCompose[words[0]]
	if !known {
		t.Errorf("%q: look `docker compose %s` up, and add it to the test", line, words[0])
	}
	for i, word := range words[1:] {
		if strings.HasPrefix(word, "-") {
			if !slices.Contains(flags, word) {
				t.Errorf("%q: is there a flag %s?", line, word)
			}
			continue
		}
		if _, there := project.Services[word]; !there {
			t.Errorf("%q: there is no service %s", line, word)
		}
		if words[0] == "run" {
			idjourneyKnows(t, strings.Join(words[i+2:], " "))
			return
		}
	}
}

var exported = regexp.MustCompile(`\b([A-Z][A-Z_]+)=`)

// lentAsWell looks whether `make stack BARE=1` gives the same variables, which the
// rest of the page was then run with.
func lentAsWell(t *testing.T, command string) {
	t.Helper()
	source := read(t, "dev/world/topology_lend.go")
	for _, m := range exported.FindAllStringSubmatch(command, -1) {
		if !strings.Contains(source, `{"`+m[1]+`", `) {
			t.Errorf("%s is not among what `make stack BARE=1` lends", m[1])
		}
	}
}
