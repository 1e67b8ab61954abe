package starter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"idjourney/ledger"
	"idjourney/telemetry"
)

const (
	// retryAfter, in seconds, goes with every 503.
	retryAfter = "10"
	// lingerFor and maxDiscard bound what is still read, and discarded, from a refused
	// sender, so that it receives its answer.
	lingerFor  = 500 * time.Millisecond
	maxDiscard = 16 << 20
)

// The status in the answer to a webhook that was kept.
const (
	saidRecorded    = "recorded"    // in the ledger, on its way to the workflow
	saidKept        = "kept"        // in the ledger; no journey acts on it
	saidQuarantined = "quarantined" // in the ledger; not understood
	saidDuplicate   = "duplicate"   // was in the ledger before
	saidSignalled   = "signalled"   // the ledger is away, Temporal has it
)

// answer is what becomes of an authenticated webhook.
type answer struct {
	said    string // "" if it could be kept nowhere
	reason  string // a short code, for kept and quarantined
	outcome telemetry.WebhookOutcome
}

// webhook handles POST /webhooks/idwise/:account.
func (s *Starter) webhook(c *gin.Context) {
	began := time.Now()
	acc, ok := s.accounts[c.Param("account")]
	if !ok {
		acc = s.stranger
	}
	if no := s.examine(acc, c.Request); no != nil {
		s.turnAway(c, acc, began, no)
		return
	}
	if !acc.webhooks.Allow() {
		s.tooMuch(c, acc, began, "intake.webhooks_per_second")
		return
	}
	incoming := &budgetedBody{Reader: http.MaxBytesReader(c.Writer, c.Request.Body, s.cfg.Intake.MaxBody), budget: s.bodies, account: acc.name}
	defer incoming.Close()
	body, ok := s.readBody(c, acc, began, incoming)
	if !ok {
		return
	}
	if !acc.bytes.AllowN(time.Now(), len(body)) {
		s.tooMuch(c, acc, began, "intake.bytes_per_second")
		return
	}
	in, a := s.receive(c.Request, acc.name, body)
	s.measure(c, acc.name, in.label(), a.outcome, began)
	if a.said == "" {
		c.Header("Retry-After", retryAfter)
		c.JSON(http.StatusServiceUnavailable, gin.H{"error": "the webhook could not be kept; send it again"})
		return
	}
	reply := gin.H{"status": a.said}
	if a.reason != "" {
		reply["reason"] = a.reason
	}
	c.JSON(http.StatusOK, reply)
}

// readBody returns the body, or answers why there is none. A length that is announced
// and too large is refused unread.
func (s *Starter) readBody(c *gin.Context, acc *account, began time.Time, incoming io.Reader) (body []byte, ok bool) {
	err := error(&http.MaxBytesError{Limit: s.cfg.Intake.MaxBody})
	if c.Request.ContentLength <= s.cfg.Intake.MaxBody {
		body, err = io.ReadAll(incoming)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, true
	case errors.Is(err, errNoRoom):
		s.tooMuch(c, acc, began, "intake.body_memory")
	case errors.As(err, &tooLarge):
		s.log.WarnContext(c.Request.Context(), "webhook refused: the body is too large", "account", acc.name, "limit", s.cfg.Intake.MaxBody)
		s.refuse(c, acc.name, began, http.StatusRequestEntityTooLarge, "the body is too large")
	default:
		s.log.WarnContext(c.Request.Context(), "webhook cut off: its body did not arrive in time", "account", acc.name)
		s.refuse(c, acc.name, began, http.StatusRequestTimeout, "the body did not arrive in time")
	}
	return nil, false
}

// receive keeps an authenticated webhook whose body has arrived, even if the sender has
// disconnected.
func (s *Starter) receive(r *http.Request, account string, body []byte) (intake, answer) {
	// The sender's tracestate may hold any text, and is left out.
	ctx := context.WithoutCancel(telemetry.WithTraceParent(r.Context(), r.Header.Get("Traceparent")))
	ctx, span := s.cfg.Tracer.Start(ctx, "webhook", trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	in := take(account, body, s.cfg.Now().UTC(), telemetry.TraceParent(ctx), telemetry.Sampled(ctx))
	a := s.keep(ctx, in)
	span.SetAttributes(attribute.String("idjourney.account", account), attribute.String("idjourney.event", in.label()),
		attribute.String("idjourney.outcome", string(a.outcome)), attribute.String("idjourney.reason", a.reason))
	s.report(ctx, in, a)
	return in, a
}

// keep writes the webhook to the ledger or, if that fails, hands its event to
// Temporal, which can keep only the events of journeys.
func (s *Starter) keep(ctx context.Context, in intake) answer {
	recording, cancel := context.WithTimeout(ctx, s.cfg.Intake.RecordTimeout)
	in = s.heedTombstone(recording, in)
	_, duplicate, err := s.cfg.Ledger.RecordWebhook(recording, in.row)
	cancel()
	if err == nil {
		return s.kept(in, duplicate)
	}
	s.log.ErrorContext(ctx, "webhook not recorded: the ledger cannot write", "account", in.row.Account, "error", err)
	if in.row.Handling != ledger.Forward {
		return answer{outcome: telemetry.WebhookUnavailable}
	}
	signalling, cancel := context.WithTimeout(ctx, s.cfg.Intake.SignalTimeout)
	defer cancel()
	if err := s.cfg.Signaler.SignalWithStart(signalling, in.event); err != nil {
		s.log.ErrorContext(ctx, "webhook not kept: neither the ledger nor Temporal took it", "account", in.row.Account, "error", err)
		return answer{outcome: telemetry.WebhookUnavailable}
	}
	return answer{said: saidSignalled, outcome: telemetry.WebhookSignalled}
}

func (s *Starter) kept(in intake, duplicate bool) answer {
	a := answer{said: saidRecorded, reason: in.row.Reason, outcome: telemetry.WebhookRecorded}
	switch {
	case duplicate:
		a.said, a.outcome = saidDuplicate, telemetry.WebhookDuplicate
	case in.row.Handling == ledger.Forward:
		s.cfg.Forwarder.Wake()
	case in.row.Handling == ledger.Keep:
		a.said = saidKept
	default:
		a.said, a.outcome = saidQuarantined, telemetry.WebhookQuarantined
	}
	return a
}

// report logs what an operator may want to know. The name of an unknown event is the sender's
// text, and not logged.
func (s *Starter) report(ctx context.Context, in intake, a answer) {
	switch a.said {
	case saidQuarantined:
		s.log.WarnContext(ctx, "webhook quarantined", "account", in.row.Account, "event", in.label(), "reason", a.reason)
	case saidKept:
		s.log.InfoContext(ctx, "webhook kept, no journey acts on it", "account", in.row.Account, "event", in.label(), "reason", a.reason)
	case saidSignalled:
		s.log.WarnContext(ctx, "webhook handed to Temporal directly", "account", in.row.Account, "event", in.label())
	}
}
