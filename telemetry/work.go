package telemetry

import (
	"context"
	"strconv"
	"time"
)

// Decided counts a decision. It is called once for each, by whoever's recording
// of it in the ledger was the first.
func (i *Instruments) Decided(ctx context.Context, account, outcome, source string) {
	i.decisions.Add(ctx, 1, labels("account", account, "outcome", outcome, "source", source))
}

// TimeToDecision measures how long after the journey's first webhook a decision
// was made; first says that it is the journey's first decision.
func (i *Instruments) TimeToDecision(ctx context.Context, account, outcome string, first bool, took time.Duration) {
	i.decided.Record(ctx, took.Seconds(), labels("account", account, "outcome", outcome, "first", strconv.FormatBool(first)))
}

// Reaction measures how long after the webhook that caused it a decision was
// recorded: our own part of the time to decision.
func (i *Instruments) Reaction(ctx context.Context, account, outcome string, took time.Duration) {
	i.reaction.Record(ctx, took.Seconds(), labels("account", account, "outcome", outcome))
}

// Delivery counts a try to deliver a message to a customer's endpoint; outcome is
// a delivery's state: delivered, pending (to be tried again), parked.
func (i *Instruments) Delivery(ctx context.Context, account, endpoint, outcome string) {
	i.deliveries.Add(ctx, 1, labels("account", account, "endpoint", endpoint, "outcome", outcome))
}

// DeliveryTook measures one request to a customer's endpoint.
func (i *Instruments) DeliveryTook(ctx context.Context, account, endpoint string, took time.Duration) {
	i.deliveryTook.Record(ctx, took.Seconds(), labels("account", account, "endpoint", endpoint))
}

// VendorCall counts a call of the vendor's API and, unless it was held back and
// took nothing, measures it. Operation and outcome are package idwise's.
func (i *Instruments) VendorCall(ctx context.Context, account, operation, outcome string, took time.Duration) {
	i.vendor.Add(ctx, 1, labels("account", account, "operation", operation, "outcome", outcome))
	if took > 0 {
		i.vendorTook.Record(ctx, took.Seconds(), labels("account", account, "operation", operation))
	}
}

// APIDenied counts a denied request to the customer's API; missing is token, throttled,
// scope or account. Account and token are "unknown" unless they are configured.
func (i *Instruments) APIDenied(ctx context.Context, account, token, missing string) {
	i.apiDenied.Add(ctx, 1, labels("account", account, "token", token, "missing", missing))
}

// GovernmentCall counts and measures a look-up in the government's register;
// outcome is ok, no_record or failed.
func (i *Instruments) GovernmentCall(ctx context.Context, account, outcome string, took time.Duration) {
	i.government.Add(ctx, 1, labels("account", account, "outcome", outcome))
	i.governmentTook.Record(ctx, took.Seconds(), labels("account", account))
}

// The outcomes of a look-up in the government's register.
const (
	GovernmentOK       = "ok"
	GovernmentNoRecord = "no_record"
	GovernmentFailed   = "failed"
)

// Adopted counts a journey of a customer from before our time, when its baseline is
// recorded for the first time; outcome is what holds for it.
func (i *Instruments) Adopted(ctx context.Context, account, outcome string) {
	i.adopted.Add(ctx, 1, labels("account", account, "outcome", outcome))
}

// Message counts a message by its type, once for all endpoints and tries.
func (i *Instruments) Message(ctx context.Context, account, messageType string) {
	i.messages.Add(ctx, 1, labels("account", account, "type", messageType))
}

// AMLAlert counts a change of AML matches that waits for a person.
func (i *Instruments) AMLAlert(ctx context.Context, account, severity string) {
	i.alerts.Add(ctx, 1, labels("account", account, "severity", severity))
}

// Erasure counts a try to erase a journey's personal data.
func (i *Instruments) Erasure(ctx context.Context, account, outcome string) {
	i.erasures.Add(ctx, 1, labels("account", account, "outcome", outcome))
}

// How a try to erase ends.
const (
	ErasureDone        = "done"
	ErasureDenied      = "denied"      // the vendor refuses
	ErasureUnreachable = "unreachable" // the vendor is away: tried again
	ErasureLedger      = "ledger"      // the ledger is away: tried again
)
