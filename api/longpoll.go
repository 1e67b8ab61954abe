package api

import (
	"net/http"
	"sync"
	"time"
)

// quota bounds how many long polls one name, a token's or an account's, has at a time.
type quota struct {
	most int
	mu   sync.Mutex
	used map[string]int
}

func newQuota(most int) *quota { return &quota{most: max(most, 1), used: map[string]int{}} }

func (q *quota) take(name string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.used[name] >= q.most {
		return false
	}
	q.used[name]++
	return true
}

func (q *quota) giveBack(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.used[name]--; q.used[name] == 0 {
		delete(q.used, name)
	}
}

// queue takes the places of a long poll: in all, of the token, and of the account. The
// returned function gives them back.
func (a *API) queue(in *call) (leave func(), err error) {
	leave = func() {}
	for _, place := range []struct {
		quota *quota
		name  string
		full  *problem
	}{
		{a.waits, "", unavailable("too many callers are waiting; try again, or ask without wait")},
		{a.tokenWaits, in.token.name, tooMany("the token has too many long polls open; ask without wait", time.Second)},
		{a.accountWaits, in.account, tooMany("the account has too many long polls open; ask without wait", time.Second)},
	} {
		if !place.quota.take(place.name) {
			leave()
			return nil, place.full
		}
		before := leave
		leave = func() { place.quota.giveBack(place.name); before() }
	}
	return leave, nil
}

// poll waits until the journey differs from what the caller knows, the time is over, the
// caller has gone, or the process stops. It reads the ledger again and again, because
// another process changes the journey.
func (a *API) poll(in *call, now version, known string, wait time.Duration) (version, error) {
	leave, err := a.queue(in)
	if err != nil {
		return now, err
	}
	defer leave()
	// The server's own limits would end the wait: its read deadline cancels the
	// request even when there is nothing left to read.
	control := http.NewResponseController(in.gin.Writer)
	if err := control.SetReadDeadline(time.Time{}); err != nil {
		return now, err
	}
	if err := control.SetWriteDeadline(time.Now().Add(wait + slowestCall)); err != nil {
		return now, err
	}
	end, tick := time.NewTimer(wait), time.NewTicker(a.cfg.WaitPoll)
	defer end.Stop()
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			next, err := a.shown(in)
			if err != nil || !matches(known, next.tag) {
				return next, err
			}
		case <-end.C:
			return now, nil
		case <-a.stopping:
			return now, nil
		case <-in.gin.Request.Context().Done():
			return now, nil // nobody reads the answer
		}
	}
}
