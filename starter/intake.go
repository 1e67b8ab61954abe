package starter

import (
	"encoding/json"
	"errors"
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
