package starter

import (
	"context"
	"fmt"
	"time"

	"idjourney/journey"
	"idjourney/ledger"
)

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
