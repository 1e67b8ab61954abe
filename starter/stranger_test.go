package starter_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/config"
	"idjourney/starter"
)

// withAddresses adds an account that is protected by addresses alone.
func withAddresses(c *starter.Config) {
	c.Accounts = append(c.Accounts, config.Account{
		Name: "addresses", Environment: config.Live,
		Webhook: config.WebhookAuth{AllowIPs: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}},
	})
}

func TestAnAccountThatDoesNotExistAnswersLikeAnyOther(t *testing.T) {
	t.Parallel()
	h := open(t, withAddresses)
	knock := func(account string, header http.Header) reply {
		got := h.send(t, http.MethodPost, "/webhooks/idwise/"+account, header, strings.NewReader(finishedJourney("e", "j1")))
		got.header.Del("Date")
		return got
	}
	for name, header := range map[string]http.Header{
		"nothing": nil, "a password": basicAuth(user, "wrong"), "a token": with(nil, "Authorization", "Bearer wrong"),
	} {
		want := knock("nobody", header)
		if want.status != http.StatusUnauthorized {
			t.Errorf("%s: got %d for an unknown account, want 401", name, want.status)
		}
		for _, account := range []string{"bank", "fenced", "tokens", "addresses"} {
			if diff := cmp.Diff(want, knock(account, header), cmp.AllowUnexported(reply{})); diff != "" {
				t.Errorf("%s: %s answers otherwise than an unknown account (-unknown +%s):\n%s", name, account, account, diff)
			}
		}
	}
}

// guessPasswords sends n different wrong passwords and returns the last answer.
func (h *house) guessPasswords(t *testing.T, account string, n int, header func(http.Header) http.Header) (last reply) {
	t.Helper()
	for i := range n {
		last = h.send(t, http.MethodPost, "/webhooks/idwise/"+account, header(basicAuth(user, fmt.Sprint("guess ", i))), strings.NewReader("{}"))
	}
	return last
}

func asIs(h http.Header) http.Header { return h }

func TestGuessingIsThrottled(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"bank", "nobody", "tokens", "addresses"} {
		h := open(t, withAddresses)
		if got := h.guessPasswords(t, account, 30, asIs); got.status != http.StatusUnauthorized {
			t.Fatalf("%s: got %d for the thirtieth guess, want 401", account, got.status)
		}
		got := h.guessPasswords(t, account, 1, asIs)
		wait, err := strconv.Atoi(got.header.Get("Retry-After"))
		if got.status != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 60 {
			t.Errorf("%s: got %d, Retry-After %q for a further guess; want 429 and up to a minute", account, got.status, got.header.Get("Retry-After"))
		}
		// The correct password is not examined either: guessing would find it.
		if got := h.post(t, finishedJourney("e1", "j1")); got.status != http.StatusTooManyRequests {
			t.Errorf("%s: got %d for the correct password of the same source, want 429", account, got.status)
		}
		if counts := h.counts(t, "bank"); len(counts) != 0 {
			t.Errorf("%s: got %v in the ledger, want nothing", account, counts)
		}
		if n := h.counted(t, "idjourney.webhooks")["bank|throttled|unknown"]; n == 0 {
			t.Errorf("%s: no throttled webhook is counted", account)
		}
	}
}

// The source is the client that the trusted proxy names, and only that client waits.
func TestOnlyTheGuessingSourceIsThrottled(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) {
		c.Intake.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	from := func(address string) func(http.Header) http.Header {
		return func(header http.Header) http.Header { return with(header, "X-Forwarded-For", address) }
	}
	h.guessPasswords(t, "bank", 30, from("198.51.100.1"))
	for address, want := range map[string]int{"198.51.100.1": 429, "198.51.100.2": 200} {
		got := h.send(t, http.MethodPost, "/webhooks/idwise/bank", from(address)(basicAuth(user, password)), strings.NewReader(finishedJourney("", "j1")))
		if got.status != want {
			t.Errorf("correct password from %s: got %d, want %d", address, got.status, want)
		}
	}
	// Addresses on the account's allow-list are not throttled.
	h.guessPasswords(t, "fenced", 35, from("203.0.113.9"))
	got := h.send(t, http.MethodPost, "/webhooks/idwise/fenced", from("203.0.113.9")(basicAuth(user, password)), strings.NewReader(finishedJourney("", "j1")))
	if got.status != 200 {
		t.Errorf("correct password from an allowed address: got %d, want 200", got.status)
	}
}

// One request is one guess: of several credentials of one kind none is examined.
func TestRepeatedCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	right, bearer := basicAuth(user, password), with(nil, "Authorization", "Bearer "+token)
	for name, c := range map[string]struct {
		account string
		header  http.Header
	}{
		"a wrong password first":  {"bank", with(basicAuth(user, "wrong"), "Authorization", right.Get("Authorization"))},
		"a wrong password second": {"bank", with(right, "Authorization", basicAuth(user, "wrong").Get("Authorization"))},
		"the password twice":      {"bank", with(right, "Authorization", right.Get("Authorization"))},
		"two tokens":              {"tokens", with(bearer, "Authorization", "Bearer wrong", "X-Hook-Key", headerValue)},
		"two header lines":        {"tokens", with(bearer, "X-Hook-Key", headerValue, "X-Hook-Key", "wrong")},
		"two values in one line":  {"tokens", with(bearer, "X-Hook-Key", "wrong, "+headerValue)},
	} {
		got := h.send(t, http.MethodPost, "/webhooks/idwise/"+c.account, c.header, strings.NewReader("{}"))
		if got.status != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want 401", name, got.status)
		}
	}
}

func TestAStaleSecretDoesNotLockOutOthers(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	for range 40 {
		if got := h.send(t, http.MethodPost, "/webhooks/idwise/bank", basicAuth(user, "last year's"), nil); got.status != http.StatusUnauthorized {
			t.Fatalf("got %d, want 401", got.status)
		}
	}
	if got := h.post(t, finishedJourney("e1", "j1")); got.status != 200 {
		t.Errorf("correct password of the same source: got %d, want 200", got.status)
	}
}

func TestTheAdminListenerServesOnlyItsOwnHosts(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) { c.AdminHosts = []string{"starter.internal"} })
	for host, want := range map[string]int{h.admin: 200, "localhost:9090": 200, "starter.internal:9090": 200, "rebound.example": 421} {
		for _, path := range []string{"/healthz", "/readyz"} {
			req, err := http.NewRequestWithContext(awaitContext(t), http.MethodGet, "http://"+h.admin+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s of %s: got %d, want %d", path, host, resp.StatusCode, want)
			}
		}
	}
}

// The ledger keeps both and the journey receives both; package journey distinguishes them by
// their hints.
func TestAForgedEventIDDoesNotBlockTheRealEvent(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	forged := strings.Replace(finishedJourney("e1", "j1"), "Complete", "Refer", 1)
	for _, body := range []string{forged, finishedJourney("e1", "j1")} {
		if got := h.post(t, body); got.status != 200 || !strings.Contains(got.body, "recorded") {
			t.Errorf("got %d %s, want 200 recorded", got.status, got.body)
		}
	}
	events := h.temporal.await(t, 2)
	systems := []string{events[0].Hint.System, events[1].Hint.System}
	slices.Sort(systems) // they are forwarded side by side
	if !slices.Equal(systems, []string{"Complete", "Refer"}) {
		t.Errorf("got %+v at Temporal, want the forged and the real one", events)
	}
}
