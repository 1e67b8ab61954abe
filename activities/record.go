package activities

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"idjourney/journey"
	"idjourney/ledger"
)

// record records a message before it is sent. If another history has decided under this
// number, nothing may be sent, and it returns the ledger's standing.
func (a *Activities) record(ctx context.Context, in journey.PublishInput) (*journey.Standing, error) {
	err := a.recordMessage(ctx, in)
	if err == nil && in.Snapshot != nil {
		err = a.ledger.SaveSnapshot(ctx, in.Message.Account, in.Message.JourneyID, *in.Snapshot)
	}
	if !errors.Is(err, ledger.ErrConflict) {
		return nil, ledgerError(err)
	}
	known, err := a.ledger.Journey(ctx, in.Message.Account, in.Message.JourneyID)
	return &known.Standing, ledgerError(err)
}

// recordMessage records a decision, the outcome of a spot check or an adopted baseline, or
// else the phase, unless there is a snapshot, which includes it.
func (a *Activities) recordMessage(ctx context.Context, in journey.PublishInput) error {
	m := in.Message
	switch {
	case m.Decision != nil:
		fresh, err := a.ledger.SaveDecision(ctx, *m.Decision, m.Phase)
		if fresh {
			a.measureDecision(ctx, *m.Decision)
		}
		return err
	case m.SpotCheck != nil:
		known, err := a.journey(ctx, m.SpotCheck.Account, m.SpotCheck.JourneyID)
		if err != nil {
			return err
		}
		return a.ledger.SaveSpotCheck(ctx, *m.SpotCheck, known.Reference)
	case in.Snapshot != nil, m.JourneyID == "", m.Phase == "": // without both, it is a message of a spot check's workflow
		return nil
	}
	j := ledger.Journey{Account: m.Account, JourneyID: m.JourneyID, Phase: m.Phase, UpdatedAt: m.At}
	if m.Review != nil {
		j.Review = m.Review.Kind
	}
	return a.ledger.SaveJourney(ctx, j)
}

// measureDecision measures a decision when it is first recorded, so that each counts once,
// however often and to however many endpoints it is sent. An adopted decision says nothing
// about our speed.
func (a *Activities) measureDecision(ctx context.Context, d journey.Decision) {
	if d.Adopted {
		a.measure.Adopted.Add(ctx, d.Account, string(d.Outcome))
		return
	}
	a.measure.Decisions.Add(ctx, d.Account, string(d.Outcome), string(d.Source))
	first, newest, err := a.ledger.WebhookTimes(ctx, d.Account, d.JourneyID, d.DecidedAt)
	if err != nil || first.IsZero() { // the webhook went to Temporal directly, so its time is not recorded
		return
	}
	a.measure.TimeToDecision.Record(ctx, d.DecidedAt.Sub(first), d.Account, string(d.Outcome), strconv.FormatBool(d.Sequence == 1))
	if d.Source != journey.SourceOperator && d.Outcome != journey.OutcomeExpired {
		a.measure.Reaction.Record(ctx, time.Since(newest), d.Account, string(d.Outcome))
	}
}

// measureMessage counts a message before its first attempt: across all endpoints at the
// account's first one, and in an account without endpoints when it is recorded.
func (a *Activities) measureMessage(ctx context.Context, acc *account, in journey.PublishInput) {
	m := in.Message
	first := ""
	if len(acc.config.Endpoints) > 0 {
		first = acc.config.Endpoints[0].Name
	}
	if m.Type == "" || in.Endpoint != first {
		return
	}
	a.measure.Messages.Add(ctx, m.Account, string(m.Type))
	if m.AML != nil && m.AML.Alert != "" {
		a.measure.AMLAlerts.Add(ctx, m.Account, string(m.AML.Severity))
	}
}

// reference is the customer's own reference, from the ledger: no workflow history contains
// it. For a spot check without a journey, it is the reference that the spot check came with.
func (a *Activities) reference(ctx context.Context, m journey.Message) (string, error) {
	id := m.JourneyID
	if s := m.SpotCheck; s != nil {
		if id = s.JourneyID; id == "" {
			return a.heldReference(ctx, *s)
		}
	}
	known, err := a.journey(ctx, m.Account, id)
	return known.Reference, ledgerError(err)
}

func (a *Activities) heldReference(ctx context.Context, s journey.SpotDecision) (string, error) {
	held, err := a.ledger.HeldSpotChecks(ctx, []string{s.Account})
	for _, h := range slices.Backward(held) { // the newest is the most likely
		if h.SpotID == s.SpotID {
			return h.Reference, nil
		}
	}
	return "", ledgerError(err)
}

// HandOver records an event of our own for a journey, so that the forwarder delivers it.
// It is recorded once, however often it is handed over.
func (a *Activities) HandOver(ctx context.Context, in journey.HandOverInput) (journey.HandOverAnswer, error) {
	link(ctx, in.Links)
	_, err := a.ledger.RecordEvent(ctx, in.Event)
	return journey.HandOverAnswer{}, ledgerError(err)
}
