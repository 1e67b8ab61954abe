package ledger

import (
	"context"
	"errors"
	"time"
)

// ErrKeyReused says that the key came before with another request.
var ErrKeyReused = errors.New("the idempotency key was used for another request")

// ErrInProgress says that the first request with this key has not been answered yet.
var ErrInProgress = errors.New("the first request with this idempotency key is still in progress")

// StoredAnswer is what the first request with an idempotency key was answered.
type StoredAnswer struct {
	Status int
	// Body is empty if what it was about has been erased.
	Body []byte
}

// BeginIdempotent claims key for a request of the caller that is named token. It
// returns nil and no error to the one that may do the work; the stored answer if the
// work was done before; ErrKeyReused if that was another request; ErrInProgress if it
// is not finished. A key is kept for 24 hours, of which only a hash; a request that
// was begun and neither finished nor released is taken for cut off after 5 minutes.
func (l *Ledger) BeginIdempotent(ctx context.Context, token, key, requestHash string, at time.Time) (*StoredAnswer, error) {
	return nil, errUnbuilt
}

// FinishIdempotent keeps the answer for whoever asks again. The first answer stays.
func (l *Ledger) FinishIdempotent(ctx context.Context, token, key string, status int, body []byte) error {
	return errUnbuilt
}

// ReleaseIdempotent gives a key back whose request had no effect, so that it can be
// tried again at once.
func (l *Ledger) ReleaseIdempotent(ctx context.Context, token, key string) error {
	return errUnbuilt
}
