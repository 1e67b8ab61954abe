package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"idjourney/ledger"
	"idjourney/workflows"
)

// Ledger says what the ledger at url holds of an account. It creates no SQLite file,
// because the next check would take that for a ledger.
func Ledger(ctx context.Context, url, account string) (string, error) {
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if _, err := os.Stat(file); err != nil {
			return "", errors.New("there is no ledger yet at " + file)
		}
	}
	l, err := ledger.Open(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	if err := l.Ping(ctx); err != nil {
		return "", err
	}
	counts, err := l.WebhookCounts(ctx, account)
	if err != nil {
		return "", err
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	return fmt.Sprintf("can be written, its schema is current; it holds %d webhooks of this account", total), nil
}

// Temporal checks the namespace. It connects at the first check, so that a wrong
// connection is a row like any other.
type Temporal struct {
	dial   func() (client.Client, string, error)
	client client.Client
	name   string
}

// NewTemporal returns the checks of the namespace that dial connects to.
func NewTemporal(dial func() (client.Client, string, error)) *Temporal { return &Temporal{dial: dial} }

func (t *Temporal) connect() (err error) {
	if t.client == nil {
		t.client, t.name, err = t.dial()
	}
	return err
}

// Namespace says whether the namespace exists, and how long it keeps closed workflows.
func (t *Temporal) Namespace(ctx context.Context) (string, error) {
	if err := t.connect(); err != nil {
		return "", err
	}
	found, err := t.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: t.name})
	if err != nil {
		return "", fmt.Errorf("looking for namespace %s: %w", t.name, err)
	}
	return fmt.Sprintf("namespace %s is there; closed workflows stay for %s", t.name,
		found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()), nil
}

// Attributes says whether the namespace has all search attributes.
func (t *Temporal) Attributes(ctx context.Context) (string, error) {
	if err := t.connect(); err != nil {
		return "", err
	}
	if err := workflows.CheckSearchAttributes(ctx, t.client, t.name); err != nil {
		return "", err
	}
	return fmt.Sprintf("all %d are there", len(workflows.SearchAttributes())), nil
}

// Close ends the connection, if there is one.
func (t *Temporal) Close() {
	if t.client != nil {
		t.client.Close()
	}
}
