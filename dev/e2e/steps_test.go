package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"idjourney/dev/world"
	"idjourney/journey"
)

// employers is a system whose flow has the two steps of examples/README.md, added by
// its configuration alone, and the programs that the README builds.
type employers struct {
	*system
	bin      string
	register string // who has left
	service  string // where the service listens
}

var (
	yamlBlock = regexp.MustCompile("(?s)```yaml\nsteps:\n(.*?)```")
	buildLine = regexp.MustCompile(`(?m)^go build -o bin/ (\S+)$`)
)

// newEmployers takes replacements ("old", "new") for the README's steps besides.
func newEmployers(t *testing.T, queue string, replace ...string) *employers {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(root, "examples", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	e := &employers{bin: filepath.Join(dir, "bin"), register: filepath.Join(dir, "left.txt"), service: free(t)}
	e.build(t, string(readme))
	steps := e.steps(t, string(readme), replace)
	e.system = newSystem(t, queue, func(o *world.Options) {
		o.Steps, o.Environ = steps, []string{"EMPLOYER_TOKEN=employer-token", "EMPLOYER_REGISTER=" + e.register}
	})
	e.leave()
	return e
}

// build runs the README's own build command, into a folder of the test's.
func (e *employers) build(t *testing.T, readme string) {
	t.Helper()
	m := buildLine.FindStringSubmatch(readme)
	if m == nil {
		t.Fatal("examples/README.md says nowhere how to build")
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", e.bin+"/", m[1])
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the examples: %v\n%s", err, out)
	}
}

// steps are the README's, in times that a test can wait for.
func (e *employers) steps(t *testing.T, readme string, replace []string) string {
	t.Helper()
	blocks := yamlBlock.FindAllStringSubmatch(readme, -1)
	if len(blocks) != 2 {
		t.Fatalf("examples/README.md configures %d steps, want 2", len(blocks))
	}
	steps := ""
	for _, m := range blocks {
		for line := range strings.Lines(m[1]) {
			steps += "        " + line
		}
	}
	replace = append(replace, "127.0.0.1:8095", e.service, "answer_within: 48h", "answer_within: 60s",
		"patience: 2h", "patience: 60s\n            retry: {initial: 100ms, maximum_interval: 500ms}")
	return strings.NewReplacer(replace...).Replace(steps)
}

// leave says in the register who has left.
func (e *employers) leave(ids ...string) {
	e.t.Helper()
	next := e.register + ".next"
	if err := os.WriteFile(next, []byte(strings.Join(ids, "\n")), 0o600); err != nil {
		e.t.Fatal(err)
	}
	if err := os.Rename(next, e.register); err != nil { // readers see the old one or the new one
		e.t.Fatal(err)
	}
}

// startEmployer starts one of the examples' programs.
func (e *employers) startEmployer(name string, args ...string) {
	e.t.Helper()
	if err := e.StartProcess(name, filepath.Join(e.bin, name), args...); err != nil {
		e.t.Fatal(err)
	}
}

// await waits until the journey is as wanted.
func (e *employers) await(ctx context.Context, id, what string, wanted func(journey.State) bool) journey.State {
	e.t.Helper()
	var s journey.State
	for {
		there := e.look(ctx, id, &s)
		if there && wanted(s) {
			return s
		}
		select {
		case <-ctx.Done():
			e.t.Fatalf("waiting until %s: running %q, waiting %q, steps %q: %s", what, s.Steps.Running, s.Steps.Waiting, outcomes(s), s.Describe())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// look asks the journey for its state; false while there is no such workflow.
func (e *employers) look(ctx context.Context, id string, into *journey.State) (there bool) {
	ask, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	answer, err := temporal.QueryWorkflow(ask, journey.WorkflowID(world.Account, id), "", journey.QueryState)
	var s journey.State
	if err != nil || answer.Get(&s) != nil {
		return false
	}
	*into = s
	return true
}

// outcomes lists what became of the steps, by name.
func outcomes(s journey.State) string {
	var list []string
	for _, run := range s.Steps.Runs {
		list = append(list, strings.TrimSuffix(run.Name+":"+string(run.Outcome)+":"+run.Reason, ":"))
	}
	return strings.Join(list, " ")
}

// Both kinds of step, added by configuration and served by processes of their own.
// The worker is away at first, the service too; then the service takes its time and
// calls back. Nothing is lost, and each step judges in its turn.
func TestStepsByConfiguration(t *testing.T) {
	t.Parallel()
	e := newEmployers(t, "steps")
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	e.starter()
	e.worker()
	id := e.Vendor.Start("approve", "approve-steps")
	e.await(ctx, id, "the first step runs", func(s journey.State) bool { return s.Steps.Running == "employer" })
	e.startEmployer("employer-worker")
	e.await(ctx, id, "the second step runs, whose service is away", func(s journey.State) bool {
		return s.Steps.Running == "employer_service" && outcomes(s) == "employer:passed"
	})
	e.startEmployer("employer-service", "--listen", e.service, "--takes", "2s")
	e.await(ctx, id, "the service has announced its answer", func(s journey.State) bool { return s.Steps.Waiting == "employer_service" })
	e.awaitDecided(ctx, 1)
	s := e.await(ctx, id, "the journey is settled", func(s journey.State) bool { return s.Phase == journey.Settled })
	if got := outcomes(s); got != "employer:passed employer_service:passed" || s.Standing.Outcome != journey.OutcomeApproved {
		t.Errorf("the steps are %q and the journey %s, want both passed and approved", got, s.Standing.Outcome)
	}

	e.Kill("employer-worker")
	id = e.Vendor.Start("approve", "approve-steps-2")
	e.leave(id)
	e.await(ctx, id, "the step waits for its worker", func(s journey.State) bool { return s.Steps.Running == "employer" })
	e.startEmployer("employer-worker")
	s = e.await(ctx, id, "a person has to look", func(s journey.State) bool { return s.Reviews.Open != nil })
	if got := outcomes(s); got != "employer:failed:left_employer employer_service:failed:left_employer" {
		t.Errorf("the steps are %q, want both failed", got)
	}
	if forged := e.Customer.Forged(); forged != 0 {
		t.Errorf("the customer got %d messages without a valid signature", forged)
	}
}

// A worker that never comes makes the step inconclusive when its patience is over, and
// a service that never calls back when its time is over: nothing hangs.
func TestStepsThatNeverAnswer(t *testing.T) {
	t.Parallel()
	e := newEmployers(t, "steps-never", "patience: 2h", "patience: 2s\n            retry: {initial: 100ms, maximum_interval: 500ms}",
		"answer_within: 48h", "answer_within: 2s", "task_queue: employer", "task_queue: nobody")
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	e.startEmployer("employer-service", "--listen", e.service, "--takes", "1h")
	e.starter()
	e.worker()
	id := e.Vendor.Start("approve", "approve-never")
	s := e.await(ctx, id, "a person has to look", func(s journey.State) bool { return s.Reviews.Open != nil })
	if got := outcomes(s); got != "employer:inconclusive:timed_out employer_service:inconclusive:no_answer" {
		t.Errorf("the steps are %q, want both inconclusive", got)
	}
	if got := e.Vendor.Journey(id); !got.Completed {
		t.Error("the journey hangs at the vendor")
	}
}
