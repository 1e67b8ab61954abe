package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// vendorTimeout bounds a request to IDWise while a caller waits.
const vendorTimeout = 25 * time.Second

// openBody asks to start a journey at IDWise or, with a journeyId, to register one that the
// SDK started.
type openBody struct {
	Account   string `json:"account"`
	Reference string `json:"reference"`
	Flow      string `json:"flow"`
	// JourneyID is a pointer, so that an empty one is refused instead of starting a journey.
	JourneyID *string `json:"journeyId"`
}

// opened is the answer. It is kept for a day, and therefore leaves the reference out.
type opened struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
	Started   bool   `json:"started"`
}

// open handles POST /v1/journeys.
func (a *API) open(in *call) (reply, error) {
	raw, err := in.read(maxBody, false)
	if err != nil {
		return reply{}, err
	}
	var body openBody
	if err := decode(raw, &body); err != nil {
		return reply{}, err
	}
	account, flow, err := a.checkOpen(in, body)
	if err != nil {
		return reply{}, err
	}
	vendor, there := a.cfg.Vendors[account.Name]
	if !there {
		return reply{}, unavailable("IDWise cannot be reached for this account")
	}
	return a.once(in, raw, func(ctx context.Context) (reply, error) {
		j := ledger.Journey{Account: account.Name, Reference: body.Reference, Flow: flow.Name}
		if body.JourneyID == nil {
			return a.start(ctx, in, vendor, j, flow.ID)
		}
		j.JourneyID, in.id = *body.JourneyID, *body.JourneyID
		return a.register(ctx, vendor, account, j, flow.ID)
	})
}

// checkOpen returns the account and the flow. The flow is empty if the body names none,
// which is allowed only for a journey that the SDK started.
func (a *API) checkOpen(in *call, body openBody) (account config.Account, flow config.Flow, err error) {
	if err := cmp.Or(text("account", body.Account, maxReference), text("reference", body.Reference, maxReference)); err != nil {
		return account, flow, err
	}
	in.account = body.Account
	account, there := a.accounts[body.Account]
	if !there || !in.token.sees(body.Account) {
		return account, flow, hidden()
	}
	named := slices.IndexFunc(account.Flows, func(f config.Flow) bool { return f.ID == body.Flow || f.Name == body.Flow })
	switch {
	case body.JourneyID != nil && !idwise.ValidID(*body.JourneyID):
		return account, flow, badRequest("journeyId cannot be an id")
	case body.Flow == "" && body.JourneyID != nil:
		return account, flow, nil
	case body.Flow == "":
		return account, flow, badRequest("flow is missing")
	case named < 0:
		return account, flow, badRequest("the account has no such flow in the configuration")
	}
	return account, account.Flows[named], nil
}

// start starts a journey at IDWise, whose API has no idempotency: a request whose outcome is
// unknown may have started one, and is repeated only under a new key.
func (a *API) start(ctx context.Context, in *call, vendor Vendor, j ledger.Journey, flowID string) (reply, error) {
	calling, cancel := context.WithTimeout(ctx, vendorTimeout)
	defer cancel()
	started, err := vendor.StartJourney(calling, idwise.StartRequest{FlowID: flowID, ReferenceNo: j.Reference})
	if err != nil {
		return reply{}, a.notStarted(ctx, j.Account, err)
	}
	j.JourneyID, in.id = started.JourneyID, started.JourneyID
	return a.remember(ctx, j, true)
}

// register takes up a journey that the SDK started. The user's app chose its reference and
// its flow, so what IDWise shows must agree with what the customer's backend says here.
func (a *API) register(ctx context.Context, vendor Vendor, account config.Account, j ledger.Journey, flowID string) (reply, error) {
	calling, cancel := context.WithTimeout(ctx, vendorTimeout)
	defer cancel()
	result, err := vendor.Result(calling, j.JourneyID)
	switch {
	case idwise.IsMissing(err):
		return reply{}, notFound()
	case err != nil:
		a.log.WarnContext(ctx, "API: IDWise did not show a journey", "account", j.Account, "error", err)
		return reply{}, problemOf(http.StatusBadGateway, "vendor_refused", "IDWise did not show the journey; nothing was registered")
	}
	known, err := a.cfg.Ledger.View(ctx, j.Account, j.JourneyID)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return reply{}, err
	}
	for _, reference := range []string{result.ReferenceNumber, known.Reference} {
		if reference != "" && reference != j.Reference {
			return reply{}, conflict("reference_mismatch", otherReference)
		}
	}
	if flowID != "" && result.FlowID != "" && result.FlowID != flowID {
		return reply{}, conflict("flow_mismatch", "the journey is of another flow: do not trust it")
	}
	if flow, listed := account.Flow(result.FlowID); listed {
		j.Flow = flow.Name
	}
	return a.remember(ctx, j, false)
}

// remember writes the journey into the ledger, and an event that starts its workflow, so
// that a journey whose webhooks never come is noticed.
func (a *API) remember(ctx context.Context, j ledger.Journey, started bool) (reply, error) {
	now := a.cfg.Now().UTC()
	err := a.cfg.Ledger.Register(ctx, j)
	if err == nil {
		_, err = a.cfg.Ledger.RecordEvent(ctx, journey.Event{
			EventID: "registered-" + j.JourneyID, Type: journey.Refresh, Account: j.Account, JourneyID: j.JourneyID, ReceivedAt: now,
		})
	}
	if err != nil {
		if !started {
			return reply{}, err
		}
		a.log.ErrorContext(ctx, "API: a journey was started and not recorded", "account", j.Account, "journey", j.JourneyID, "error", err)
		return reply{}, done("not_recorded", "IDWise started the journey "+j.JourneyID+", but it could not be recorded: register it")
	}
	a.cfg.Wake()
	return reply{
		status: http.StatusCreated, body: opened{j.Account, j.JourneyID, started},
		header: http.Header{"Location": {"/v1/journeys/" + j.Account + "/" + j.JourneyID}},
	}, nil
}

// notStarted says what a failed request to IDWise means for the caller.
func (a *API) notStarted(ctx context.Context, account string, err error) error {
	a.log.WarnContext(ctx, "API: IDWise did not start a journey", "account", account, "error", err)
	if idwise.Definite(err) {
		return problemOf(http.StatusBadGateway, "vendor_refused", "IDWise did not take the call; nothing was started")
	}
	return done("vendor_unknown", "it is not known whether IDWise took the call; asking again, with another Idempotency-Key, may start a second journey")
}

// done is a failure after which something may have been done.
func done(code, message string) *problem {
	p := problemOf(http.StatusBadGateway, code, message)
	p.done = true
	return p
}
