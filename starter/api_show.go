package starter

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"idjourney/config"
	"idjourney/ledger"
)

// maxWait bounds a long poll, in seconds.
const maxWait = 60

// show handles GET /v1/journeys/{account}/{journeyId}. With wait and If-None-Match it
// answers as soon as the journey is another than the caller knows.
func (a *API) show(in *call) (reply, error) {
	seconds, err := in.number("wait", 0, 0, maxWait)
	if err != nil {
		return reply{}, err
	}
	known := in.gin.GetHeader("If-None-Match")
	v, err := a.view(in)
	if err != nil {
		return reply{}, err
	}
	if seconds > 0 && matches(known, in.tag(v)) {
		if v, err = a.hold(in, v, known, time.Duration(seconds)*time.Second); err != nil {
			return reply{}, err
		}
	}
	tag := in.tag(v)
	header := http.Header{"Etag": {tag}, "Cache-Control": {"private, no-cache"}}
	if matches(known, tag) {
		return reply{status: http.StatusNotModified, header: header}, nil
	}
	return reply{status: http.StatusOK, header: header, body: shown(v, in.token.may(config.ScopeAMLRead))}, nil
}

func (a *API) view(in *call) (ledger.View, error) {
	ctx, cancel := in.context()
	defer cancel()
	return a.cfg.Ledger.View(ctx, in.account, in.id)
}

// tag is the ETag of what this caller is shown: one that may see AML alerts is shown
// something else.
func (in *call) tag(v ledger.View) string {
	kind := "j"
	if in.token.may(config.ScopeAMLRead) {
		kind = "a"
	}
	return fmt.Sprintf(`"%s%d.%d"`, kind, v.Version, v.Standing.Sequence)
}

// matches says whether an If-None-Match names tag.
func matches(ifNoneMatch, tag string) bool {
	for one := range strings.SplitSeq(ifNoneMatch, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

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
