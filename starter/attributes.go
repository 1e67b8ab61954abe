package starter

import (
	"context"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"idjourney/workflows"
)

// SearchAttributes returns the name and type of every search attribute that the
// namespace needs. One that is missing makes each start of a journey fail.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	all := map[string]enumspb.IndexedValueType{
		workflows.AttributeDueAt.GetName(): workflows.AttributeDueAt.GetValueType(),
	}
	for _, key := range []interface{ GetName() string }{
		workflows.AttributePhase, workflows.AttributeStanding, workflows.AttributeAccount,
		workflows.AttributeFlow, workflows.AttributeReference, workflows.AttributeAttention,
	} {
		all[key.GetName()] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	return all
}

// MissingAttributes says that Temporal is reachable but its namespace lacks search
// attributes, or has them with another type.
type MissingAttributes struct{ Names []string }

// Error names the attributes and what to do.
func (e *MissingAttributes) Error() string {
	return "search attributes are missing or of another type: " + strings.Join(e.Names, ", ") + "; run idjourney setup"
}

// CheckSearchAttributes asks whether the namespace has all search attributes. It
// returns *MissingAttributes if not, and any other error if it cannot be asked.
func CheckSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	known, err := c.OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("listing search attributes: %w", err)
	}
	var missing []string
	for name, kind := range SearchAttributes() {
		if known.GetCustomAttributes()[name] != kind {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return &MissingAttributes{Names: missing}
	}
	return nil
}

// Ready returns nil if Temporal can be reached and knows the search attributes.
func (t *TemporalSignaler) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	if _, err := t.client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("reaching Temporal: %w", err)
	}
	return CheckSearchAttributes(ctx, t.client, t.namespace)
}
