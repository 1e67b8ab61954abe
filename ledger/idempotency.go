package ledger

import (
	"cmp"
	"context"
	"errors"
	"time"

	"idjourney/journey"
)

// ErrKeyReused says that the key was used for another request.
var ErrKeyReused = errors.New("the idempotency key was used for another request")

// ErrInProgress says that the first request with this key has not been answered yet.
var ErrInProgress = errors.New("the first request with this idempotency key is still in progress")

const (
	keepKeys = 24 * time.Hour
	// cutOffAfter is when the process of an unfinished request is assumed to have died.
	cutOffAfter = 5 * time.Minute
)

// StoredAnswer is what the first request with an idempotency key was answered.
type StoredAnswer struct {
	Status int
	Body   []byte
}

// claimKey also takes over a request that was cut off.
const claimKey = `
INSERT INTO idempotency AS old (account, token, key_hash, request_hash, begun_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account, token, key_hash) DO UPDATE SET begun_at = excluded.begun_at
WHERE old.status = 0 AND old.request_hash = excluded.request_hash AND old.begun_at <= $6`

const selectAnswer = `
SELECT i.request_hash, i.status, i.body, COALESCE(j.tombstone, '')
FROM idempotency i LEFT JOIN journeys j ON j.account = i.account AND j.journey_id = i.journey_id
WHERE i.account = $1 AND i.token = $2 AND i.key_hash = $3`

const expireKeys = "DELETE FROM idempotency WHERE account = $1 AND begun_at <= $2"

// IdempotentRequest is a request that is to be done once.
type IdempotentRequest struct {
	// Account and Token (its name) say who asks; Key is the caller's.
	Account, Token, Key string
	// Hash tells the request from others with the same key.
	Hash string
}

// BeginIdempotent claims the key of a request at the instant at. It returns nil and no
// error to the caller that may do the work; the stored answer if the work was done
// before; ErrErased if the journey that was the answer has been erased since;
// ErrKeyReused if the key came with another request; ErrInProgress if that request is
// not finished. A key is kept for 24 hours, as a hash; a request that was neither
// finished nor released counts as cut off after 5 minutes.
func (l *Ledger) BeginIdempotent(ctx context.Context, r IdempotentRequest, at time.Time) (answer *StoredAnswer, err error) {
	defer wrap(&err, "claiming idempotency key")
	var stored StoredAnswer
	err = l.inTx(ctx, func(t *transaction) {
		t.exec(expireKeys, r.Account, nanos(at.Add(-keepKeys)))
		if t.exec(claimKey, append(r.key(), r.Hash, nanos(at), nanos(at.Add(-cutOffAfter)))...) {
			return
		}
		answer = &stored
		var hash string
		var tombstone journey.Phase
		found := t.one(selectAnswer, r.key(), &hash, &stored.Status, &stored.Body, &tombstone)
		switch {
		case !found:
			t.err = cmp.Or(t.err, ErrNotFound)
		case hash != r.Hash:
			t.err = ErrKeyReused
		case stored.Status == 0:
			t.err = ErrInProgress
		case tombstone == journey.Erased:
			t.err = ErrErased
		}
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// FinishIdempotent keeps the answer, whose body is text, for a repeated request. The first
// answer stays. journeyID is the journey that it concerns; empty if none.
func (l *Ledger) FinishIdempotent(ctx context.Context, r IdempotentRequest, journeyID string, status int, body []byte) (err error) {
	defer wrap(&err, "keeping the answer to an idempotent request")
	if status == 0 {
		return errors.New("the status is missing")
	}
	return exec(ctx, l.write, "UPDATE idempotency SET status = $4, body = $5, journey_id = $6 WHERE "+ofUnfinished,
		append(r.key(), status, text(string(body)), text(journeyID))...)
}

// ReleaseIdempotent frees the key of a request that had no effect, so that the request can
// be repeated at once.
func (l *Ledger) ReleaseIdempotent(ctx context.Context, r IdempotentRequest) (err error) {
	defer wrap(&err, "releasing idempotency key")
	return exec(ctx, l.write, "DELETE FROM idempotency WHERE "+ofUnfinished, r.key()...)
}

const ofUnfinished = "account = $1 AND token = $2 AND key_hash = $3 AND status = 0"

// key is the primary key of the request's row. The caller may have put personal data into
// its key, so only the hash is kept.
func (r IdempotentRequest) key() []any {
	return []any{r.Account, r.Token, hexHash([]byte(r.Key))}
}
