package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"idjourney/journey"
	"idjourney/ledger"
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
	RequiredSteps []shownStep      `json:"requiredSteps,omitempty"`
	RequiredFor   string           `json:"requiredFor,omitempty"`
	RespondBy     time.Time        `json:"respondBy,omitzero"`
	Review        *shownReview     `json:"review,omitempty"`
	Alerts        []shownAlert     `json:"alerts,omitempty"` // scope aml:read
	Attention     []shownAttention `json:"attention,omitempty"`
}

type shownStep struct {
	StepID     string `json:"stepId"`
	ReasonCode string `json:"reasonCode,omitempty"`
}

type shownReview struct {
	ID         string             `json:"id"`
	Kind       journey.ReviewKind `json:"kind"`
	Reason     string             `json:"reason"`
	Since      time.Time          `json:"since"`
	EscalateAt time.Time          `json:"escalateAt,omitzero"`
	Overdue    bool               `json:"overdue"`
}

type shownAlert struct {
	ID         string           `json:"id"`
	Version    int              `json:"version,omitempty"`
	Severity   journey.Severity `json:"severity"`
	Since      time.Time        `json:"since"`
	Matches    []string         `json:"matches,omitempty"`
	Removed    []string         `json:"removed,omitempty"`
	Changes    int              `json:"changes"`
	EscalateAt time.Time        `json:"escalateAt,omitzero"`
	Overdue    bool             `json:"overdue"`
}

type shownAttention struct {
	Code   journey.AttentionCode `json:"code"`
	Since  time.Time             `json:"since"`
	Detail string                `json:"detail,omitempty"`
}

// shown is v for a caller that may or may not see AML alerts.
func shown(v ledger.View, aml bool) shownJourney {
	if !aml {
		v = withoutAML(v)
	}
	s := v.Snapshot
	out := shownJourney{
		Account: v.Account, JourneyID: v.JourneyID, Reference: v.Reference, Flow: v.Flow,
		Phase: v.Phase, Since: s.Since, Adopted: s.Adopted,
		CustomerStatus: journey.StatusOf(v.Phase, v.Standing.Outcome),
	}
	if out.Phase == "" {
		out.Phase = journey.AwaitingUserSteps // registered, and no event has come yet
	}
	if v.Standing.Sequence > 0 {
		out.Standing = &v.Standing
	}
	if r := s.Resubmission; r != nil {
		out.RequiredFor, out.RespondBy = string(r.Kind), r.Until
		for _, step := range r.Steps {
			out.RequiredSteps = append(out.RequiredSteps, shownStep{step.StepID, step.ReasonCode})
		}
	}
	if r := s.Review; r != nil {
		out.Review = &shownReview{r.ID, r.Kind, r.Reason, r.Since, r.Ladder.EscalateAt, r.Ladder.Overdue}
	}
	for _, item := range s.Attention {
		out.Attention = append(out.Attention, shownAttention(item))
	}
	for _, al := range s.Alerts {
		out.Alerts = append(out.Alerts, shownAlert{al.ID, al.Version, al.Severity, al.Since,
			al.Matches, al.Removed, al.Changes, al.Ladder.EscalateAt, al.Ladder.Overdue})
	}
	return out
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
	ctx, cancel := in.context()
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

// searchBody names a customer. The reference is in the body because it may be
// personal, and URLs are logged everywhere.
type searchBody struct {
	Account   string `json:"account"`
	Reference string `json:"reference"`
}

type journeyList struct {
	Journeys []shownJourney `json:"journeys"`
}

// search handles POST /v1/journeys/search.
func (a *API) search(in *call) (reply, error) {
	var body searchBody
	if err := in.body(false, &body); err != nil {
		return reply{}, err
	}
	if err := text("account", body.Account, maxReference); err != nil {
		return reply{}, err
	}
	if err := text("reference", body.Reference, maxReference); err != nil {
		return reply{}, err
	}
	if in.account = body.Account; !in.token.sees(body.Account) {
		return reply{}, hidden()
	}
	ctx, cancel := in.context()
	defer cancel()
	views, err := a.cfg.Ledger.ByReference(ctx, body.Account, body.Reference)
	if err != nil {
		return reply{}, err
	}
	out := journeyList{Journeys: []shownJourney{}}
	for _, v := range views {
		out.Journeys = append(out.Journeys, shown(v, in.token.seesAML()))
	}
	return ok(out), nil
}
