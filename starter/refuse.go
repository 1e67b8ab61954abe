package starter

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"idjourney/access"
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
