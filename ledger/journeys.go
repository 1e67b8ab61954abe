package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"idjourney/journey"
)

// ErrErased says that the journey's personal data was erased, so that nothing more
// is recorded of it.
var ErrErased = errors.New("the journey was erased")

// ErrRegistered says that the journey is registered with another reference.
var ErrRegistered = errors.New("the journey is registered with another reference")

// Journey is what the ledger knows of one journey without asking Temporal.
type Journey struct {
	Account, JourneyID string
	// Reference is the customer's own reference: personal data, in no log.
	Reference string
	// Flow is the flow, by the configuration's name for it; empty until the first fetch.
	Flow  string
	Phase journey.Phase
	// Review is the kind of the review that is open, empty where that is not known.
	Review journey.ReviewKind
	// Standing is written by SaveDecision alone.
	Standing journey.Standing
	// UpdatedAt is when Phase became true, by the clock of the process that reported it.
	UpdatedAt time.Time
}

// saveJourney never replaces what a later instant said: answers of retried activities
// may come late. Unknown ("") never replaces known. A new phase begins when it is first
// heard of, with no review until one is reported. Nothing changes a tombstone, nor the
// reference that the customer's backend registered.
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

// SaveJourney records j, except for its Standing. Empty fields never overwrite
// known ones, nor does an older UpdatedAt a newer one's; the zero UpdatedAt means
// now. The phases ended and erased set a tombstone, which nothing changes.
func (l *Ledger) SaveJourney(ctx context.Context, j Journey) (err error) {
	defer wrap(&err, "saving journey")
	if j.Account == "" || j.JourneyID == "" {
		return errors.New("account or journey id is missing")
	}
	if j.UpdatedAt.IsZero() {
		j.UpdatedAt = time.Now()
	}
	return l.inTx(ctx, func(tx *sql.Tx) error { return upsertJourney(ctx, tx, j) })
}

func upsertJourney(ctx context.Context, tx *sql.Tx, j Journey) error {
	err := exec(ctx, tx, saveJourney, j.Account, j.JourneyID, text(j.Reference), text(j.Flow),
		string(j.Phase), nanos(j.UpdatedAt), string(j.Review))
	if err != nil || !final(j.Phase) {
		return err
	}
	return bury(ctx, tx, j.Account, j.JourneyID, j.Phase, j.UpdatedAt)
}

// Journey returns what is known of a journey, or ErrNotFound.
func (l *Ledger) Journey(ctx context.Context, account, journeyID string) (j Journey, err error) {
	defer wrap(&err, "reading journey")
	j = Journey{Account: account, JourneyID: journeyID}
	err = theOne(ctx, l.read, `SELECT reference, flow, phase, review, outcome, sequence, since, updated_at
		FROM journeys WHERE account = $1 AND journey_id = $2`, []any{account, journeyID}, &j.Reference, &j.Flow, &j.Phase,
		&j.Review, &j.Standing.Outcome, &j.Standing.Sequence, (*instant)(&j.Standing.Since), (*instant)(&j.UpdatedAt))
	return j, err
}

const register = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, registered)
VALUES ($1, $2, $3, $4, '', 0, $5)
ON CONFLICT (account, journey_id) DO UPDATE SET
	reference = CASE WHEN excluded.registered = 1 THEN excluded.reference ELSE old.reference END,
	registered = CASE WHEN excluded.registered = 1 THEN 1 ELSE old.registered END,
	flow = CASE WHEN old.flow = '' THEN excluded.flow ELSE old.flow END
WHERE old.tombstone <> 'erased' AND (old.registered = 0 OR excluded.reference IN ('', old.reference))
RETURNING account`

// Register records that the customer's backend knows a journey: Account and
// JourneyID, and Reference and Flow if it names them; all else of j is ignored.
// From then on the reference is the backend's, whatever the vendor's result shows,
// because that one was chosen by the user's app. Registering the journey with another
// reference is ErrRegistered, a journey that was erased is ErrErased.
func (l *Ledger) Register(ctx context.Context, j Journey) (err error) {
	defer wrap(&err, "registering journey")
	if j.Account == "" || j.JourneyID == "" {
		return errors.New("account or journey id is missing")
	}
	registered := 0
	if j.Reference != "" {
		registered = 1
	}
	var account string
	taken, err := one(ctx, l.write, register, []any{j.Account, j.JourneyID, text(j.Reference), text(j.Flow), registered}, &account)
	if err != nil || taken {
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

// NewestApproved returns the ids of the reference's journeys whose standing is
// approved since the newest instant; more than one is a tie. Journeys that have ended
// are among them, because IDWise does not know that they have.
func (l *Ledger) NewestApproved(ctx context.Context, account, reference string) (ids []string, err error) {
	defer wrap(&err, "looking for the newest approved journey")
	return list(ctx, l.read, selectApproved, []any{account, text(reference), string(journey.OutcomeApproved)}, itself[string])
}

// DueForAudit returns up to limit settled journeys of one flow that stand approved
// and of which nothing has been heard since before, the longest silent first. Only
// account, id and UpdatedAt are filled in.
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

// final says which phases set a tombstone.
func final(p journey.Phase) bool { return p == journey.Ended || p == journey.Erased }

// What has ended may still be erased; nothing else follows a tombstone.
const setTombstone = `
UPDATE journeys SET tombstone = $3, phase = $3, review = '',
	phase_since = CASE WHEN phase = $3 THEN phase_since ELSE $4 END,
	updated_at = CASE WHEN updated_at < $4 THEN $4 ELSE updated_at END
WHERE account = $1 AND journey_id = $2 AND tombstone <> $3 AND tombstone <> 'erased'`

// bury sets the tombstone of a journey that is in the ledger, and ends its reviews.
func bury(ctx context.Context, tx *sql.Tx, account, journeyID string, phase journey.Phase, at time.Time) error {
	if err := exec(ctx, tx, setTombstone, account, journeyID, string(phase), nanos(at)); err != nil {
		return err
	}
	return replaceReviews(ctx, tx, account, journeyID, nil)
}

// mustLive fails with ErrErased if the journey was erased; within the transaction it
// then stays so.
func (l *Ledger) mustLive(ctx context.Context, tx *sql.Tx, account, journeyID string) error {
	var phase journey.Phase
	_, err := one(ctx, tx, "SELECT tombstone FROM journeys WHERE account = $1 AND journey_id = $2 "+l.dialect.share,
		[]any{account, journeyID}, &phase)
	if err == nil && phase == journey.Erased {
		err = ErrErased
	}
	return err
}
