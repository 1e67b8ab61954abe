package notify

import (
	"time"

	"idjourney/journey"
)

// Decision is a numbered decision as customers see it. Receivers ignore one whose
// sequence is not above the last they have seen for the journey.
type Decision struct {
	ID            string          `json:"id"`
	Sequence      int             `json:"sequence"`
	Outcome       journey.Outcome `json:"outcome"`
	Source        journey.Source  `json:"source"`
	System        string          `json:"systemDecision,omitempty"`
	Manual        string          `json:"manualDecision,omitempty"`
	Final         string          `json:"finalDecision,omitempty"`
	AMLVersion    int             `json:"amlVersion,omitempty"`
	AMLMatches    int             `json:"amlMatches"`
	Reasons       []string        `json:"reasons,omitempty"`
	Supersedes    int             `json:"supersedes,omitempty"`
	PolicyVersion string          `json:"policyVersion"`
	DecidedBy     string          `json:"decidedBy"`
	DecidedAt     time.Time       `json:"decidedAt"`
}

func customerDecision(d *journey.Decision) *Decision {
	if d == nil {
		return nil
	}
	return &Decision{
		ID: d.ID, Sequence: d.Sequence, Outcome: d.Outcome, Source: d.Source,
		System: d.System, Manual: d.Manual, Final: d.Final,
		AMLVersion: d.AMLVersion, AMLMatches: d.AMLMatches,
		Reasons: d.Reasons, Supersedes: d.Supersedes, PolicyVersion: d.PolicyVersion,
		DecidedBy: d.DecidedBy, DecidedAt: d.DecidedAt.UTC(),
	}
}

// Standing is what holds for a customer from before our time: the baseline on which
// later decisions are numbered. It is told as it stands, not as something that has
// been decided now.
type Standing struct {
	Outcome  journey.Outcome `json:"outcome"`
	Sequence int             `json:"sequence"`
	Since    time.Time       `json:"since"`
}

func standing(baseline *journey.Decision) *Standing {
	if baseline == nil {
		return nil
	}
	return &Standing{Outcome: baseline.Outcome, Sequence: baseline.Sequence, Since: baseline.DecidedAt.UTC()}
}

// Review is an open review.
type Review struct {
	ID     string             `json:"id"`
	Kind   journey.ReviewKind `json:"kind"`
	Reason string             `json:"reason"`
	Since  time.Time          `json:"since"`
}

func review(r *journey.Review) *Review {
	if r == nil {
		return nil
	}
	return &Review{ID: r.ID, Kind: r.Kind, Reason: r.Reason, Since: r.Since.UTC()}
}

// Alert is an AML change that waits for a person; its matches were told by
// aml.changed.
type Alert struct {
	ID       string           `json:"id"`
	Severity journey.Severity `json:"severity"`
	Version  int              `json:"version"`
	Since    time.Time        `json:"since"`
}

func alert(a *journey.Alert) *Alert {
	if a == nil {
		return nil
	}
	return &Alert{ID: a.ID, Severity: a.Severity, Version: a.Version, Since: a.Since.UTC()}
}

// Attention is an open call for a person, by its code. The detail stays inside:
// it is written for the operators of idjourney.
type Attention struct {
	Code  journey.AttentionCode `json:"code"`
	Since time.Time             `json:"since"`
}

func attention(a *journey.AttentionItem) *Attention {
	if a == nil {
		return nil
	}
	return &Attention{Code: a.Code, Since: a.Since.UTC()}
}

// Resubmission is what the user has to submit again.
type Resubmission struct {
	// RequiredSteps is empty where the vendor named none.
	RequiredSteps []RequiredStep `json:"requiredSteps"`
	Since         time.Time      `json:"since"`
	// Until is the end of the user's time, zero if it has none.
	Until time.Time `json:"until,omitzero"`
}

// RequiredStep is one step to be submitted again, in the vendor's words.
type RequiredStep struct {
	StepID     string `json:"stepId"`
	ReasonCode string `json:"reasonCode,omitempty"`
}

func resubmission(r *journey.Resubmission) *Resubmission {
	if r == nil {
		return nil
	}
	again := &Resubmission{RequiredSteps: []RequiredStep{}, Since: r.Since.UTC()}
	if !r.Until.IsZero() {
		again.Until = r.Until.UTC()
	}
	// Only webhooks name the steps, so whoever knows their secret wrote this: nothing
	// but ids and codes may leave under our signature.
	for _, step := range (journey.Hint{RequiredSteps: r.Steps}).Known().RequiredSteps {
		again.RequiredSteps = append(again.RequiredSteps, RequiredStep{StepID: step.StepID, ReasonCode: step.ReasonCode})
	}
	return again
}

// SpotCheck is what a spot check found.
type SpotCheck struct {
	SpotCheckJourneyID string              `json:"spotCheckJourneyId"`
	Outcome            journey.SpotOutcome `json:"outcome"`
	Reasons            []string            `json:"reasons,omitempty"`
}
