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

	"idjourney/journey"
	"idjourney/notify"
)

// run runs a command of the binary to its end, with more environment.
func (h *house) run(env []string, args ...string) (out string, ok bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, h.binary, args...)
	cmd.Env = append(append([]string(nil), h.env...), env...)
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
	h := newHouse(t, "doctor")
	const namespace = "doctor"
	bare := []string{"TEMPORAL_NAMESPACE=" + namespace}
	out, ok := h.run(bare, "doctor", "--account", "acme")
	if ok {
		t.Error("the doctor found nothing wrong where there is nothing")
	}
	wantLine(t, out, "wrong", "ledger", "there is no ledger yet")
	wantLine(t, out, "wrong", "temporal", namespace)
	if found, _ := filepath.Glob(filepath.Join(h.dir, "ledger.db*")); len(found) > 0 {
		t.Errorf("the doctor made %v", found)
	}
	h.makeNamespace(namespace)
	for range 60 { // the server takes some seconds to notice a new namespace
		out, _ = h.run(bare, "doctor", "--account", "acme", "--timeout", "1s")
		if strings.Contains(out, "JourneyPhase") {
			break
		}
		h.pause(500 * time.Millisecond)
	}
	wantLine(t, out, "confirmed", "temporal", "closed workflows stay for 72h")
	wantLine(t, out, "wrong", "search attributes", "JourneyPhase")
	for _, args := range [][]string{{"setup"}, {"migrate"}} {
		if out, ok := h.run(bare, args...); !ok {
			t.Fatalf("%v failed:\n%s", args, out)
		}
	}
	id := h.Vendor.Start("never-finish", "never-finish-doctor")
	h.pause(2 * time.Second) // IDWise's summary may be asked for once in two seconds
	out, ok = h.run(bare, "doctor", "--account", "acme", "--journey", id)
	if !ok {
		t.Errorf("the doctor is not content:\n%s", out)
	}
	wantLine(t, out, "confirmed", "path journey_result")
	wantLine(t, out, "guessed", "path complete_custom_step")
	if n := h.Customer.Attempts(); n != 0 {
		t.Errorf("the doctor sent the customer %d messages", n)
	}
	out, ok = h.run(append(bare, "ACME_SECRET=typo", "TEMPORAL_ADDRESS="+free(t)), "doctor", "--account", "acme", "--timeout", "2s")
	if ok {
		t.Error("the doctor is content with wrong credentials and no Temporal")
	}
	wantLine(t, out, "wrong", "credentials", "invalid_credentials")
	wantLine(t, out, "wrong", "temporal")
	if strings.Contains(out, "typo") {
		t.Error("the doctor shows a secret")
	}
	if out, ok = h.run(nil, "doctor", "--account", "other"); ok || !strings.Contains(out, "name one of acme") {
		t.Errorf("an account that is not there: %s", out)
	}
}

func (h *house) makeNamespace(name string) {
	h.t.Helper()
	_, err := temporal.WorkflowService().RegisterNamespace(h.t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(72 * time.Hour),
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) pause(d time.Duration) {
	h.t.Helper()
	select {
	case <-time.After(d):
	case <-h.t.Context().Done():
	}
}

// TestNotifySample sends each sample to an endpoint that checks signatures.
func TestNotifySample(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "samples")
	to := serve(t, h.Customer)
	if out, ok := h.run(nil, "notify", "sample", "--to", to, "--secret-env", "ACME_CORE"); !ok {
		t.Fatalf("sending all samples:\n%s", out)
	}
	if out, ok := h.run(nil, "notify", "sample", "--to", to, "--secret-env", "ACME_CORE", "--type", string(journey.MessageDecided)); !ok {
		t.Fatalf("sending one sample:\n%s", out)
	}
	if got, want := len(h.Customer.Messages()), len(notify.Types())+1; got != want || h.Customer.Forged() != 0 {
		t.Errorf("%d samples arrived and %d did not verify, want %d and 0", got, h.Customer.Forged(), want)
	}
	h.Customer.SetStatus(400)
	out, ok := h.run(nil, "notify", "sample", "--to", to, "--secret-env", "ACME_CORE")
	if ok || !strings.Contains(out, "status 400") {
		t.Errorf("refused samples: %v\n%s", ok, out)
	}
	if out, ok := h.run(nil, "notify", "sample", "--to", to, "--secret-env", "NOT_SET"); ok || !strings.Contains(out, "set NOT_SET") {
		t.Errorf("without a secret: %s", out)
	}
	if out, ok := h.run(nil, "notify", "sample", "--to", to, "--type", "journey.invented"); ok || !strings.Contains(out, "journey.invented") {
		t.Errorf("an invented type: %s", out)
	}
}
