package telemetry

import "context"

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
	for _, message := range e.Messages {
		i.messages.Add(ctx, 0, labels("account", e.Account, "type", message))
	}
	for _, severity := range e.Severities {
		i.alerts.Add(ctx, 0, labels("account", e.Account, "severity", severity))
	}
	for _, outcome := range e.Outcomes {
		i.adopted.Add(ctx, 0, labels("account", e.Account, "outcome", outcome))
	}
	for _, outcome := range []string{ErasureDone, ErasureDenied, ErasureUnreachable, ErasureLedger} {
		i.erasures.Add(ctx, 0, labels("account", e.Account, "outcome", outcome))
	}
	if e.Government {
		for _, outcome := range []string{GovernmentOK, GovernmentNoRecord, GovernmentFailed} {
			i.government.Add(ctx, 0, labels("account", e.Account, "outcome", outcome))
		}
	}
}
