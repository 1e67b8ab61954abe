package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"idjourney/journey"
)

// Erase removes the personal data of a journey and leaves a tombstone. It scrubs the
// reference, the bodies, references and events of its webhooks, its step answers and
// submissions, the answers kept for idempotency that name it, and the references of
// the spot checks bound to it; it goes on to webhooks and spot checks that are known
// by the reference alone, unless another journey has that reference too. Rows,
// hashes and times of webhooks stay: they prove what was received.
//
// Decisions stay as they are, since they are append-only: they carry no direct
// identifier, and whatever an operator wrote as a reason stays too. Webhooks that
// come later are recorded without their content. Erasing again is not an error, and
// erases what came in between. Backups and what a database has not yet vacuumed are
// beyond it.
func (l *Ledger) Erase(ctx context.Context, account, journeyID string, at time.Time) (err error) {
	defer wrap(&err, "erasing journey")
	if account == "" || journeyID == "" || at.IsZero() {
		return errors.New("account, journey id or time is missing")
	}
	return l.inTx(ctx, func(tx *sql.Tx) error {
		if err := takeLock(ctx, tx, l.dialect.lockJourney, account, journeyID); err != nil {
			return err
		}
		e := erasure{tx: tx, names: l.dialect.names, account: account, journeyID: journeyID}
		for _, step := range []func(context.Context) error{e.findReferences, e.findSpotChecks, e.scrubWebhooks, e.scrubQuarantined, e.scrubAnswers} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return e.leaveTombstone(ctx, at)
	})
}

// erasure is one erasure within its transaction.
type erasure struct {
	tx                        *sql.Tx
	names, account, journeyID string
	// references belong to no other journey; spotChecks are the ids of the spot checks
	// bound to this one.
	references, spotChecks []string
}

// forEach runs a statement for each value, with the account as $1 and the value as $2.
func (e *erasure) forEach(ctx context.Context, statement string, values ...string) error {
	for _, v := range values {
		if err := exec(ctx, e.tx, statement, e.account, v); err != nil {
			return err
		}
	}
	return nil
}

// strings reads a column of an account's rows.
func (e *erasure) strings(ctx context.Context, query string, more ...any) ([]string, error) {
	return list(ctx, e.tx, query, append([]any{e.account}, more...), itself[string])
}

// findReferences collects the references from every table: the journey's own may have
// changed since they were written.
func (e *erasure) findReferences(ctx context.Context) error {
	all, err := e.strings(ctx, `
		SELECT reference FROM journeys WHERE account = $1 AND journey_id = $2 AND reference <> ''
		UNION SELECT reference_no FROM webhooks WHERE account = $1 AND journey_id = $2 AND reference_no <> ''
		UNION SELECT reference FROM spot_checks WHERE account = $1 AND journey_id = $2 AND reference <> ''`, e.journeyID)
	if err != nil {
		return err
	}
	for _, reference := range all {
		others, err := e.strings(ctx, "SELECT journey_id FROM journeys WHERE account = $1 AND "+ofReference+" AND journey_id <> $3 LIMIT 1",
			reference, e.journeyID)
		if err != nil {
			return err
		}
		if len(others) == 0 {
			e.references = append(e.references, reference)
		}
	}
	return nil
}

func (e *erasure) findSpotChecks(ctx context.Context) error {
	var err error
	e.spotChecks, err = e.strings(ctx, "SELECT spot_id FROM spot_checks WHERE account = $1 AND journey_id = $2", e.journeyID)
	for _, reference := range e.references {
		if err != nil {
			return err
		}
		var unbound []string
		unbound, err = e.strings(ctx, "SELECT spot_id FROM spot_checks WHERE account = $1 AND journey_id = '' AND reference = $2", reference)
		e.spotChecks = append(e.spotChecks, unbound...)
	}
	return err
}

const scrub = "UPDATE webhooks SET reference_no = '', body = NULL, event = NULL, due_at = NULL WHERE account = $1 AND "

// byReferenceNo must match the condition of the index webhooks_reference.
const byReferenceNo = "journey_id = '' AND substr(reference_no, 1, 128) = substr($2, 1, 128) AND reference_no = $2 AND reference_no <> ''"

func (e *erasure) scrubWebhooks(ctx context.Context) error {
	if err := e.forEach(ctx, scrub+"journey_id = $2", append([]string{e.journeyID}, e.spotChecks...)...); err != nil {
		return err
	}
	return e.forEach(ctx, scrub+byReferenceNo, e.references...)
}

// scrubQuarantined removes quarantined bodies that contain the journey's id, or its
// references as JSON strings: the endpoint could not read which journey they concern.
func (e *erasure) scrubQuarantined(ctx context.Context) error {
	words := []string{e.journeyID}
	for _, reference := range e.references {
		words = append(words, `"`+reference+`"`)
	}
	var ids []int64
	for _, word := range words {
		// One body at a time is in memory.
		err := each(ctx, e.tx, "SELECT id, body FROM webhooks WHERE account = $1 AND disposition = 'quarantine' AND "+e.names,
			[]any{e.account, word}, func(rows *sql.Rows) error {
				var id int64
				var body []byte
				err := rows.Scan(&id, &body)
				if hasWord(body, []byte(word)) {
					ids = append(ids, id)
				}
				return err
			})
		if err != nil {
			return err
		}
	}
	for _, id := range ids {
		if err := exec(ctx, e.tx, scrub+"id = $2", e.account, id); err != nil {
			return err
		}
	}
	return nil
}

// hasWord reports whether body contains word outside of a longer id.
func hasWord(body, word []byte) bool {
	for at := 0; ; at++ {
		next := bytes.Index(body[at:], word)
		if next < 0 {
			return false
		}
		at += next
		if !endsInID(body[:at]) && !beginsInID(body[at+len(word):]) {
			return true
		}
	}
}

func beginsInID(b []byte) bool { return len(b) > 0 && inID(b[0]) }
func endsInID(b []byte) bool   { return len(b) > 0 && inID(b[len(b)-1]) }

// inID says whether a vendor's id may contain c.
func inID(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '.' || c == '_' || c == '-'
}

// scrubIdempotent must match the condition of the index idempotency_journey.
const scrubIdempotent = "UPDATE idempotency SET body = '' WHERE account = $1 AND journey_id = $2 AND journey_id <> ''"

func (e *erasure) scrubAnswers(ctx context.Context) error {
	if err := e.forEach(ctx, "UPDATE spot_checks SET reference = '' WHERE account = $1 AND spot_id = $2", e.spotChecks...); err != nil {
		return err
	}
	for _, table := range []string{"step_answers", "step_calls", "submissions"} {
		if err := e.forEach(ctx, "DELETE FROM "+table+" WHERE account = $1 AND journey_id = $2", e.journeyID); err != nil {
			return err
		}
	}
	for _, table := range []string{"candidates", "withheld_webhooks"} {
		if err := e.forEach(ctx, "DELETE FROM "+table+" WHERE account = $1 AND kind = 'journey' AND id = $2", e.journeyID); err != nil {
			return err
		}
	}
	return e.forEach(ctx, scrubIdempotent, e.journeyID)
}

// eraseJourney keeps the snapshot of a journey that is erased already: it was taken
// after the erasure.
const eraseJourney = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, phase_since, tombstone)
VALUES ($1, $2, '', '', 'erased', $3, $3, 'erased')
ON CONFLICT (account, journey_id) DO UPDATE SET reference = '', registered = 0,
	snapshot = CASE WHEN old.phase = 'erased' THEN old.snapshot ELSE '' END,
	snapshot_at = CASE WHEN old.phase = 'erased' THEN old.snapshot_at ELSE 0 END`

// leaveTombstone keeps the attention items: they are codes, and the next snapshot
// replaces them.
func (e *erasure) leaveTombstone(ctx context.Context, at time.Time) error {
	if err := exec(ctx, e.tx, eraseJourney, e.account, e.journeyID, nanos(at)); err != nil {
		return err
	}
	return bury(ctx, e.tx, e.account, e.journeyID, journey.Erased, at)
}
