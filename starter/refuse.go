package starter

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"idjourney/access"
	"idjourney/config"
	"idjourney/telemetry"
)

// unknown labels what is not configured or not documented.
const unknown = "unknown"

// examine returns nil if the request is let in. Wrong credentials count as guesses of
// their source, unless the account's allow-list vouches for it. They count and are
// throttled alike for every account, known or not.
func (s *Starter) examine(acc *account, r *http.Request) *refusal {
	client := access.ClientIP(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), s.cfg.Intake.TrustedProxies)
	throttled := !acc.auth.open() && !access.Contains(acc.auth.allow, client)
	if wait := s.guesses.Wait(client); throttled && wait > 0 {
		return &refusal{status: http.StatusTooManyRequests, mechanism: "throttle", wait: wait}
	}
	no := acc.auth.check(r.Header, client)
	if throttled && no != nil && no.status == http.StatusUnauthorized {
		s.guesses.Failed(client, s.presented(r.Header))
	}
	return no
}

// presented is everything in a request that may be compared with a secret of any account,
// "" if there is nothing.
func (s *Starter) presented(h http.Header) string {
	sent := slices.Clone(h.Values(authorization))
	for _, acc := range s.accounts {
		for _, m := range acc.auth.mechanisms {
			sent = append(sent, h.Values(m.header)...)
		}
	}
	slices.Sort(sent)
	return strings.Join(slices.Compact(sent), "\x00")
}

// turnAway answers a request that does not prove to come from IDWise. The log names the
// mechanism, and neither the address nor anything that was sent.
func (s *Starter) turnAway(c *gin.Context, acc *account, began time.Time, no *refusal) {
	acc.refusals.Do(func() {
		s.log.WarnContext(c.Request.Context(), "webhook refused: the sender does not prove to be IDWise",
			"account", acc.name, "mechanism", no.mechanism, "status", no.status)
	})
	sentence, outcome := "the sender is not allowed", telemetry.WebhookRefused
	switch no.status {
	case http.StatusUnauthorized:
		sentence = "the credentials are missing or wrong"
		c.Writer.Header()["Www-Authenticate"] = challenges
	case http.StatusTooManyRequests:
		sentence, outcome = "too many wrong credentials came from this address", telemetry.WebhookThrottled
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(no.wait.Seconds()))))
	}
	s.measure(c, acc.name, unknown, outcome, began)
	s.answerAndClose(c, no.status, sentence)
}

// tooMuch answers an authenticated sender that is beyond a limit.
func (s *Starter) tooMuch(c *gin.Context, acc *account, began time.Time, limit string) {
	acc.refusals.Do(func() {
		s.log.WarnContext(c.Request.Context(), "webhook sent back: the account is beyond its limit", "account", acc.name, "limit", limit)
	})
	s.measure(c, acc.name, unknown, telemetry.WebhookLimited, began)
	c.Header("Retry-After", retryAfter)
	s.answerAndClose(c, http.StatusServiceUnavailable, "too many webhooks at once; send it again")
}

// refuse answers without examining the body.
func (s *Starter) refuse(c *gin.Context, account string, began time.Time, status int, sentence string) {
	s.measure(c, account, unknown, telemetry.WebhookRefused, began)
	s.answerAndClose(c, status, sentence)
}

// measure counts an answer. Labels are few: an account that is configured, an event
// that the vendor documents, or "unknown".
func (s *Starter) measure(c *gin.Context, account, event string, outcome telemetry.WebhookOutcome, began time.Time) {
	ctx := c.Request.Context()
	s.cfg.Instruments.Webhooks.Add(ctx, account, event, string(outcome))
	s.cfg.Instruments.Acknowledged.Record(ctx, time.Since(began), account)
}

// answerAndClose answers at once, even before the body has arrived. Without
// "Connection: close" net/http would wait for the body first. Afterwards it discards what
// still arrives, for a moment: closing a connection with unread bytes resets it, and a reset
// can overtake the answer.
func (s *Starter) answerAndClose(c *gin.Context, status int, sentence string) {
	text, _ := json.Marshal(gin.H{"error": sentence}) // a map of strings: cannot fail
	c.Header("Connection", "close")
	c.Header("Content-Length", strconv.Itoa(len(text)))
	c.Data(status, "application/json; charset=utf-8", text)
	c.Writer.Flush()
	if err := http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(s.linger)); err != nil {
		return // without a deadline the reading might never end
	}
	_, _ = io.CopyN(io.Discard, c.Request.Body, maxDiscard)
}

// defect answers a defect of ours with 503, which IDWise sends again.
func (s *Starter) defect(c *gin.Context) {
	c.Header("Retry-After", retryAfter)
	s.answerAndClose(c, http.StatusServiceUnavailable, "the webhook could not be kept; send it again")
}

// quotaWindow is the time over which the quotas are averaged. An account may use up a whole
// window's quota at once.
const quotaWindow = time.Minute

func newAccount(name string, auth *authenticator, in config.Intake) *account {
	quota := func(perSecond, least float64) *rate.Limiter {
		return rate.NewLimiter(rate.Limit(perSecond), int(max(perSecond*quotaWindow.Seconds(), least)))
	}
	return &account{
		name: name, auth: auth, refusals: rate.Sometimes{First: 5, Interval: 10 * time.Second},
		webhooks: quota(in.WebhooksPerSecond, 1), bytes: quota(in.BytesPerSecond, float64(in.MaxBody)),
	}
}

// Slow senders that have authenticated hold the memory of what they have sent so far. The
// budget bounds it, in sum and for each account at a quarter. Within an account only half is
// for large bodies: IDWise's own webhooks are below 4 KiB, and must get in while large ones
// fill their half.
const (
	accountShare = 4
	smallBody    = 16 << 10 // bytes
)

// errNoRoom says that the budget is used up.
var errNoRoom = errors.New("too many bodies are being received")

// bodyBudget counts the bytes of bodies that are being received or recorded.
type bodyBudget struct {
	limit        int64
	all, account access.Quota
}

// take reserves n bytes for a body that then has size bytes.
func (b *bodyBudget) take(account string, n, size int64) bool {
	share := b.limit / accountShare
	if size > smallBody {
		share /= 2
	}
	if !b.account.Take(account, n, share) {
		return false
	}
	if !b.all.Take("", n, b.limit) {
		b.account.GiveBack(account, n)
		return false
	}
	return true
}

// budgetedBody reserves what it reads. What was announced is not reserved: announcing
// costs a sender nothing.
type budgetedBody struct {
	io.Reader
	budget  *bodyBudget
	account string
	size    int64
}

// Read fails with errNoRoom when the budget is used up.
func (r *budgetedBody) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if n == 0 {
		return 0, err
	}
	if !r.budget.take(r.account, int64(n), r.size+int64(n)) {
		return 0, errNoRoom
	}
	r.size += int64(n)
	return n, err
}

// Close gives back what was reserved.
func (r *budgetedBody) Close() {
	r.budget.all.GiveBack("", r.size)
	r.budget.account.GiveBack(r.account, r.size)
}
