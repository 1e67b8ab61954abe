package idwisetest

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"idjourney/idwise"
)

func TestWebhookIsRetriedUntil200(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	statuses := []int{503, 204, 302, 200}
	r.endpoint.status = func(n int) int { return statuses[min(n, 3)] }
	id := r.vendor.Start("", "approve-1")
	snap := r.delivered(id, 1)
	var got []int
	for _, a := range snap.Webhooks[0].Attempts {
		got = append(got, a.Status)
	}
	if !slices.Equal(got, statuses) {
		t.Errorf("got attempts %v, want %v", got, statuses)
	}
	hooks := r.endpoint.received()
	if hooks[0].EventID == "" || hooks[0].EventID != hooks[3].EventID {
		t.Errorf("got event ids %q and %q, want the same", hooks[0].EventID, hooks[3].EventID)
	}
}

func TestWebhookIsGivenUpAfterFourAttempts(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.endpoint.status = func(int) int { return 202 }
	id := r.vendor.Start("", "approve-1")
	snap := r.await(id, func(s Snapshot) bool { return s.Undelivered == 1 })
	if got := len(snap.Webhooks[0].Attempts); got != 4 {
		t.Errorf("got %d attempts, want 4", got)
	}
	var waits []time.Duration
	for i, a := range snap.Webhooks[0].Attempts[1:] {
		waits = append(waits, a.At.Sub(snap.Webhooks[0].Attempts[i].At))
	}
	for i, want := range retries {
		if scaled := time.Duration(float64(want) * 0.0001); waits[i] < scaled {
			t.Errorf("wait %d: got %v, want at least %v", i, waits[i], scaled)
		}
	}
}

func TestUnansweredWebhookIsRetried(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.AckTimeout = 300 * time.Millisecond })
	release := make(chan struct{})
	r.endpoint.status = func(n int) int {
		if n == 0 {
			<-release
		}
		return 200
	}
	id := r.vendor.Start("", "approve-1")
	r.await(id, func(s Snapshot) bool { return len(s.Webhooks) == 1 && len(s.Webhooks[0].Attempts) >= 1 })
	close(release)
	snap := r.delivered(id, 1)
	if first := snap.Webhooks[0].Attempts[0]; first.Status != 0 || first.Error == "" {
		t.Errorf("got %+v, want an attempt without an answer", first)
	}
}

func TestWebhookCarriesNoPersonalDataAndTheAuthentication(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Accounts[0].WebhookHeader = http.Header{"X-Hook-Key": {"hook-secret"}} })
	id := r.vendor.Start("aml-after-approval", "")
	r.customSteps(id, true)
	snap := r.delivered(id, 6)
	all := strings.Join(r.endpoint.bodies, "\n")
	for _, secret := range []string{snap.Applicant.FullName, snap.Applicant.PersonalNumber, snap.Applicant.BirthDate} {
		if strings.Contains(all, secret) {
			t.Errorf("a webhook holds %q", secret)
		}
	}
	if !strings.Contains(all, `"referenceNo":null`) {
		t.Error("a journey without reference must send null")
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:p:w"))
	if got := r.endpoint.header.Get("Authorization"); got != want || r.endpoint.header.Get("X-Hook-Key") != "hook-secret" {
		t.Errorf("got headers %v", r.endpoint.header)
	}
}

func TestManuallyReviewedIfConfigured(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.ManuallyReviewed = true })
	id := r.vendor.Start("refer", "r-1")
	if err := r.vendor.Review(id, "Approved"); err == nil {
		t.Error("a review before the end: got no error")
	}
	r.customSteps(id, false)
	r.await(id, inPhase(PhaseFinished))
	if err := r.vendor.Review(id, "Perhaps"); err == nil {
		t.Error("a review that decides Perhaps: got no error")
	}
	if err := r.vendor.Review(id, "Approved"); err != nil {
		t.Fatal(err)
	}
	r.delivered(id, 5)
	if got := events(r.endpoint.received()); !slices.Contains(got, idwise.EventManuallyReviewed) {
		t.Errorf("got %v, want %s among them", got, idwise.EventManuallyReviewed)
	}
}

func TestSendTestEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	test, err := r.vendor.SendTestEvent(t.Context())
	if err != nil || test.Status != 200 {
		t.Fatalf("got %+v, %v", test, err)
	}
	if _, err := r.client.Result(t.Context(), test.JourneyID); !idwise.IsMissing(err) {
		t.Errorf("asking for the test's journey: got %v, want missing", err)
	}
	r.endpoint.status = func(int) int { return 401 }
	if test, err := r.vendor.SendTestEvent(t.Context()); err == nil || test.Status != 401 {
		t.Errorf("got %+v, %v, want an error about 401", test, err)
	}
}

func TestSetWebhookURL(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	url := r.vendor.cfg.Accounts[0].WebhookURL
	if err := r.vendor.SetWebhookURL("key", ""); err != nil {
		t.Fatal(err)
	}
	id := r.vendor.Start("approve", "")
	r.await(id, func(s Snapshot) bool { return len(s.Webhooks) == 1 && len(s.Webhooks[0].Attempts) == 1 })
	if err := r.vendor.SetWebhookURL("key", url); err != nil {
		t.Fatal(err)
	}
	r.delivered(id, 1)
	if err := r.vendor.SetWebhookURL("unknown", url); err == nil {
		t.Error("an account that does not exist: got no error")
	}
}
