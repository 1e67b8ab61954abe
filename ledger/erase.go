package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"regexp"
	"time"

	"idjourney/journey"
)

// Erase removes the personal data of a journey and leaves a tombstone. It scrubs the
// reference, the bodies, references and events of its webhooks, its step answers and
// submissions, the answers kept for idempotency that name it, and the references of
// the spot checks bound to it. It also scrubs webhooks and spot checks that are known
// by the reference alone, unless another journey has that reference. Rows, hashes and
// times of webhooks stay: they prove what was received.
//
// Decisions stay as they are, because they are append-only. They carry no direct
// identifier; the reason that an operator wrote stays too. Attention items stay until the
// next snapshot: they are codes. Later webhooks are recorded without their content. Erasing
// again is not an error, and erases what arrived in between. It does not reach backups, nor
// what a database has not yet vacuumed.
func (l *Ledger) Erase(ctx context.Context, account, journeyID string, at time.Time) (err error) {
	defer wrap(&err, "erasing journey")
	if account == "" || journeyID == "" || at.IsZero() {
		return errors.New("account, journey id or time is missing")
	}
	return l.inTx(ctx, func(t *transaction) {
		t.lock(lockJourney, account, journeyID)
		own := []string{journeyID}
		column := func(query, value string) []string { return listIn(t, query, []any{account, value}, itself[string]) }
		// The references belong to no other journey. The spot checks are bound to this one, or
		// bound to none and known by a reference.
		references := column(selectReferences, journeyID)
		spotChecks := column("SELECT spot_id FROM spot_checks WHERE account = $1 AND journey_id = $2", journeyID)
		for _, reference := range references {
			spotChecks = append(spotChecks, column("SELECT spot_id FROM spot_checks WHERE account = $1 AND journey_id = '' AND reference = $2", reference)...)
		}
		for _, step := range []struct {
			statement string
			values    []string // one after the other, as $2
		}{
			{scrub + "journey_id = $2", append(own, spotChecks...)},
			{scrub + byReferenceNo, references},
			{"UPDATE spot_checks SET reference = '' WHERE account = $1 AND spot_id = $2", spotChecks},
			{"DELETE FROM step_answers WHERE account = $1 AND journey_id = $2", own},
			{"DELETE FROM step_calls WHERE account = $1 AND journey_id = $2", own},
			{"DELETE FROM submissions WHERE account = $1 AND journey_id = $2", own},
			{"DELETE FROM candidates WHERE account = $1 AND kind = 'journey' AND id = $2", own},
			{"DELETE FROM withheld_webhooks WHERE account = $1 AND kind = 'journey' AND id = $2", own},
			{scrubIdempotent, own},
		} {
			for _, v := range step.values {
				t.exec(step.statement, account, v)
			}
		}
		t.scrubQuarantined(account, journeyID, references)
		t.exec(eraseJourney, account, journeyID, nanos(at))
		t.bury(account, journeyID, journey.Erased, at)
	})
}

// selectReferences searches every table, because the journey's reference may have changed
// since a row was written.
const selectReferences = `
SELECT reference FROM (
	SELECT reference FROM journeys WHERE account = $1 AND journey_id = $2
	UNION SELECT reference_no FROM webhooks WHERE account = $1 AND journey_id = $2
	UNION SELECT reference FROM spot_checks WHERE account = $1 AND journey_id = $2
) AS own WHERE reference <> '' AND NOT EXISTS (SELECT 1 FROM journeys j WHERE j.account = $1 AND j.journey_id <> $2
	AND substr(j.reference, 1, 128) = substr(own.reference, 1, 128) AND j.reference = own.reference AND j.reference <> '')`

const (
	scrub = "UPDATE webhooks SET reference_no = '', body = NULL, event = NULL, due_at = NULL WHERE account = $1 AND "
	// byReferenceNo and scrubIdempotent must match the conditions of the indexes
	// webhooks_reference and idempotency_journey.
	byReferenceNo   = "journey_id = '' AND substr(reference_no, 1, 128) = substr($2, 1, 128) AND reference_no = $2 AND reference_no <> ''"
	scrubIdempotent = "UPDATE idempotency SET body = '' WHERE account = $1 AND journey_id = $2 AND journey_id <> ''"
)

// scrubQuarantined removes quarantined bodies that contain the journey's id, but not as
// part of a longer id, or its references as JSON strings: the endpoint could not read
// which journey they concern.
func (t *transaction) scrubQuarantined(account, journeyID string, references []string) {
	words := []string{journeyID}
	for _, reference := range references {
		words = append(words, `"`+reference+`"`)
	}
	for _, word := range words {
		whole, err := regexp.Compile(`(^|[^\w.-])` + regexp.QuoteMeta(word) + `([^\w.-]|$)`)
		t.err = cmp.Or(t.err, err)
		var ids []int64
		t.each("SELECT id, body FROM webhooks WHERE account = $1 AND disposition = 'quarantine' AND "+t.dialect.contains,
			[]any{account, word}, func(rows *sql.Rows) error { // with one body at a time in memory
				var id int64
				var body []byte
				err := rows.Scan(&id, &body)
				if whole.Match(body) {
					ids = append(ids, id)
				}
				return err
			})
		for _, id := range ids {
			t.exec(scrub+"id = $2", account, id)
		}
	}
}

// eraseJourney keeps the snapshot of a journey that is erased already: it was taken
// after the erasure.
const eraseJourney = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, phase_since, tombstone)
VALUES ($1, $2, '', '', 'erased', $3, $3, 'erased')
ON CONFLICT (account, journey_id) DO UPDATE SET reference = '', registered = 0,
	snapshot = CASE WHEN old.phase = 'erased' THEN old.snapshot ELSE '' END,
	snapshot_at = CASE WHEN old.phase = 'erased' THEN old.snapshot_at ELSE 0 END`
