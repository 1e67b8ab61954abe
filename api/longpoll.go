package api

import (
	"net/http"
	"time"

	"idjourney/ledger"
)

// hold waits until the journey is no longer what the caller knows, its time is over,
// it has gone, or the process stops. It looks at the ledger again and again: what
// changes the journey is another process.
func (a *API) hold(in *call, v ledger.View, known string, wait time.Duration) (ledger.View, error) {
	select {
	case a.waits <- struct{}{}:
		defer func() { <-a.waits }()
	default:
		return v, unavailable("too many callers are waiting; try again, or ask without wait")
	}
	// The server's own limits would end the wait: its read deadline cancels the
	// request even when there is nothing left to read.
	control := http.NewResponseController(in.gin.Writer)
	if err := control.SetReadDeadline(time.Time{}); err != nil {
		return v, err
	}
	if err := control.SetWriteDeadline(time.Now().Add(wait + slowestCall)); err != nil {
		return v, err
	}
	over, look := time.NewTimer(wait), time.NewTicker(a.cfg.WaitPoll)
	defer over.Stop()
	defer look.Stop()
	for {
		select {
		case <-look.C:
			next, err := a.view(in)
			if err != nil || !matches(known, in.tag(next)) {
				return next, err
			}
		case <-over.C:
			return v, nil
		case <-a.stopping:
			return v, nil
		case <-in.gin.Request.Context().Done():
			return v, nil // nobody reads the answer
		}
	}
}
