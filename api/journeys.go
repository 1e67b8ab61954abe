package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
)

// shownJourney is a journey as the API shows it.
type shownJourney struct {
	Account        string                 `json:"account"`
	JourneyID      string                 `json:"journeyId"`
	Reference      string                 `json:"reference,omitempty"`
	Flow           string                 `json:"flow,omitempty"`
	Phase          journey.Phase          `json:"phase"`
	Since          time.Time              `json:"since,omitzero"`
	CustomerStatus journey.CustomerStatus `json:"customerStatus"`
	Standing       *journey.Standing      `json:"standing,omitempty"`
	Adopted        bool                   `json:"adopted,omitempty"`
	// RequiredSteps are what the user has to submit again, by RespondBy.
	RequiredSteps []notify.RequiredStep    `json:"requiredSteps,omitempty"`
	RequiredFor   journey.ResubmissionKind `json:"requiredFor,omitempty"`
	RespondBy     time.Time                `json:"respondBy,omitzero"`
	Review        *shownReview             `json:"review,omitempty"`
	Alerts        []shownAlert             `json:"alerts,omitempty"` // scope aml:read
	Attention     []journey.AttentionItem  `json:"attention,omitempty"`
}

type shownReview struct {
	notify.Review
	shownLadder
}

type shownAlert struct {
	journey.Alert
	Ladder *journey.Ladder `json:"ladder,omitempty"` // nil: hides the alert's own
	shownLadder
}

type shownLadder struct {
	EscalateAt time.Time `json:"escalateAt,omitzero"`
	Overdue    bool      `json:"overdue"`
}

// shown is v for a caller that may or may not see AML alerts.
func shown(v ledger.View, aml bool) shownJourney {
	if !aml {
		v = withoutAML(v)
	}
	s := v.Snapshot
	out := shownJourney{
		Account: v.Account, JourneyID: v.JourneyID, Reference: v.Reference, Flow: v.Flow,
		Phase: cmp.Or(v.Phase, journey.AwaitingUserSteps), // registered, and no event has come yet
		Since: s.Since, Adopted: s.Adopted, Attention: s.Attention,
		CustomerStatus: journey.StatusOf(v.Phase, v.Standing.Outcome), Standing: shownStanding(v.Standing),
	}
	if r := s.Resubmission; r != nil {
		out.RequiredFor, out.RespondBy = r.Kind, r.Until
		out.RequiredSteps = rows(r.Steps, func(s journey.RequiredStep) notify.RequiredStep {
			return notify.RequiredStep{StepID: s.StepID, ReasonCode: s.ReasonCode}
		})
	}
	if r := s.Review; r != nil {
		out.Review = &shownReview{notify.Review{ID: r.ID, Kind: r.Kind, Reason: r.Reason, Since: r.Since}, ladder(r.Ladder)}
	}
	out.Alerts = rows(s.Alerts, func(a journey.Alert) shownAlert { return shownAlert{Alert: a, shownLadder: ladder(a.Ladder)} })
	return out
}

func ladder(l journey.Ladder) shownLadder { return shownLadder{l.EscalateAt, l.Overdue} }

// shownStanding is nil until there is a decision.
func shownStanding(s journey.Standing) *journey.Standing {
	if s.Sequence == 0 {
		return nil
	}
	return &s
}

// maxWait bounds a long poll, in seconds.
const maxWait = 60

// show handles GET /v1/journeys/{account}/{journeyId}. With wait and If-None-Match it
// answers as soon as the journey differs from what the caller knows.
func (a *API) show(in *call) (reply, error) {
	seconds, err := in.number("wait", 0, 0, maxWait)
	if err != nil {
		return reply{}, err
	}
	known := in.gin.GetHeader("If-None-Match")
	out, err := a.shown(in)
	if err == nil && seconds > 0 && matches(known, out.tag) {
		out, err = a.poll(in, out, known, time.Duration(seconds)*time.Second)
	}
	if err != nil {
		return reply{}, err
	}
	header := http.Header{"Etag": {out.tag}, "Cache-Control": {"private, no-cache"}}
	if matches(known, out.tag) {
		return reply{status: http.StatusNotModified, header: header}, nil
	}
	return reply{status: http.StatusOK, header: header, body: out.text}, nil
}

func (a *API) view(in *call) (ledger.View, error) {
	ctx, cancel := in.within(ledgerTimeout)
	defer cancel()
	return a.cfg.Ledger.View(ctx, in.account, in.id)
}

// version is a journey as a caller sees it. The ETag is a hash of the text: a counter of
// versions would reveal changes that the caller may not see.
type version struct {
	text json.RawMessage
	tag  string
}

func (a *API) shown(in *call) (version, error) {
	v, err := a.view(in)
	if err != nil {
		return version{}, err
	}
	text, _ := json.Marshal(shown(v, in.token.seesAML())) // structs of strings, numbers and valid times: cannot fail
	sum := sha256.Sum256(text)
	return version{text, `"` + hex.EncodeToString(sum[:12]) + `"`}, nil
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

// search handles POST /v1/journeys/search. The reference is in the body because it may be
// personal, and URLs are logged everywhere.
func (a *API) search(in *call) (reply, error) {
	var body struct {
		Account   string `json:"account"`
		Reference string `json:"reference"`
	}
	if err := in.body(false, &body); err != nil {
		return reply{}, err
	}
	if err := cmp.Or(text("account", body.Account, maxReference), text("reference", body.Reference, maxReference)); err != nil {
		return reply{}, err
	}
	if in.account = body.Account; !in.token.sees(body.Account) {
		return reply{}, hidden()
	}
	views, err := a.cfg.Ledger.ByReference(in.ctx, body.Account, body.Reference)
	return ok(gin.H{"journeys": rows(views, func(v ledger.View) shownJourney { return shown(v, in.token.seesAML()) })}), err
}

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
