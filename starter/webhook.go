package starter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"idjourney/ledger"
)

const (
	// retryAfter is what a webhook that could be kept nowhere is told, in seconds.
	retryAfter = "10"
	// lingerFor is how long a refused sender is listened to, so that its network
	// stack gets to read the answer; nothing of what it sends is looked at.
	lingerFor = 500 * time.Millisecond
)

// answer is what a webhook is told.
type answer struct {
	status  int
	outcome Outcome
	event   string // the label, "" if the body was not read
	reason  string // a short code, for quarantined and kept
}

// webhook handles POST /webhooks/idwise/:account.
func (s *Starter) webhook(c *gin.Context) {
	began := time.Now()
	acc, ok := s.accounts[c.Param("account")]
	if !ok {
		s.refuse(c, "", began, http.StatusNotFound, "there is no such account")
		return
	}
	client := clientIP(c.Request.RemoteAddr, c.Request.Header.Values("X-Forwarded-For"), s.cfg.Intake.TrustedProxies)
	if no := acc.auth.check(c.Request.Header, client); no != nil {
		s.turnAway(c, acc, began, no)
		return
	}
	body, status := s.readBody(c)
	switch status {
	case http.StatusOK:
	case http.StatusRequestEntityTooLarge:
		s.log.WarnContext(c.Request.Context(), "webhook refused: the body is too large", "account", acc.name, "limit", s.cfg.Intake.MaxBody)
		s.refuse(c, acc.name, began, status, "the body is too large")
		return
	default:
		s.cutOff(c, acc.name, began, status)
		return
	}
	a := s.receive(c.Request, acc.name, body)
	s.cfg.Observer.WebhookAnswered(c.Request.Context(), acc.name, a.event, a.outcome, time.Since(began))
	if a.status != http.StatusOK {
		c.Header("Retry-After", retryAfter)
		c.JSON(a.status, gin.H{"error": "the webhook could not be kept; send it again"})
		return
	}
	reply := gin.H{"status": a.outcome}
	if a.reason != "" {
		reply["reason"] = a.reason
	}
	c.JSON(http.StatusOK, reply)
}

// readBody returns the body, or the status that says why there is none. A length
// that is announced and too large is refused unread.
func (s *Starter) readBody(c *gin.Context) ([]byte, int) {
	limit := s.cfg.Intake.MaxBody
	if c.Request.ContentLength > limit {
		return nil, http.StatusRequestEntityTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, http.StatusOK
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	default:
		return nil, http.StatusRequestTimeout
	}
}

// receive keeps an authenticated webhook. It does so even if the sender has gone
// meanwhile: what has arrived whole is not thrown away.
func (s *Starter) receive(r *http.Request, account string, body []byte) answer {
	ctx := context.WithoutCancel(propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header)))
	ctx, span := s.tracer.Start(ctx, "webhook", trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)

	in := take(account, body, s.cfg.Now().UTC(), carrier.Get("traceparent"))
	a := s.keep(ctx, in)
	a.event = in.label()
	span.SetAttributes(attribute.String("idjourney.account", account), attribute.String("idjourney.event", a.event),
		attribute.String("idjourney.outcome", string(a.outcome)), attribute.String("idjourney.reason", a.reason))
	s.report(ctx, in, a)
	return a
}

// keep writes the webhook to the ledger or, if that fails, hands its event to
// Temporal. Only an event of a journey can be kept there.
func (s *Starter) keep(ctx context.Context, in intake) answer {
	recording, cancel := context.WithTimeout(ctx, s.cfg.Intake.RecordTimeout)
	_, duplicate, err := s.cfg.Ledger.RecordWebhook(recording, in.row)
	cancel()
	if err == nil {
		return s.kept(in, duplicate)
	}
	s.log.ErrorContext(ctx, "webhook not recorded: the ledger cannot write", "account", in.row.Account, "error", err)
	if in.row.Disposition != ledger.Forward {
		return answer{status: http.StatusServiceUnavailable, outcome: OutcomeNotKept}
	}
	signalling, cancel := context.WithTimeout(ctx, s.cfg.Intake.SignalTimeout)
	defer cancel()
	if err := s.cfg.Signaler.SignalWithStart(signalling, in.event); err != nil {
		s.log.ErrorContext(ctx, "webhook not kept: neither the ledger nor Temporal took it", "account", in.row.Account, "error", err)
		return answer{status: http.StatusServiceUnavailable, outcome: OutcomeNotKept}
	}
	return answer{status: http.StatusOK, outcome: OutcomeSignalled}
}

func (s *Starter) kept(in intake, duplicate bool) answer {
	a := answer{status: http.StatusOK, reason: in.row.Reason}
	switch {
	case duplicate:
		a.outcome = OutcomeDuplicate
	case in.row.Disposition == ledger.Forward:
		a.outcome = OutcomeRecorded
		s.cfg.Forwarder.Wake()
	case in.row.Disposition == ledger.Keep:
		a.outcome = OutcomeKept
	default:
		a.outcome = OutcomeQuarantined
	}
	return a
}

// report logs what somebody may want to look at. The name of an unknown event is
// the sender's text; the ledger has it.
func (s *Starter) report(ctx context.Context, in intake, a answer) {
	switch a.outcome {
	case OutcomeQuarantined:
		s.log.WarnContext(ctx, "webhook quarantined", "account", in.row.Account, "event", a.event, "reason", a.reason)
	case OutcomeKept:
		s.log.InfoContext(ctx, "webhook kept, no journey acts on it", "account", in.row.Account, "event", a.event, "reason", a.reason)
	case OutcomeSignalled:
		s.log.WarnContext(ctx, "webhook handed to Temporal directly", "account", in.row.Account, "event", a.event)
	default:
	}
}
