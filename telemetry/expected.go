package telemetry

import "context"

// WebhookOutcome says what became of a webhook at the endpoint. The set is closed.
type WebhookOutcome string

// What becomes of a webhook, and how it is answered.
const (
	WebhookRecorded    WebhookOutcome = "recorded"    // in the ledger, 200
	WebhookDuplicate   WebhookOutcome = "duplicate"   // was there before, 200
	WebhookQuarantined WebhookOutcome = "quarantined" // recorded, never acted on, 200
	WebhookSignalled   WebhookOutcome = "signalled"   // the ledger could not write, Temporal took it, 200
	WebhookRefused     WebhookOutcome = "refused"     // not from IDWise, or too large: 4xx
	WebhookThrottled   WebhookOutcome = "throttled"   // too many wrong credentials from one source: 429
	WebhookLimited     WebhookOutcome = "limited"     // beyond the account's quota or the memory for bodies, 503
	WebhookUnavailable WebhookOutcome = "unavailable" // kept nowhere, 503
)

// The outcomes of a request to the government's register.
const (
	GovernmentOK       = "ok"
	GovernmentNoRecord = "no_record"
	GovernmentFailed   = "failed"
)

// How a try to erase ends.
const (
	ErasureDone        = "done"
	ErasureDenied      = "denied"      // the vendor refuses
	ErasureUnreachable = "unreachable" // the vendor is away: tried again
	ErasureLedger      = "ledger"      // the ledger is away: tried again
)

// ExpectWebhooks shows the counters of an account's webhooks at 0.
func (i *Instruments) ExpectWebhooks(ctx context.Context, account string) {
	i.Webhooks.Expect(ctx, []string{account}, []string{"unknown"}, []string{
		string(WebhookRecorded), string(WebhookDuplicate), string(WebhookQuarantined), string(WebhookSignalled),
		string(WebhookRefused), string(WebhookThrottled), string(WebhookLimited), string(WebhookUnavailable),
	})
	i.Forwards.Expect(ctx, []string{account}, []string{"ok", "failed"})
}

// ExpectAPI shows the denied requests of callers without a token at 0.
func (i *Instruments) ExpectAPI(ctx context.Context) {
	i.APIDenied.Expect(ctx, []string{"unknown"}, []string{"unknown"}, []string{"token"})
}

// Expected names what an account's work is measured by.
type Expected struct {
	Account string
	// Operations of the vendor's API, and how calls of them end.
	Operations, OperationOutcomes []string
	// Endpoints of the customer's, and how deliveries to them end.
	Endpoints, DeliveryOutcomes []string
	// Messages are the types of message, Severities those of AML alerts, Outcomes
	// those of decisions.
	Messages, Severities, Outcomes []string
	// Government says that the account has a government's register.
	Government bool
}

// ExpectWork shows the counters of an account's work at 0.
func (i *Instruments) ExpectWork(ctx context.Context, e Expected) {
	account := []string{e.Account}
	i.HintsPostponed.Expect(ctx, account)
	i.Vendor.Expect(ctx, account, e.Operations, e.OperationOutcomes)
	i.Deliveries.Expect(ctx, account, e.Endpoints, e.DeliveryOutcomes)
	i.Messages.Expect(ctx, account, e.Messages)
	i.AMLAlerts.Expect(ctx, account, e.Severities)
	i.Adopted.Expect(ctx, account, e.Outcomes)
	i.Erasures.Expect(ctx, account, []string{ErasureDone, ErasureDenied, ErasureUnreachable, ErasureLedger})
	if e.Government {
		i.Government.Expect(ctx, account, []string{GovernmentOK, GovernmentNoRecord, GovernmentFailed})
	}
}
