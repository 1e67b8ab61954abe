package workflows

import (
	"context"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
)

// SearchAttributes returns the name and type of every search attribute that the namespace
// needs. If one is missing, no journey can start.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	all := map[string]enumspb.IndexedValueType{
		AttributeDueAt.GetName(): AttributeDueAt.GetValueType(),
	}
	for _, key := range []interface{ GetName() string }{
		AttributePhase, AttributeStanding, AttributeAccount,
		AttributeFlow, AttributeReference, AttributeAttention,
	} {
		all[key.GetName()] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	return all
}

// MissingAttributes means that Temporal is reachable but its namespace lacks search
// attributes, or has them with another type.
type MissingAttributes struct{ Names []string }

// Error names the attributes and what to do.
func (e *MissingAttributes) Error() string {
	return "search attributes are missing or of another type: " + strings.Join(e.Names, ", ") + "; run idjourney setup"
}

// CheckSearchAttributes checks that the namespace has all search attributes. It returns
// *MissingAttributes if not, and any other error if the check fails.
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
