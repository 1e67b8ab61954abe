package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// ErrKeyReused says that the key came before with another request.
var ErrKeyReused = errors.New("the idempotency key was used for another request")

// ErrInProgress says that the first request with this key has not been answered yet.
var ErrInProgress = errors.New("the first request with this idempotency key is still in progress")

const (
	// keepKeys is how long an answer can be asked for again.
	keepKeys = 24 * time.Hour
	// cutOffAfter is when an unfinished request is taken for one whose process died.
	cutOffAfter = 5 * time.Minute
)

// StoredAnswer is what the first request with an idempotency key was answered.
type StoredAnswer struct {
	Status int
	// Body is empty if what it was about has been erased.
	Body []byte
}

// claimKey also takes over what was cut off.
const claimKey = `
INSERT INTO idempotency AS old (token, key_hash, request_hash, begun_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (token, key_hash) DO UPDATE SET begun_at = excluded.begun_at
WHERE old.status = 0 AND old.request_hash = excluded.request_hash AND old.begun_at <= $5
RETURNING status`

// BeginIdempotent claims key for a request of the caller that is named token. It
// returns nil and no error to the one that may do the work; the stored answer if the
// work was done before; ErrKeyReused if that was another request; ErrInProgress if it
// is not finished. A key is kept for 24 hours, of which only a hash; a request that
// was begun and neither finished nor released is taken for cut off after 5 minutes.
func (l *Ledger) BeginIdempotent(ctx context.Context, token, key, requestHash string, at time.Time) (*StoredAnswer, error) {
	var answer *StoredAnswer
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM idempotency WHERE begun_at <= $1", nanos(at.Add(-keepKeys)))
		if err != nil {
			return err
		}
		var status int
		var known, body string
		fresh, err := one(ctx, tx, claimKey, []any{token, hashOf(key), requestHash, nanos(at), nanos(at.Add(-cutOffAfter))}, &status)
		if err != nil || fresh {
			return err
		}
		_, err = one(ctx, tx, "SELECT request_hash, status, body FROM idempotency WHERE token = $1 AND key_hash = $2",
			[]any{token, hashOf(key)}, &known, &status, &body)
		switch {
		case err != nil:
			return err
		case known != requestHash:
			return ErrKeyReused
		case status == 0:
			return ErrInProgress
		default:
			answer = &StoredAnswer{Status: status, Body: []byte(body)}
			return nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("claiming idempotency key: %w", err)
	}
	return answer, nil
}

// FinishIdempotent keeps the answer, whose body is text, for whoever asks again. The
// first answer stays.
func (l *Ledger) FinishIdempotent(ctx context.Context, token, key string, status int, body []byte) error {
	if status == 0 {
		return errors.New("keeping answer: the status is missing")
	}
	_, err := l.write.ExecContext(ctx, "UPDATE idempotency SET status = $1, body = $2 WHERE token = $3 AND key_hash = $4 AND status = 0",
		status, text(string(body)), token, hashOf(key))
	if err != nil {
		return fmt.Errorf("keeping answer: %w", err)
	}
	return nil
}

// ReleaseIdempotent gives a key back whose request had no effect, so that it can be
// tried again at once.
func (l *Ledger) ReleaseIdempotent(ctx context.Context, token, key string) error {
	_, err := l.write.ExecContext(ctx, "DELETE FROM idempotency WHERE token = $1 AND key_hash = $2 AND status = 0", token, hashOf(key))
	if err != nil {
		return fmt.Errorf("releasing idempotency key: %w", err)
	}
	return nil
}

// hashOf hides a key, into which the caller may have put anything.
func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
