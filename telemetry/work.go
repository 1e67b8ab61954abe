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

// Expected names what an account's work is measured by.
type Expected struct {
	Account string
	// Operations of the vendor's API, and how calls of them end.
	Operations, OperationOutcomes []string
	// Endpoints of the customer's, and how deliveries to them end.
	Endpoints, DeliveryOutcomes []string
	// Government says that the account has a government's register.
	Government bool
}

// ExpectWork shows the counters of an account's work at 0 before there is any:
// Prometheus sees no increase in a series that begins at 1.
func (i *Instruments) ExpectWork(ctx context.Context, e Expected) {
	for _, operation := range e.Operations {
		for _, outcome := range e.OperationOutcomes {
			i.vendor.Add(ctx, 0, labels("account", e.Account, "operation", operation, "outcome", outcome))
		}
	}
	for _, endpoint := range e.Endpoints {
		for _, outcome := range e.DeliveryOutcomes {
			i.deliveries.Add(ctx, 0, labels("account", e.Account, "endpoint", endpoint, "outcome", outcome))
		}
	}
	if e.Government {
		for _, outcome := range []string{GovernmentOK, GovernmentNoRecord, GovernmentFailed} {
			i.government.Add(ctx, 0, labels("account", e.Account, "outcome", outcome))
		}
	}
}
