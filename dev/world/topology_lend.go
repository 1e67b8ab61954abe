package world

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Lend starts PostgreSQL and Temporal alone, for a reader of docs/operations.md who
// has neither: the ledger's role and database, the namespace and its search
// attributes are for them to make.
func (t *Topology) Lend(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, step := range []func(context.Context) error{t.startPostgreSQL, t.forgetLedger, t.runSchema, t.startTemporal} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// forgetLedger undoes what the mounted script has made for the ledger.
func (t *Topology) forgetLedger(ctx context.Context) error {
	cmd := t.cluster.command(ctx, "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--username=postgres", "--dbname=postgres",
		"--command=DROP DATABASE idjourney", "--command=DROP ROLE idjourney")
	cmd.Env = append(cmd.Env, "PGHOST="+t.cluster.socket, fmt.Sprintf("PGPORT=%d", t.port(postgresqlService, 5432)))
	return t.job("forget-ledger", cmd)
}

// Lent is how the lent servers are reached, as lines for a shell: the variables that
// docs/operations.md asks for.
func (t *Topology) Lent(uiURL string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var text strings.Builder
	for _, variable := range [][2]string{
		{"PGHOST", loopback},
		{"PGPORT", fmt.Sprint(t.port(postgresqlService, 5432))},
		{"PGUSER", "postgres"},
		{"PGPASSWORD", value(t.environment(postgresqlService), "POSTGRES_PASSWORD")},
		{"TEMPORAL_ADDRESS", t.address(temporalService, 7233)},
		{"TEMPORAL_NAMESPACE", value(t.environment(starterService), "TEMPORAL_NAMESPACE")},
		{"STACK_UI", uiURL},
		{"STACK_PID", fmt.Sprint(os.Getpid())},
	} {
		fmt.Fprintf(&text, "export %s='%s'\n", variable[0], variable[1])
	}
	return text.String()
}
