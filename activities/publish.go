package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
)

// Publish records a message in the ledger, with the journey's snapshot, and then sends it
// to one of the customer's endpoints. A message without a type is only recorded. It can be
// repeated: the ledger knows what was delivered, and the message's id lets the receiver
// recognise duplicates.
//
// After the last attempt, its error says what remains: after account_unlisted,
// endpoint_unlisted and endpoint_unavailable the message is recorded but not delivered;
// after endpoint_busy it is recorded and was never sent; after ledger_unavailable, or an
// error without a code of ours, it may not be recorded.
func (a *Activities) Publish(ctx context.Context, in journey.PublishInput) (answer journey.PublishAnswer, err error) {
	link(ctx, in.Links)
	describe(ctx, in)
	if answer.Conflict, err = a.record(ctx, in); err != nil || answer.Conflict != nil {
		return answer, err
	}
	acc, err := a.account(in.Message.Account)
	if err != nil {
		return answer, err
	}
	if in.Message.Type == "" || in.Endpoint == "" {
		a.measureMessage(ctx, acc, in)
		return answer, nil
	}
	known, err := a.ledger.Delivery(ctx, in.Message.Account, in.Message.ID, in.Endpoint)
	switch {
	case err != nil && !errors.Is(err, ledger.ErrNotFound):
		return answer, ledgerError(err)
	case known.State == ledger.DeliveryDelivered:
		return journey.PublishAnswer{Status: known.LastStatus}, nil
	}
	endpoint, ok := acc.endpoints[in.Endpoint]
	if !ok {
		return answer, unlisted("endpoint", in.Endpoint, "")
	}
	select {
	case endpoint.slots <- struct{}{}:
		defer func() { <-endpoint.slots }()
	default:
		return answer, endpointBusy(ctx, in.Endpoint)
	}
	if known.Attempts == 0 {
		a.measureMessage(ctx, acc, in)
	}
	reference, err := a.reference(ctx, in.Message)
	if err != nil {
		return answer, err
	}
	began := time.Now()
	err = a.sender.Send(ctx, endpoint.Endpoint, in.Message, reference)
	a.measure.DeliveryTook.Record(ctx, time.Since(began), in.Message.Account, in.Endpoint)
	return a.sent(ctx, in, known, err)
}

// endpointBusy frees the slot while the endpoint has as many messages in flight as it may:
// one slow endpoint must not occupy the slots of all others. The wait doubles from one
// second to a minute, as each attempt costs an Action.
func endpointBusy(ctx context.Context, endpoint string) error {
	wait := min(time.Second<<min(activity.GetInfo(ctx).Attempt-1, 6), time.Minute)
	return postponed("endpoint_busy",
		fmt.Sprintf("endpoint %q has as many messages on their way as its max_concurrent allows", endpoint), withinBudget(ctx, wait))
}

// describe adds the message and its endpoint to the activity's span.
func describe(ctx context.Context, in journey.PublishInput) {
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(attribute.String("idjourney.message", string(in.Message.Type)), attribute.String("idjourney.endpoint", in.Endpoint))
	if d := in.Message.Decision; d != nil {
		span.SetAttributes(attribute.Int("idjourney.decision", d.Sequence), attribute.String("idjourney.outcome", string(d.Outcome)))
	}
}

// sent interprets the endpoint's answer: delivered, refused permanently, or to be retried
// after as long as the endpoint asked for.
func (a *Activities) sent(ctx context.Context, in journey.PublishInput, known ledger.Delivery, err error) (journey.PublishAnswer, error) {
	if err == nil {
		return a.delivered(ctx, in, known, ledger.DeliveryDelivered, 200)
	}
	if unavailable, ok := errors.AsType[*notify.Unavailable](err); ok {
		_, saveErr := a.delivered(ctx, in, known, ledger.DeliveryPending, unavailable.Status)
		err = errors.Join(err, saveErr)
		return journey.PublishAnswer{}, retryable("endpoint_unavailable", err, withinBudget(ctx, unavailable.RetryAfter))
	}
	status := 0 // the message or the endpoint's configuration is unusable
	if refused, ok := errors.AsType[*notify.Refused](err); ok {
		status = refused.Status
	}
	return a.delivered(ctx, in, known, ledger.DeliveryParked, status)
}

func (a *Activities) delivered(ctx context.Context, in journey.PublishInput, before ledger.Delivery, state ledger.DeliveryState, status int) (journey.PublishAnswer, error) {
	err := a.ledger.SaveDelivery(ctx, ledger.Delivery{
		MessageID: in.Message.ID, Endpoint: in.Endpoint, Type: string(in.Message.Type), Stream: string(in.Message.Stream),
		Account: in.Message.Account, JourneyID: in.Message.JourneyID,
		State: state, Attempts: before.Attempts + 1, LastStatus: status, UpdatedAt: time.Now(),
	})
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("idjourney.delivery", string(state)))
	a.measure.Deliveries.Add(ctx, in.Message.Account, in.Endpoint, string(state))
	if m := in.Message.Attention; m != nil && state == ledger.DeliveryDelivered {
		activity.GetLogger(ctx).Warn("a journey needs a person", "code", m.Code, "account", in.Message.Account, "journey", in.Message.JourneyID)
	}
	return journey.PublishAnswer{Parked: state == ledger.DeliveryParked, Status: status}, ledgerError(err)
}

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
