package starter_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"idjourney/ledger"
	"idjourney/starter"
)

// wire is a raw connection, for senders that do not keep to the rules.
type wire struct {
	net.Conn
	answers *bufio.Reader
}

func dial(t *testing.T, address string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(waitForAnswer)); err != nil {
		t.Fatal(err)
	}
	return &wire{conn, bufio.NewReader(conn)}
}

// head sends a request's head that announces a body.
func (w *wire) head(t *testing.T, password string, length int) {
	t.Helper()
	_, err := fmt.Fprintf(w, "POST /webhooks/idwise/bank HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n",
		basicAuth(user, password).Get("Authorization"), length)
	if err != nil {
		t.Fatal(err)
	}
}

func (w *wire) answer(t *testing.T) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(w.answers, nil)
	if err != nil {
		t.Fatalf("reading the answer: %v", err)
	}
	return resp
}

// The body never arrives and no time-out ends the wait for it: only a server that does not
// wait can answer.
func TestAWrongPasswordIsAnsweredBeforeTheBody(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) {
		c.Intake.ReadTimeout, c.Intake.WriteTimeout = time.Hour, time.Hour
		c.Intake.ShutdownTimeout = waitForAnswer
	}, func(s *starter.Starter) { s.SetLinger(time.Hour) })
	for _, length := range []int{10, 500_000, 2 << 20} {
		w := dial(t, h.public)
		w.head(t, "wrong", length)
		if got := w.answer(t); got.StatusCode != http.StatusUnauthorized || !got.Close {
			t.Errorf("length %d: got %d, close %v; want 401 and close", length, got.StatusCode, got.Close)
		}
		w.Close()
	}
	w := dial(t, h.public)
	w.head(t, password, 2<<20)
	if got := w.answer(t); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("announced too large: got %d before the body, want 413", got.StatusCode)
	}
	w.Close()
}

func TestARefusedSenderDoesNotKeepItsConnection(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) { c.Intake.ReadTimeout, c.Intake.WriteTimeout = time.Hour, time.Hour })
	for _, length := range []int{10, 2 << 20} {
		w := dial(t, h.public)
		w.head(t, "wrong", length)
		w.answer(t)
		if _, err := io.Copy(io.Discard, w); err != nil {
			t.Errorf("length %d: the connection was not closed: %v", length, err)
		}
	}
}

func TestASlowSenderIsCutOff(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) {
		c.Intake.ReadHeaderTimeout, c.Intake.ReadTimeout = 500*time.Millisecond, time.Second
	})
	if got := h.post(t, finishedJourney("e1", "j1")); got.status != 200 {
		t.Errorf("a quick sender: got %d, want 200", got.status)
	}
	t.Run("headers", func(t *testing.T) {
		t.Parallel()
		w := dial(t, h.public)
		if _, err := io.WriteString(w, "POST /webhooks/idwise/bank HTTP/1.1\r\nHost: x\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, w); err != nil {
			t.Errorf("the connection was not closed: %v", err)
		}
	})
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		w := dial(t, h.public)
		w.head(t, password, 100)
		if _, err := io.WriteString(w, `{"event":`); err != nil {
			t.Fatal(err)
		}
		if got := w.answer(t); got.StatusCode != http.StatusRequestTimeout || !got.Close {
			t.Errorf("got %d, close %v; want 408 and close", got.StatusCode, got.Close)
		}
		if _, err := io.Copy(io.Discard, w); err != nil {
			t.Errorf("the connection was not closed: %v", err)
		}
		if counts := h.counts(t, "bank"); counts[ledger.Forward] != 1 || len(counts) != 1 {
			t.Errorf("got %v in the ledger, want the quick sender's alone", counts)
		}
	})
}

func TestAWebhookWhoseSenderHasGoneIsKept(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) { c.Intake.RecordTimeout = 500 * time.Millisecond })
	h.store.entered, h.store.left = make(chan struct{}, 1), make(chan error, 1)
	h.store.hangs.Store(true)
	w := dial(t, h.public)
	body := finishedJourney("e1", "j1")
	w.head(t, password, len(body))
	if _, err := io.WriteString(w, body); err != nil {
		t.Fatal(err)
	}
	<-h.store.entered
	w.Close()
	if err := <-h.store.left; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("recording ended with %v, want its own time-out, not that of the sender's connection", err)
	}
	if got := h.temporal.await(t, 1); got[0].EventID != "e1" {
		t.Errorf("got %+v at Temporal, want e1", got)
	}
}

func TestStoppingAnswersWhatIsInFlight(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) { c.Intake.RecordTimeout = 300 * time.Millisecond })
	h.store.entered = make(chan struct{}, 1)
	h.store.hangs.Store(true)
	w := dial(t, h.public)
	body := finishedJourney("e1", "j1")
	w.head(t, password, len(body))
	if _, err := io.WriteString(w, body); err != nil {
		t.Fatal(err)
	}
	select {
	case <-h.store.entered: // the request is being recorded now
	case <-awaitContext(t).Done():
		t.Fatal("the request is not being recorded")
	}
	stopped := make(chan error, 1)
	go func() { stopped <- h.stop() }()
	got := w.answer(t)
	text, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK || !strings.Contains(string(text), "signalled") {
		t.Errorf("got %d %s %v, want 200 signalled", got.StatusCode, text, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stopping: %v", err)
	}
	if err := h.listener.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing the public listener again: got %v, want it closed already", err)
	}
}
