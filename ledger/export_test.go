package ledger

import (
	"context"
	"database/sql"
	"strings"
)

// Plan is PostgreSQL's plan of one of the forwarder's statements, in a ledger where
// account a has a large backlog.
func (l *Ledger) Plan(ctx context.Context, statement string) (string, error) {
	_, err := l.write.ExecContext(ctx, `
INSERT INTO webhooks (account, event_type, event_id, journey_id, reference_no, body, body_hash, disposition, reason, received_at, trace_parent, event, due_at)
SELECT CASE WHEN n % 100 = 0 THEN 'b' ELSE 'a' END, 'Finished Journey', n, '', '', CASE WHEN n % 4 < 2 THEN '{}'::bytea END, n, 'forward', '', n, '', CASE WHEN n % 4 < 2 THEN '{}'::bytea END, CASE WHEN n % 4 = 0 THEN n END
FROM generate_series(1, 20000) AS n`)
	if err == nil {
		_, err = l.write.ExecContext(ctx, "ANALYZE webhooks")
	}
	if err != nil {
		return "", err
	}
	query := map[string]string{
		"lanes":   selectLanes,
		"claim":   strings.NewReplacer("%s", l.dialect.skipLocked, "$1", "'a'", "$2", "0", "$3", "1000", "$4", "8", "$5", "2000").Replace(claimDue),
		"content": selectWithContent,
		"remove":  strings.NewReplacer("%s", l.dialect.skipLocked, "$1", "'a'", "$2", "1000", "$3", "20").Replace(removeContent),
	}[statement]
	var plan []string
	err = each(ctx, l.write, "EXPLAIN "+query, nil, func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		plan = append(plan, line)
		return err
	})
	return strings.Join(plan, "\n"), err
}
