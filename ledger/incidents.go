package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"idjourney/journey"
)

// maxJourneys bounds the ids that an incident names.
const maxJourneys = 10

// Incident is what needs a person at one account for one reason, at however many
// journeys. It is over when its last journey's item is cleared.
type Incident struct {
	Account string
	Code    journey.AttentionCode
	// Detail is the endpoint of delivery_parked, and empty for every other code.
	Detail string
	// Count is how many journeys it concerns, Since the oldest item of theirs.
	Count int
	Since time.Time
	// Journeys are the ids of the first of them, at most 10; for spot_check_unbound
	// they are those of the spot checks.
	Journeys []string
	// AcknowledgedBy and AcknowledgedAt are zero until somebody has taken it on.
	AcknowledgedBy string
	AcknowledgedAt time.Time
}

// selectIncidents reads the index attention_incident in its order.
const selectIncidents = `
SELECT i.account, i.code, i.part, i.count, i.oldest, i.journey_id, COALESCE(k.actor, ''), COALESCE(k.at, 0)
FROM (
	SELECT account, code, part, journey_id, since,
		COUNT(*) OVER (PARTITION BY account, code, part) AS count,
		MIN(since) OVER (PARTITION BY account, code, part) AS oldest,
		ROW_NUMBER() OVER (PARTITION BY account, code, part ORDER BY since, journey_id) AS place
	FROM attention WHERE account IN %s
) AS i
LEFT JOIN acknowledgements k ON k.account = i.account AND k.code = i.code AND k.part = i.part
WHERE i.place <= $1
ORDER BY i.oldest, i.account, i.code, i.part, i.place`

// Incidents returns the open incidents of the accounts, oldest first. No account
// means no incident, never all.
func (l *Ledger) Incidents(ctx context.Context, accounts []string) ([]Incident, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	list, args := in(accounts, []any{maxJourneys})
	var incidents []Incident
	err := each(ctx, l.read, fmt.Sprintf(selectIncidents, list), args, func(rows *sql.Rows) error {
		var i Incident
		var journeyID string
		var since, at int64
		if err := rows.Scan(&i.Account, &i.Code, &i.Detail, &i.Count, &since, &journeyID, &i.AcknowledgedBy, &at); err != nil {
			return err
		}
		n := len(incidents)
		if n == 0 || incidents[n-1].Account != i.Account || incidents[n-1].Code != i.Code || incidents[n-1].Detail != i.Detail {
			i.Since, i.AcknowledgedAt = fromNanos(since), fromNanos(at)
			incidents = append(incidents, i)
			n++
		}
		incidents[n-1].Journeys = append(incidents[n-1].Journeys, journeyID)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading incidents: %w", err)
	}
	return incidents, nil
}

const acknowledge = `
INSERT INTO acknowledgements (account, code, part, actor, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account, code, part) DO UPDATE SET actor = excluded.actor, at = excluded.at`

// Acknowledge writes down that actor has taken on an open incident; who does so later
// takes it over. One that is not open is ErrNotFound.
func (l *Ledger) Acknowledge(ctx context.Context, account string, code journey.AttentionCode, detail, actor string, at time.Time) error {
	if actor == "" {
		return errors.New("acknowledging incident: the actor is missing")
	}
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		if err := takeLock(ctx, tx, l.dialect.lockAttention); err != nil {
			return err
		}
		var open int
		_, err := one(ctx, tx, "SELECT COUNT(*) FROM attention WHERE account = $1 AND code = $2 AND part = $3",
			[]any{account, string(code), detail}, &open)
		if err == nil && open == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, acknowledge, account, string(code), detail, actor, nanos(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("acknowledging incident: %w", err)
	}
	return nil
}

// call names an item of a journey within its incident.
type call struct{ code, part string }

// ofSpotCheck tells the items of a spot check from those of a journey with the same id.
const ofSpotCheck = "(code = 'spot_check_unbound')"

// replaceAttention lets items be all that needs a person at a journey or, with
// spotCheck, at a spot check. What loses its last item is over, and with it its
// acknowledgement.
func (l *Ledger) replaceAttention(ctx context.Context, tx *sql.Tx, account, journeyID string, spotCheck bool, items []journey.AttentionItem) error {
	wanted := map[call]time.Time{}
	for _, item := range items {
		c := call{code: string(item.Code)}
		if item.Code == journey.AttentionDeliveryParked {
			c.part = text(item.Detail)
		}
		if since, ok := wanted[c]; !ok || item.Since.Before(since) {
			wanted[c] = item.Since
		}
	}
	var gone []call
	err := each(ctx, tx, "SELECT code, part FROM attention WHERE account = $1 AND journey_id = $2 AND "+ofSpotCheck+" = $3", []any{account, journeyID, spotCheck},
		func(rows *sql.Rows) error {
			var c call
			err := rows.Scan(&c.code, &c.part)
			if _, stays := wanted[c]; !stays {
				gone = append(gone, c)
			}
			return err
		})
	if err != nil {
		return err
	}
	for c, since := range wanted {
		_, err := tx.ExecContext(ctx, `INSERT INTO attention (account, journey_id, code, part, since) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account, journey_id, code, part) DO UPDATE SET since = excluded.since`,
			account, journeyID, c.code, c.part, nanos(since))
		if err != nil {
			return err
		}
	}
	return l.clear(ctx, tx, account, journeyID, gone)
}

// clear takes a journey's items away. It is a transaction's last step: the lock is
// held until the commit.
func (l *Ledger) clear(ctx context.Context, tx *sql.Tx, account, journeyID string, gone []call) error {
	if len(gone) == 0 {
		return nil
	}
	if err := takeLock(ctx, tx, l.dialect.lockAttention); err != nil {
		return err
	}
	for _, c := range gone {
		_, err := tx.ExecContext(ctx, "DELETE FROM attention WHERE account = $1 AND journey_id = $2 AND code = $3 AND part = $4",
			account, journeyID, c.code, c.part)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM acknowledgements WHERE account = $1 AND code = $2 AND part = $3 AND NOT EXISTS
			(SELECT 1 FROM attention WHERE account = $1 AND code = $2 AND part = $3)`, account, c.code, c.part)
		if err != nil {
			return err
		}
	}
	return nil
}
