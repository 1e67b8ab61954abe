package ledger_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func request(account, token, key, hash string) ledger.IdempotentRequest {
	return ledger.IdempotentRequest{Account: account, Token: token, Key: key, Hash: hash}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		begin := func(token, key, hash string, minute int) (*ledger.StoredAnswer, error) {
			return l.BeginIdempotent(t.Context(), request("bank", token, key, hash), at(minute))
		}
		want := func(what string, wantBody string, wantErr error, got *ledger.StoredAnswer, err error) {
			t.Helper()
			body := ""
			if got != nil {
				body = string(got.Body)
			}
			if !errors.Is(err, wantErr) || body != wantBody {
				t.Errorf("%s: got %q, %v, want %q, %v", what, body, err, wantBody, wantErr)
			}
		}
		got, err := begin("core", "k", "h", 0)
		want("the first", "", nil, got, err)
		got, err = begin("core", "k", "h", 1)
		want("in progress", "", ledger.ErrInProgress, got, err)
		got, err = begin("core", "k", "other", 1)
		want("another request", "", ledger.ErrKeyReused, got, err)
		got, err = begin("crm", "k", "other", 1)
		want("another caller", "", nil, got, err)
		got, err = begin("core", "k", "h", 5)
		want("the first was cut off", "", nil, got, err)
		got, err = begin("core", "k", "h", 6)
		want("taken over", "", ledger.ErrInProgress, got, err)
		mustDo(t, l.ReleaseIdempotent(t.Context(), request("bank", "core", "k", "")))
		got, err = begin("core", "k", "other", 7)
		want("given back", "", nil, got, err)
		mustDo(t, l.FinishIdempotent(t.Context(), request("bank", "core", "k", ""), "j1", 201, []byte("made")))
		mustDo(t, l.FinishIdempotent(t.Context(), request("bank", "core", "k", ""), "j1", 500, []byte("late")))
		mustDo(t, l.ReleaseIdempotent(t.Context(), request("bank", "core", "k", "")))
		got, err = begin("core", "k", "other", 7+24*60-1)
		want("finished", "made", nil, got, err)
		if got == nil || got.Status != 201 {
			t.Errorf("got %+v, want status 201", got)
		}
		got, err = begin("core", "k", "h", 7+24*60)
		want("a day later", "", nil, got, err)
	})
}

func TestOnlyOneRequestGetsTheKey(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		var fresh atomic.Int32
		var together sync.WaitGroup
		for range 8 {
			together.Go(func() {
				answer, err := l.BeginIdempotent(t.Context(), request("bank", "core", "k", "h"), at(0))
				switch {
				case err == nil && answer == nil:
					fresh.Add(1)
				case !errors.Is(err, ledger.ErrInProgress):
					t.Errorf("got %v, %v", answer, err)
				}
			})
		}
		together.Wait()
		if n := fresh.Load(); n != 1 {
			t.Errorf("%d requests may do the work, want 1", n)
		}
	})
}
