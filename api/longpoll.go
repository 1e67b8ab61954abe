package api

import (
	"net/http"
	"time"
)

// queue takes the places of a long poll: in all, of the token, and of the account. The
// returned function gives them back.
func (a *API) queue(in *call) (leave func(), err error) {
	leave = func() {}
	for _, place := range []struct {
		name  string
		share int // of all places
		full  *problem
	}{
		{"all", 1, unavailable("too many callers are waiting; try again, or ask without wait")},
		{"token " + in.token.name, 4, tooMany("the token has too many long polls open; ask without wait", time.Second)},
		{"account " + in.account, 2, tooMany("the account has too many long polls open; ask without wait", time.Second)},
	} {
		if !a.waits.Take(place.name, 1, max(int64(a.cfg.MaxWaits/place.share), 1)) {
			leave()
			return nil, place.full
		}
		before := leave
		leave = func() { a.waits.GiveBack(place.name, 1); before() }
	}
	return leave, nil
}

// poll waits until the journey differs from what the caller knows, the time is over, the
// caller has gone, or the process stops. It reads the ledger repeatedly, because another
// process changes the journey.
func (a *API) poll(in *call, now version, known string, wait time.Duration) (version, error) {
	leave, err := a.queue(in)
	if err != nil {
		return now, err
	}
	defer leave()
	// The server's own limits would end the wait: its read deadline cancels the request
	// even if nothing is left to read.
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
			return now, nil
		}
	}
}
