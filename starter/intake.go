package starter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// maxSteps bounds the required steps that a hint carries into a workflow's history.
const maxSteps = 50

// intake is a webhook on its way in: the row for the ledger and, if a journey acts
// on it, the event.
type intake struct {
	row   ledger.Webhook
	event journey.Event // zero unless the row is to be forwarded
	known bool
}

// label is the event's name where it is one of the vendor's.
func (in intake) label() string {
	if in.known {
		return in.row.EventType
	}
	return unknown
}

// take decides what becomes of an authenticated body. A body that cannot be understood is
// kept for a person, not refused. The event names the webhook's trace only if it is sampled,
// to keep the history small.
func take(account string, body []byte, at time.Time, traceParent string, sampled bool) intake {
	row := ledger.Webhook{Account: account, Body: body, ReceivedAt: at, TraceParent: traceParent}
	w, err := idwise.DecodeWebhook(body)
	if err != nil {
		row.Handling, row.Reason = ledger.Quarantine, "undecodable"
		if decode, ok := errors.AsType[*idwise.DecodeError](err); ok {
			row.Reason = string(decode.Code)
		}
		return intake{row: row}
	}
	row.EventType, row.ReferenceNo = w.Event, w.ReferenceNo
	if reason := badID(w); reason != "" {
		// The ids stay only in the body, so that they find nothing.
		row.Handling, row.Reason = ledger.Quarantine, reason
		return intake{row: row, known: w.Known}
	}
	row.EventID, row.JourneyID = w.EventID, w.JourneyID
	row.Handling, row.Reason = dispose(w)
	in := intake{row: row, known: w.Known}
	if row.Handling == ledger.Forward {
		if !sampled {
			traceParent = ""
		}
		in.event = eventOf(account, w, at, traceParent)
		// Strings, numbers and a valid time: this cannot fail.
		in.row.Event, _ = json.Marshal(in.event)
	}
	return in
}

// badID says which id cannot be used, if any. A missing id is not an error.
func badID(w idwise.Webhook) string {
	for _, id := range []struct{ value, reason string }{
		{w.JourneyID, "bad_journey_id"},
		{w.EventID, "bad_event_id"},
		{w.SpotCheckJourneyID, "bad_spot_check_id"},
	} {
		if id.value != "" && !idwise.ValidID(id.value) {
			return id.reason
		}
	}
	return ""
}

// dispose says which events a journey or a spot check acts on; all others are kept.
// Our own events count as unknown, so that no webhook can pass for one.
func dispose(w idwise.Webhook) (ledger.Handling, string) {
	if !w.Known {
		return ledger.Keep, "unknown_event"
	}
	switch journey.EventType(w.Event) {
	case journey.FinishedUserSteps, journey.FinishedJourney, journey.ManuallyReviewed,
		journey.UpdatedJourney, journey.AMLMonitorUpdate,
		journey.VerificationUpdateRequired, journey.KYCRenewalDeadlineExceeded:
		if w.JourneyID == "" {
			return ledger.Quarantine, "no_journey_id"
		}
		return ledger.Forward, ""
	case journey.FinishedSpotCheck:
		if w.SpotCheckJourneyID == "" {
			return ledger.Quarantine, "no_spot_check_id"
		}
		return ledger.Forward, ""
	default:
		return ledger.Keep, "not_acted_on"
	}
}

// eventOf makes the envelope of the signal. It leaves ReferenceNo out, which may be an e-mail
// address: a workflow's history stays readable. A spot check's event names a journey only in
// the vendor's older form.
func eventOf(account string, w idwise.Webhook, at time.Time, traceParent string) journey.Event {
	e := journey.Event{
		EventID: w.EventID, Type: journey.EventType(w.Event), Account: account, JourneyID: w.JourneyID,
		ReceivedAt: at, TraceParent: traceParent,
		Hint: journey.Hint{
			System: w.System, PreviousSystem: w.PreviousSystem, Manual: w.Manual, Final: w.Final,
			Action: w.Action, Trigger: w.Trigger, AMLVersion: w.AMLVersion,
		},
	}
	if e.Type == journey.FinishedSpotCheck {
		e.Hint.SpotCheck = w.SpotCheckJourneyID
	}
	for _, step := range w.RequiredSteps[:min(len(w.RequiredSteps), maxSteps)] {
		e.Hint.RequiredSteps = append(e.Hint.RequiredSteps, journey.RequiredStep(step))
	}
	e.Hint = e.Hint.Known()
	return e
}

// heedTombstone keeps a webhook of a journey that is over from its workflow, and drops the
// content if the journey was erased. If the check fails, or takes more than a quarter of
// RecordTimeout, the webhook is recorded as if its journey were open; UnlessOver checks again.
func (s *Starter) heedTombstone(ctx context.Context, in intake) intake {
	if in.row.JourneyID == "" {
		return in
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Intake.RecordTimeout/4)
	defer cancel()
	phase, over, err := s.cfg.Ledger.Tombstone(ctx, in.row.Account, in.row.JourneyID)
	switch {
	case err != nil:
		s.log.WarnContext(ctx, "webhook recorded without knowing whether its journey is over", "account", in.row.Account, "error", err)
		return in
	case !over:
		return in
	default:
		return in.over(phase)
	}
}

// over is the webhook as it is recorded for a journey that is over.
func (in intake) over(phase journey.Phase) intake {
	if phase == journey.Erased {
		in.row.Body, in.row.ReferenceNo = nil, ""
	}
	if phase == journey.Erased || in.row.Handling == ledger.Forward {
		in.row.Handling, in.row.Reason = ledger.Keep, string(phase)
	}
	in.row.Event, in.event = nil, journey.Event{}
	return in
}

// UnlessOver returns f for all webhooks except those of journeys that are over: they wake no
// workflow, and the content of an erased journey's webhook is erased. It checks again because
// the journey may have ended since the webhook was recorded.
func UnlessOver(l Ledger, f ledger.ForwardFunc) ledger.ForwardFunc {
	return func(ctx context.Context, w ledger.Webhook) error {
		if w.JourneyID == "" {
			return f(ctx, w)
		}
		phase, over, err := l.Tombstone(ctx, w.Account, w.JourneyID)
		switch {
		case err != nil:
			return fmt.Errorf("forwarding webhook %d: %w", w.ID, err)
		case !over:
			return f(ctx, w)
		case phase == journey.Erased:
			if err := l.Erase(ctx, w.Account, w.JourneyID, time.Now()); err != nil {
				return fmt.Errorf("forwarding webhook %d: %w", w.ID, err)
			}
		}
		return nil
	}
}
