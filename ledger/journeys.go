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

// Journey is what the ledger knows of one journey's state.
type Journey struct {
	Account, JourneyID string
	// Reference is the customer's own reference: personal data, in no log.
	Reference string
	// Flow is the configured name of the flow; empty until the first fetch.
	Flow  string
	Phase journey.Phase
	// Review is the kind of the open review; empty if it is not known.
	Review journey.ReviewKind
	// Standing is written by SaveDecision alone.
	Standing journey.Standing
	// UpdatedAt is when Phase became true, by the clock of the process that reported it.
	UpdatedAt time.Time
}

// saveJourney keeps what a later instant reported, because retried activities may report late.
// An empty value replaces nothing. A new phase begins when it is first reported. Nothing
// changes a tombstone or a registered reference.
const saveJourney = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, review, phase_since)
VALUES ($1, $2, $3, $4, $5, $6, $7, $6)
ON CONFLICT (account, journey_id) DO UPDATE SET
	reference = CASE WHEN old.reference = '' OR (old.registered = 0 AND excluded.reference <> '' AND excluded.updated_at >= old.updated_at)
		THEN excluded.reference ELSE old.reference END,
	flow = CASE WHEN old.flow = '' OR (excluded.flow <> '' AND excluded.updated_at >= old.updated_at)
		THEN excluded.flow ELSE old.flow END,
	phase = CASE WHEN old.phase = '' OR (excluded.phase <> '' AND excluded.updated_at >= old.updated_at)
		THEN excluded.phase ELSE old.phase END,
	review = CASE WHEN excluded.review <> '' AND excluded.updated_at >= old.updated_at THEN excluded.review
		WHEN excluded.phase <> '' AND excluded.updated_at >= old.updated_at AND excluded.phase <> old.phase THEN '' ELSE old.review END,
	phase_since = CASE WHEN excluded.phase <> '' AND excluded.phase <> old.phase AND (old.phase = '' OR excluded.updated_at >= old.updated_at)
		THEN excluded.updated_at ELSE old.phase_since END,
	updated_at = CASE WHEN excluded.phase <> '' AND (old.phase = '' OR excluded.updated_at > old.updated_at) THEN excluded.updated_at ELSE old.updated_at END
WHERE old.tombstone = ''`

// SaveJourney records j, except for its Standing. An empty field overwrites nothing, nor
// does an older UpdatedAt a newer one's; the zero UpdatedAt means now. The phases ended
// and erased set a tombstone, which nothing changes.
func (l *Ledger) SaveJourney(ctx context.Context, j Journey) (err error) {
	defer wrap(&err, "saving journey")
	if j.Account == "" || j.JourneyID == "" {
		return errors.New("account or journey id is missing")
	}
	j.UpdatedAt = cmp.Or(j.UpdatedAt, time.Now())
	return l.inTx(ctx, func(t *transaction) { t.upsertJourney(j) })
}

func (t *transaction) upsertJourney(j Journey) {
	t.exec(saveJourney, j.Account, j.JourneyID, text(j.Reference), text(j.Flow), string(j.Phase), nanos(j.UpdatedAt), string(j.Review))
	if j.Phase.Final() {
		t.bury(j.Account, j.JourneyID, j.Phase, j.UpdatedAt)
	}
}

// saveSnapshot lets the newest timestamp win. If the phase is the same, the snapshot wins,
// because it has more detail. After a tombstone only a final snapshot counts.
const saveSnapshot = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, review, phase_since, snapshot, snapshot_at)
VALUES ($1, $2, '', $3, $4, $5, $6, $7, $8, $5)
ON CONFLICT (account, journey_id) DO UPDATE SET
	flow = CASE WHEN excluded.flow <> '' THEN excluded.flow ELSE old.flow END,
	phase = CASE WHEN old.phase = '' OR excluded.updated_at >= old.updated_at THEN excluded.phase ELSE old.phase END,
	review = CASE WHEN old.phase IN ('', excluded.phase) OR excluded.updated_at >= old.updated_at THEN excluded.review ELSE old.review END,
	phase_since = CASE WHEN old.phase IN ('', excluded.phase) OR excluded.updated_at >= old.updated_at THEN excluded.phase_since ELSE old.phase_since END,
	updated_at = CASE WHEN old.phase = '' OR excluded.updated_at > old.updated_at THEN excluded.updated_at ELSE old.updated_at END,
	snapshot = excluded.snapshot, snapshot_at = excluded.snapshot_at
WHERE excluded.snapshot_at >= old.snapshot_at AND (old.tombstone IN ('', excluded.phase) OR excluded.phase = 'erased')`

// SaveSnapshot makes s what the ledger shows of a journey: its phase, its open review and AML
// alerts, and what needs a person. The latest At counts, in whatever order snapshots arrive,
// and of two with the same At the later call.
//
// A phase that is ended or erased sets a tombstone, even if it arrives late. From then on only
// a final snapshot changes anything, and no review is open.
func (l *Ledger) SaveSnapshot(ctx context.Context, account, journeyID string, s journey.Snapshot) (err error) {
	defer wrap(&err, "saving snapshot")
	if account == "" || journeyID == "" || s.Phase == "" || s.At.IsZero() {
		return errors.New("account, journey id, phase or time is missing")
	}
	at, since := s.At, cmp.Or(s.Since, s.At)
	if s.Phase.Final() {
		endWaits(&s)
	}
	var review journey.ReviewKind
	if s.Review != nil {
		review = s.Review.Kind
	}
	open := reviewsOf(s)
	s.At, s.Since = time.Time{}, time.Time{} // the same snapshot at a later time is no change
	return l.inTx(ctx, func(t *transaction) {
		changed := t.exec(saveSnapshot, account, journeyID, text(s.Flow), string(s.Phase), nanos(at),
			string(review), nanos(since), document{s})
		if s.Phase.Final() {
			t.bury(account, journeyID, s.Phase, since)
		}
		if changed {
			t.replaceReviews(account, journeyID, open)
			t.replaceAttention(account, journeyID, false, s.Attention)
		}
	})
}

// endWaits removes what a journey in a final phase no longer waits for.
func endWaits(s *journey.Snapshot) { s.Review, s.Resubmission, s.Alerts = nil, nil, nil }

const register = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, registered)
VALUES ($1, $2, $3, $4, '', 0, CASE WHEN $3 = '' THEN 0 ELSE 1 END)
ON CONFLICT (account, journey_id) DO UPDATE SET
	reference = CASE WHEN excluded.registered = 1 THEN excluded.reference ELSE old.reference END,
	registered = CASE WHEN excluded.registered = 1 THEN 1 ELSE old.registered END,
	flow = CASE WHEN old.flow = '' THEN excluded.flow ELSE old.flow END
WHERE old.tombstone <> 'erased' AND (old.registered = 0 OR excluded.reference IN ('', old.reference))`

// Register records that the customer's backend knows a journey, with Reference and Flow if j
// has them; all else is ignored. From then on its reference counts, not the one in the
// vendor's result, which the user's app has chosen. It is ErrRegistered if another reference
// is registered, and ErrErased for an erased journey.
func (l *Ledger) Register(ctx context.Context, j Journey) (err error) {
	defer wrap(&err, "registering journey")
	if j.Account == "" || j.JourneyID == "" {
		return errors.New("account or journey id is missing")
	}
	changed, err := changes(ctx, l.write, register, j.Account, j.JourneyID, text(j.Reference), text(j.Flow))
	if err != nil || changed > 0 {
		return err
	}
	phase, _, err := l.Tombstone(ctx, j.Account, j.JourneyID)
	switch {
	case err != nil:
		return err
	case phase == journey.Erased:
		return ErrErased
	default:
		return ErrRegistered
	}
}

// ofReference repeats the words of the index journeys_reference.
const ofReference = "substr(reference, 1, 128) = substr($2, 1, 128) AND reference = $2 AND reference <> ''"

const selectApproved = `
SELECT journey_id FROM (
	SELECT journey_id, since, MAX(since) OVER () AS newest FROM journeys WHERE account = $1 AND ` + ofReference + ` AND outcome = $3
) AS approved WHERE since = newest ORDER BY journey_id`

// NewestApproved returns the ids of the reference's journeys that were approved last, ended
// ones included; more than one is a tie.
func (l *Ledger) NewestApproved(ctx context.Context, account, reference string) (ids []string, err error) {
	defer wrap(&err, "looking for the newest approved journey")
	return list(ctx, l.read, selectApproved, []any{account, text(reference), string(journey.OutcomeApproved)}, itself[string])
}

// DueForAudit returns up to limit settled and approved journeys of one flow that were last
// updated before the given time, the oldest first, with account, id and UpdatedAt only.
func (l *Ledger) DueForAudit(ctx context.Context, account, flow string, before time.Time, limit int) (due []Journey, err error) {
	defer wrap(&err, "reading which journeys are due for an audit")
	return list(ctx, l.read, `SELECT account, journey_id, updated_at FROM journeys
		WHERE phase = 'settled' AND outcome = 'approved' AND account = $1 AND flow = $2 AND updated_at < $3
		ORDER BY updated_at LIMIT $4`, []any{account, flow, nanos(before), limit},
		func(j *Journey) []any { return []any{&j.Account, &j.JourneyID, (*instant)(&j.UpdatedAt)} })
}

// Tombstone says whether a journey is over for good, and how: ended or erased.
func (l *Ledger) Tombstone(ctx context.Context, account, journeyID string) (phase journey.Phase, ok bool, err error) {
	defer wrap(&err, "reading tombstone")
	_, err = one(ctx, l.read, "SELECT tombstone FROM journeys WHERE account = $1 AND journey_id = $2", []any{account, journeyID}, &phase)
	return phase, phase != "", err
}

// A journey that has ended may still be erased; nothing else follows a tombstone.
const setTombstone = `
UPDATE journeys SET tombstone = $3, phase = $3, review = '',
	phase_since = CASE WHEN phase = $3 THEN phase_since ELSE $4 END,
	updated_at = CASE WHEN updated_at < $4 THEN $4 ELSE updated_at END
WHERE account = $1 AND journey_id = $2 AND tombstone <> $3 AND tombstone <> 'erased'`

// bury sets the tombstone of a journey that is in the ledger, and ends its reviews.
func (t *transaction) bury(account, journeyID string, phase journey.Phase, at time.Time) {
	t.exec(setTombstone, account, journeyID, string(phase), nanos(at))
	t.replaceReviews(account, journeyID, nil)
}

// mustLive fails with ErrErased if the journey was erased. Otherwise it is not erased
// before the transaction ends.
func (t *transaction) mustLive(account, journeyID string) {
	var phase journey.Phase
	t.one("SELECT tombstone FROM journeys WHERE account = $1 AND journey_id = $2 "+t.dialect.share, []any{account, journeyID}, &phase)
	if phase == journey.Erased {
		t.err = ErrErased
	}
}

// View is all that the ledger shows of a journey without asking Temporal.
type View struct {
	Journey
	// Snapshot is the latest, with the Phase of Journey and its Since, which may be newer.
	// The rest is zero until the first snapshot arrives.
	Snapshot journey.Snapshot
	// Version rises whenever anything else in this struct changes, except for
	// Journey.UpdatedAt and Snapshot.At, which only say when it was last confirmed.
	Version int64
}

// In selectViews the columns after snapshot replace what the document has for them.
const selectViews = `
SELECT account, journey_id, reference, flow, phase, review, outcome, sequence, since, updated_at,
	snapshot, phase_since, snapshot_at, version
FROM journeys WHERE account = $1 AND `

const byReference = ofReference + " ORDER BY phase_since DESC, journey_id"

// View returns what is shown of a journey, or ErrNotFound. A journey that was only
// registered awaits its user's steps.
func (l *Ledger) View(ctx context.Context, account, journeyID string) (v View, err error) {
	defer wrap(&err, "reading journey")
	views, err := l.views(ctx, "journey_id = $2", account, journeyID)
	if err != nil || len(views) == 0 {
		return v, cmp.Or(err, ErrNotFound)
	}
	return views[0], nil
}

// Journey returns what is known of a journey, or ErrNotFound.
func (l *Ledger) Journey(ctx context.Context, account, journeyID string) (Journey, error) {
	v, err := l.View(ctx, account, journeyID)
	return v.Journey, err
}

// ByReference returns an account's journeys with this reference; the one whose phase is
// the newest comes first. No journey has the empty reference.
func (l *Ledger) ByReference(ctx context.Context, account, reference string) (views []View, err error) {
	defer wrap(&err, "reading the journeys of a reference")
	return l.views(ctx, byReference, account, text(reference))
}

func (l *Ledger) views(ctx context.Context, where, account, value string) ([]View, error) {
	views, err := list(ctx, l.read, selectViews+where, []any{account, value}, func(v *View) []any {
		return []any{&v.Account, &v.JourneyID, &v.Reference, &v.Flow, &v.Phase, &v.Review,
			&v.Standing.Outcome, &v.Standing.Sequence, (*instant)(&v.Standing.Since), (*instant)(&v.UpdatedAt),
			document{&v.Snapshot}, (*instant)(&v.Snapshot.Since), (*instant)(&v.Snapshot.At), &v.Version}
	})
	for i := range views {
		v := &views[i]
		v.Phase = cmp.Or(v.Phase, journey.AwaitingUserSteps)
		v.Snapshot.Phase = v.Phase
		if v.Phase.Final() { // whatever the last snapshot showed
			endWaits(&v.Snapshot)
		}
	}
	return views, err
}

// Erase removes the personal data of a journey and leaves a tombstone: its reference, the
// content of its webhooks, its step answers and submissions, the answers kept for idempotency,
// and the references of its spot checks. It also scrubs webhooks and spot checks that are
// known by the reference alone, unless another journey has that reference.
//
// Rows, hashes and times of webhooks stay, as proof; decisions stay, with an operator's
// reasons. Later webhooks are recorded without their content. Erasing again erases what
// arrived in between. Backups are not reached, nor what a database has not yet vacuumed.
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

// scrubQuarantined removes quarantined bodies that contain the journey's id as a whole, or its
// references as JSON strings: the endpoint could not read whose they are.
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

// eraseJourney keeps a snapshot that was taken after an earlier erasure.
const eraseJourney = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, phase_since, tombstone)
VALUES ($1, $2, '', '', 'erased', $3, $3, 'erased')
ON CONFLICT (account, journey_id) DO UPDATE SET reference = '', registered = 0,
	snapshot = CASE WHEN old.phase = 'erased' THEN old.snapshot ELSE '' END,
	snapshot_at = CASE WHEN old.phase = 'erased' THEN old.snapshot_at ELSE 0 END`
