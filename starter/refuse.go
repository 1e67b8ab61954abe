package starter

import (
	"net/http"
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

// refuse answers without the body having been read, at once even if it never
// comes: net/http would wait for it, unless the connection is to be closed.
func (s *Starter) refuse(c *gin.Context, account string, began time.Time, status int, sentence string) {
	s.measure(c, account, unknown, telemetry.WebhookRefused, began)
	closeAfter(c)
	c.JSON(status, gin.H{"error": sentence})
}

// cutOff ends a request whose body did not arrive.
func (s *Starter) cutOff(c *gin.Context, account string, began time.Time, status int) {
	s.measure(c, account, unknown, telemetry.WebhookRefused, began)
	s.log.WarnContext(c.Request.Context(), "webhook cut off: its body did not arrive in time", "account", account)
	closeAfter(c)
	c.JSON(status, gin.H{"error": "the body did not arrive in time"})
}

// measure counts an answer. Labels are few: an account that is configured, an event
// that the vendor documents, or "unknown".
func (s *Starter) measure(c *gin.Context, account, event string, outcome telemetry.WebhookOutcome, began time.Time) {
	ctx := c.Request.Context()
	s.cfg.Instruments.Webhook(ctx, account, event, outcome)
	s.cfg.Instruments.Acknowledged(ctx, account, time.Since(began))
}

func closeAfter(c *gin.Context) {
	c.Header("Connection", "close")
	// Not supported by a recorder in tests, where nothing lingers either.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(lingerFor))
}

// recovered turns a defect of ours into 503, which is sent again, and logs the
// panic without the request: gin's own recovery would print its headers.
func (s *Starter) recovered(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		s.logPanic(c.Request.Context(), p)
		if !c.Writer.Written() {
			closeAfter(c)
			c.Header("Retry-After", retryAfter)
			c.AbortWithStatusJSON(http.StatusServiceUnavailable, gin.H{"error": "the webhook could not be kept; send it again"})
		}
	}()
	c.Next()
}
