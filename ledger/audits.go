package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// DueForAudit returns up to limit settled journeys of one flow that stand approved
// and of which nothing has been heard since before, the longest silent first. Only
// account, id and UpdatedAt are filled in.
func (l *Ledger) DueForAudit(ctx context.Context, account, flow string, before time.Time, limit int) ([]Journey, error) {
	var due []Journey
	err := each(ctx, l.read, `SELECT journey_id, updated_at FROM journeys
		WHERE phase = 'settled' AND outcome = 'approved' AND account = $1 AND flow = $2 AND updated_at < $3
		ORDER BY updated_at LIMIT $4`, []any{account, flow, nanos(before), limit}, func(rows *sql.Rows) error {
		j := Journey{Account: account}
		var at int64
		if err := rows.Scan(&j.JourneyID, &at); err != nil {
			return err
		}
		j.UpdatedAt = fromNanos(at)
		due = append(due, j)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading whom to audit: %w", err)
	}
	return due, nil
}
