package starter

import (
	"time"

	"idjourney/journey"
	"idjourney/ledger"
)

// shownJourney is a journey as the API shows it: what the ledger knows, never what
// Temporal would have to be asked for.
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
	// RequiredSteps are what the user has to submit again, RespondBy until when.
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
	if aml {
		for _, al := range s.Alerts {
			out.Alerts = append(out.Alerts, shownAlert{al.ID, al.Version, al.Severity, al.Since,
				al.Matches, al.Removed, al.Changes, al.Ladder.EscalateAt, al.Ladder.Overdue})
		}
	}
	return out
}
