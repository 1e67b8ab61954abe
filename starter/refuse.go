package starter

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"idjourney/telemetry"
)

// unknown labels what is not configured or not documented.
const unknown = "unknown"

// turnAway answers a request that does not prove to come from IDWise. The log
// names the mechanism, never the address or anything that was sent.
func (s *Starter) turnAway(c *gin.Context, acc *account, began time.Time, no *refusal) {
	acc.refusals.Do(func() {
		s.log.WarnContext(c.Request.Context(), "webhook refused: the sender does not prove to be IDWise",
			"account", acc.name, "mechanism", no.mechanism, "status", no.status)
	})
	sentence := "the sender is not allowed"
	if no.status == http.StatusUnauthorized {
		sentence = "the credentials are missing or wrong"
		c.Writer.Header()["Www-Authenticate"] = acc.auth.challenges()
	}
	s.refuse(c, acc.name, began, no.status, sentence)
}

// refuse answers without the body having been looked at.
func (s *Starter) refuse(c *gin.Context, account string, began time.Time, status int, sentence string) {
	s.measure(c, account, unknown, telemetry.WebhookRefused, began)
	s.answerAndClose(c, status, sentence)
}

// cutOff ends a request whose body did not arrive.
func (s *Starter) cutOff(c *gin.Context, account string, began time.Time, status int) {
	s.measure(c, account, unknown, telemetry.WebhookRefused, began)
	s.log.WarnContext(c.Request.Context(), "webhook cut off: its body did not arrive in time", "account", account)
	s.answerAndClose(c, status, "the body did not arrive in time")
}

// measure counts an answer. Labels are few: an account that is configured, an event
// that the vendor documents, or "unknown".
func (s *Starter) measure(c *gin.Context, account, event string, outcome telemetry.WebhookOutcome, began time.Time) {
	ctx := c.Request.Context()
	s.cfg.Instruments.Webhook(ctx, account, event, outcome)
	s.cfg.Instruments.Acknowledged(ctx, account, time.Since(began))
}

// answerAndClose answers at once, even while the body is still to come. Without
// "Connection: close" net/http would wait for the body first. Afterwards it throws
// away what still comes, for a moment: closing a connection with unread bytes resets
// it, and a reset can overtake the answer.
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
