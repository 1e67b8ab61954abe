package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Anyone who knows a webhook secret can invent journey ids, and the first webhook of an id
// starts a workflow. Screening limits how many candidates, journeys or spot checks that the
// vendor has not confirmed, an account may have started. Beyond it, webhooks about new ones
// are withheld (no due_at, no forwarded_at, a row in withheld_webhooks) until the vendor
// confirms the candidate or the ledger learns of it in another way.

// ErrWithheld is what a ForwardFunc returns for a webhook that Admit has withheld.
var ErrWithheld = errors.New("the webhook is withheld until the vendor confirms its journey")

// Candidate names the journey or spot check that a webhook concerns.
type Candidate struct {
	Account   string
	SpotCheck bool // ID is a spot check's
	ID        string
}

// key is the primary key of the candidate's row.
func (c Candidate) key() []any {
	kind := "journey"
	if c.SpotCheck {
		kind = "spot_check"
	}
	return []any{c.Account, kind, c.ID}
}

// Screening says which candidates are admitted without asking the vendor.
type Screening struct {
	// Limit is how many unconfirmed candidates an account may have started since Since.
	Limit int
	Since time.Time
}

// Screened is a withheld candidate that the vendor is to be asked about now.
type Screened struct {
	Candidate
	// Since is when its first webhook was withheld.
	Since time.Time
}

const (
	ofCandidate = "account = $1 AND kind = $2 AND id = $3"

	// confirmed says of a row s that the vendor's answer about the candidate is in the
	// ledger, or that the customer's backend has registered the journey.
	confirmed = `(s.kind = 'journey' AND EXISTS (SELECT 1 FROM journeys j WHERE j.account = s.account AND j.journey_id = s.id
			AND (j.flow <> '' OR j.reference <> '' OR j.registered = 1 OR j.sequence > 0))
		OR s.kind = 'spot_check' AND EXISTS (SELECT 1 FROM spot_checks c WHERE c.account = s.account AND c.spot_id = s.id))`

	selectConfirmed = `SELECT 1 FROM (SELECT CAST($1 AS TEXT) AS account, CAST($2 AS TEXT) AS kind, CAST($3 AS TEXT) AS id) s
		WHERE ` + confirmed

	countStarted = `SELECT COUNT(*) FROM candidates s WHERE s.account = $1 AND s.state = 'started' AND s.since > $2 AND NOT ` + confirmed

	insertStarted = `INSERT INTO candidates (account, kind, id, state, since) VALUES ($1, $2, $3, 'started', $4)
		ON CONFLICT (account, kind, id) DO NOTHING`

	// upsertWaiting asks once more about an unknown one when another webhook names it.
	upsertWaiting = `INSERT INTO candidates AS old (account, kind, id, state, since, ask_at) VALUES ($1, $2, $3, 'waiting', $4, $4)
		ON CONFLICT (account, kind, id) DO UPDATE SET state = 'waiting', ask_at = excluded.ask_at WHERE old.state = 'unknown'`

	insertWithheld = `INSERT INTO withheld_webhooks (webhook_id, account, kind, id) VALUES ($4, $1, $2, $3)
		ON CONFLICT (webhook_id) DO NOTHING`
)

// Admit returns nil if w may start or wake the workflow of its candidate, and
// ErrWithheld if it has to wait until the vendor is asked.
func (l *Ledger) Admit(ctx context.Context, w Webhook, of Candidate, rule Screening) (err error) {
	defer wrap(&err, "screening a webhook")
	var found int
	if known, err := one(ctx, l.read, selectConfirmed, of.key(), &found); err != nil || known {
		return err
	}
	admitted := false
	err = l.inTx(ctx, func(t *transaction) {
		if admitted = t.admit(of, rule); admitted {
			return
		}
		// The webhook is taken from the forwarder in the transaction that makes its candidate
		// wait, so that no release happens in between.
		t.exec(upsertWaiting, append(of.key(), time.Now().UnixNano())...)
		t.exec(insertWithheld, append(of.key(), w.ID)...)
		t.exec("UPDATE webhooks SET due_at = NULL WHERE account = $1 AND id = $2 AND forwarded_at IS NULL", of.Account, w.ID)
	})
	if err == nil && !admitted {
		err = ErrWithheld
	}
	return err
}

func (t *transaction) admit(of Candidate, rule Screening) bool {
	var state string
	if t.one("SELECT state FROM candidates WHERE "+ofCandidate, of.key(), &state) {
		return state == "started" || state == "known"
	}
	if t.started(of.Account, rule) >= rule.Limit {
		return false
	}
	t.exec(insertStarted, append(of.key(), time.Now().UnixNano())...)
	return true
}

// started counts the account's unconfirmed candidates that the rule counts.
func (t *transaction) started(account string, rule Screening) (count int) {
	t.one(countStarted, []any{account, nanos(rule.Since)}, &count)
	return count
}

// claimScreened moves ask_at on, so that two starters do not ask at once. Candidates that were
// never asked about come first: invented ones must not delay a real one.
const claimScreened = `
WITH due AS MATERIALIZED (
	SELECT account, kind, id FROM candidates
	WHERE account = $1 AND state = 'waiting' AND ask_at <= $2 ORDER BY asked, ask_at LIMIT $3 %s
)
UPDATE candidates SET ask_at = $4, asked = asked + 1
WHERE (account, kind, id) IN (SELECT account, kind, id FROM due)
RETURNING account, kind = 'spot_check', id, since`

// ClaimScreened returns up to limit of the account's withheld candidates to ask the vendor
// about. Each is due again after lease, unless Release, MarkUnknown or AskAgain comes first.
func (l *Ledger) ClaimScreened(ctx context.Context, account string, limit int, lease time.Duration) (claims []Screened, err error) {
	defer wrap(&err, "claiming candidates to screen")
	now := time.Now()
	return list(ctx, l.write, fmt.Sprintf(claimScreened, l.dialect.skipLocked), []any{account, now.UnixNano(), limit, now.Add(lease).UnixNano()},
		func(s *Screened) []any { return []any{&s.Account, &s.SpotCheck, &s.ID, (*instant)(&s.Since)} })
}

// Release makes the candidate's withheld webhooks due: the vendor knows it.
func (l *Ledger) Release(ctx context.Context, of Candidate) (err error) {
	defer wrap(&err, "releasing withheld webhooks")
	return l.inTx(ctx, func(t *transaction) { t.release(of, "known") })
}

// releaseWithheld skips webhooks that have lost their event to an erasure or to their age.
const releaseWithheld = `
UPDATE webhooks SET due_at = $4 WHERE forwarded_at IS NULL AND event IS NOT NULL
	AND id IN (SELECT webhook_id FROM withheld_webhooks WHERE ` + ofCandidate + `)`

func (t *transaction) release(of Candidate, state string) {
	now := time.Now().UnixNano()
	t.exec("UPDATE candidates SET state = $4, since = $5, ask_at = NULL WHERE "+ofCandidate, append(of.key(), state, now)...)
	t.exec(releaseWithheld, append(of.key(), now)...)
	t.exec("DELETE FROM withheld_webhooks WHERE "+ofCandidate, of.key()...)
}

// AskAgain lets the vendor be asked about the candidate again after wait.
func (l *Ledger) AskAgain(ctx context.Context, of Candidate, wait time.Duration) (err error) {
	defer wrap(&err, "putting a question about a candidate off")
	return exec(ctx, l.write, "UPDATE candidates SET ask_at = $4 WHERE state = 'waiting' AND "+ofCandidate, append(of.key(), time.Now().Add(wait).UnixNano())...)
}

// MarkUnknown keeps the webhooks of a candidate that the vendor does not know withheld, until
// another webhook names it or the ledger learns of it.
func (l *Ledger) MarkUnknown(ctx context.Context, of Candidate) (err error) {
	defer wrap(&err, "marking a candidate as unknown")
	return exec(ctx, l.write, "UPDATE candidates SET state = 'unknown', ask_at = NULL WHERE state = 'waiting' AND "+ofCandidate, of.key()...)
}

const forgetCandidates = `
DELETE FROM candidates WHERE account = $1 AND state IN ('started', 'known') AND (since <= $2
	OR (account, kind, id) IN (SELECT s.account, s.kind, s.id FROM candidates s WHERE s.account = $1 AND s.state IN ('started', 'known') AND ` + confirmed + `))`

// TidyScreening releases the account's withheld candidates that the ledger has learned of, and
// forgets those that no longer count. Below half the limit it also releases the oldest that
// were never asked about, because real journeys wait after an outage of the vendor. released
// says that webhooks have become due.
func (l *Ledger) TidyScreening(ctx context.Context, account string, rule Screening) (released bool, err error) {
	defer wrap(&err, "tidying screened candidates")
	err = l.inTx(ctx, func(t *transaction) {
		t.exec(forgetCandidates, account, nanos(rule.Since))
		started := t.started(account, rule)
		known := t.candidates(account, "s.state IN ('waiting', 'unknown') AND "+confirmed, tidyBatch)
		unasked := t.candidates(account, "s.state = 'waiting' AND s.asked = 0", rule.Limit/2-started)
		for _, of := range known {
			t.release(of, "known")
		}
		for _, of := range unasked {
			t.release(of, "started")
		}
		released = len(known)+len(unasked) > 0
	})
	return err == nil && released, err
}

// tidyBatch bounds one transaction; the rest follows with the next pass.
const tidyBatch = 500

// candidates lists up to limit of the account's candidates, the oldest first.
func (t *transaction) candidates(account, condition string, limit int) []Candidate {
	return listIn(t, "SELECT s.account, s.kind = 'spot_check', s.id FROM candidates s WHERE s.account = $1 AND "+condition+" ORDER BY s.since LIMIT $2",
		[]any{account, max(limit, 0)}, func(of *Candidate) []any { return []any{&of.Account, &of.SpotCheck, &of.ID} })
}
