package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// The test binary starts itself as a child in one of these roles; see TestMain.
const (
	childRole = "IDJOURNEY_LEDGER_TEST_ROLE"
	childURL  = "IDJOURNEY_LEDGER_TEST_URL"

	roleRecord = "record" // records webhooks, printing each id once it is kept
	roleClaim  = "claim"  // begins to forward a webhook and never ends
)

// crashLease is the lease of the forwarder that is killed.
const crashLease = 2 * time.Second

// child does not return.
func child(role, url string) {
	ctx := context.Background()
	l, err := ledger.Open(ctx, url)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	switch role {
	case roleRecord:
		for n := 0; ; n++ {
			id, _, err := l.RecordWebhook(ctx, webhook("child-"+strconv.Itoa(n)))
			fmt.Println(id, err)
		}
	case roleClaim:
		forward := func(_ context.Context, w ledger.Webhook) error {
			fmt.Println(w.ID, nil)
			select {}
		}
		err = ledger.NewForwarder(l, forward, ledger.ForwarderOptions{LeaseFor: crashLease}).Run(ctx)
	}
	fmt.Println("ended:", err)
	os.Exit(1)
}

// killAfter starts a child, reads some lines of its output and kills it (SIGKILL) at once.
// It returns the ids that it read.
func killAfter(t *testing.T, role, url string, lines int) []int64 {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable)
	cmd.Env = append(os.Environ(), childRole+"="+role, childURL+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []int64
	var unreadable []string
	scanner := bufio.NewScanner(out)
	for len(ids) < lines && len(unreadable) == 0 && scanner.Scan() {
		number, ok := strings.CutSuffix(scanner.Text(), " <nil>")
		id, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil {
			unreadable = append(unreadable, scanner.Text())
		}
		ids = append(ids, id)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	if len(unreadable) > 0 || len(ids) < lines {
		t.Fatalf("the child printed %q after %d lines", unreadable, len(ids))
	}
	return ids
}

func TestRecordedWebhooksSurviveAKill(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		for round, lines := range []int{1, 25} {
			for n, id := range killAfter(t, roleRecord, url, lines) {
				got, err := l.Webhook(t.Context(), id)
				if err != nil {
					t.Fatalf("round %d: webhook %d was acknowledged and is gone: %v", round, id, err)
				}
				want := webhook("child-" + strconv.Itoa(n))
				want.ID, want.BodyHash = id, got.BodyHash
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			}
		}
		// The store still accepts webhooks.
		mustRecord(t, l, webhook("after the crash"))
		if err := l.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAWebhookOfAKilledForwarderIsForwardedAgain(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		id := mustRecord(t, l, webhook("e1"))
		began := time.Now()
		if claimed := killAfter(t, roleClaim, url, 1); claimed[0] != id {
			t.Fatalf("the child claimed %d, want %d", claimed[0], id)
		}
		taken := make(chan int64, 1)
		run(t, ledger.NewForwarder(l, func(_ context.Context, w ledger.Webhook) error {
			taken <- w.ID
			return nil
		}, ledger.ForwarderOptions{}))
		select {
		case got := <-taken:
			if got != id {
				t.Errorf("got webhook %d, want %d", got, id)
			}
			if time.Since(began) < crashLease {
				t.Error("it was claimed before its lease ended")
			}
		case <-time.After(patience):
			t.Fatal("no forwarder claimed it again")
		}
		awaitNonePending(t, l)
	})
}
