package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"idjourney/dev/world"
	"idjourney/journey"
	"idjourney/notify"
)

// run runs a command of the binary to its end, with more environment.
func (s *system) run(env []string, args ...string) (out string, ok bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, built(s.t), args...)
	cmd.Env = append(s.Environ(), env...)
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}

func wantLine(t *testing.T, out string, words ...string) {
	t.Helper()
	for line := range strings.SplitSeq(out, "\n") {
		found := true
		for _, w := range words {
			found = found && strings.Contains(line, w)
		}
		if found {
			return
		}
	}
	t.Errorf("no line says %q:\n%s", words, out)
}

// TestDoctor walks the way of a new account: nothing is there, it is made, all is
// well; then single things are wrong.
func TestDoctor(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "doctor")
	const namespace = "doctor"
	bare := []string{"TEMPORAL_NAMESPACE=" + namespace}
	out, ok := s.run(bare, "doctor", "--account", world.Account)
	if ok {
		t.Error("the doctor found nothing wrong where there is nothing")
	}
	wantLine(t, out, "wrong", "ledger", "there is no ledger yet")
	wantLine(t, out, "wrong", "temporal", namespace)
	if found, _ := filepath.Glob(s.LedgerFile() + "*"); len(found) > 0 {
		t.Errorf("the doctor made %v", found)
	}
	s.makeNamespace(namespace)
	for range 60 { // the server takes some seconds to notice a new namespace
		out, _ = s.run(bare, "doctor", "--account", world.Account, "--timeout", "1s")
		if strings.Contains(out, "JourneyPhase") {
			break
		}
		s.pause(500 * time.Millisecond)
	}
	wantLine(t, out, "confirmed", "temporal", "closed workflows stay for 72h")
	wantLine(t, out, "wrong", "search attributes", "JourneyPhase")
	for _, args := range [][]string{{"setup"}, {"migrate"}} {
		if out, ok := s.run(bare, args...); !ok {
			t.Fatalf("%v failed:\n%s", args, out)
		}
	}
	id := s.Vendor.Start("never-finish", "never-finish-doctor")
	s.pause(2 * time.Second) // IDWise's summary may be asked for once in two seconds
	out, ok = s.run(bare, "doctor", "--account", world.Account, "--journey", id)
	if !ok {
		t.Errorf("the doctor is not content:\n%s", out)
	}
	wantLine(t, out, "confirmed", "path journey_result")
	wantLine(t, out, "guessed", "path complete_custom_step")
	if n := s.Customer.Attempts(); n != 0 {
		t.Errorf("the doctor sent the customer %d messages", n)
	}
	out, ok = s.run(append(bare, "DEMO_API_SECRET=typo", "TEMPORAL_ADDRESS="+free(t)), "doctor", "--account", world.Account, "--timeout", "2s")
	if ok {
		t.Error("the doctor is content with wrong credentials and no Temporal")
	}
	wantLine(t, out, "wrong", "credentials", "invalid_credentials")
	wantLine(t, out, "wrong", "temporal")
	if strings.Contains(out, "typo") {
		t.Error("the doctor shows a secret")
	}
	if out, ok = s.run(nil, "doctor", "--account", "other"); ok || !strings.Contains(out, "name one of demo") {
		t.Errorf("an account that is not there: %s", out)
	}
}

func (s *system) makeNamespace(name string) {
	s.t.Helper()
	_, err := temporal.WorkflowService().RegisterNamespace(s.t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(72 * time.Hour),
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) pause(d time.Duration) {
	s.t.Helper()
	select {
	case <-time.After(d):
	case <-s.t.Context().Done():
	}
}

// TestNotifySample sends each sample to an endpoint that checks signatures.
func TestNotifySample(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "samples")
	to := s.CustomerURL
	if out, ok := s.run(nil, "notify", "sample", "--to", to, "--secret-env", "DEMO_CORE_SECRET"); !ok {
		t.Fatalf("sending all samples:\n%s", out)
	}
	if out, ok := s.run(nil, "notify", "sample", "--to", to, "--secret-env", "DEMO_CORE_SECRET", "--type", string(journey.MessageDecided)); !ok {
		t.Fatalf("sending one sample:\n%s", out)
	}
	if got, want := len(s.Customer.Messages()), len(notify.Types())+1; got != want || s.Customer.Forged() != 0 {
		t.Errorf("%d samples arrived and %d did not verify, want %d and 0", got, s.Customer.Forged(), want)
	}
	s.Customer.SetStatus(400)
	out, ok := s.run(nil, "notify", "sample", "--to", to, "--secret-env", "DEMO_CORE_SECRET")
	if ok || !strings.Contains(out, "status 400") {
		t.Errorf("refused samples: %v\n%s", ok, out)
	}
	if out, ok := s.run(nil, "notify", "sample", "--to", to, "--secret-env", "NOT_SET"); ok || !strings.Contains(out, "set NOT_SET") {
		t.Errorf("without a secret: %s", out)
	}
	if out, ok := s.run(nil, "notify", "sample", "--to", to, "--type", "journey.invented"); ok || !strings.Contains(out, "journey.invented") {
		t.Errorf("an invented type: %s", out)
	}
}
