package idwise

import (
	"context"
	"encoding/json"
	"fmt"
)

// Summary is how far a journey has come. It holds no decision and no personal data.
type Summary struct {
	JourneyID string
	Completed bool
	Steps     []StepSummary
	// Assessment is interim_rule_assessment, and RuleResults its rules by key.
	Assessment  string
	RuleResults map[string]RuleResult
}

// StepSummary is one step of the journey. Result is nil while there is none.
type StepSummary struct {
	StepID, StepType, StepTitle string
	Result                      *StepResult
}

// StepResult is what a submitted step came to so far.
type StepResult struct {
	PassedRules bool   `json:"has_passed_rules"`
	Concluded   bool   `json:"is_concluded"`
	Status      string `json:"status"`
}

// Summary asks for a journey's summary. The vendor wants at least two seconds between
// two calls of one key and may block its access otherwise, so a call waits for its
// turn, and is ErrNotSent if the context leaves no time for that. Beside the errors of
// every call it may be ErrUnreadable or ErrOtherJourney.
func (c *Client) Summary(ctx context.Context, journeyID string) (*Summary, error) {
	var summary *Summary
	err := c.do(ctx, request{operation: JourneySummary, id: journeyID, accept: func(body []byte) (err error) {
		summary, err = decodeSummary(body, journeyID)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return summary, nil
}

// decodeSummary drops the parser's message: it quotes the input.
func decodeSummary(body []byte, journeyID string) (*Summary, error) {
	var w struct {
		JourneyID json.RawMessage `json:"journey_id"`
		Completed bool            `json:"is_completed"`
		Steps     []struct {
			Definition struct {
				StepID json.RawMessage `json:"step_id"`
				Type   string          `json:"step_type"`
				Title  string          `json:"step_title"`
			} `json:"definition"`
			Result *StepResult `json:"result"`
		} `json:"step_summaries"`
		Result struct {
			Assessment string                `json:"interim_rule_assessment"`
			Rules      map[string]RuleResult `json:"interim_rule_details"`
		} `json:"result"`
	}
	if json.Unmarshal(body, &w) != nil {
		return nil, fmt.Errorf("not a journey summary: %w", ErrUnreadable)
	}
	if err := about(journeyID, w.JourneyID); err != nil {
		return nil, fmt.Errorf("the summary's journey: %w", err)
	}
	s := &Summary{JourneyID: journeyID, Completed: w.Completed, Assessment: w.Result.Assessment, RuleResults: w.Result.Rules}
	for _, step := range w.Steps {
		s.Steps = append(s.Steps, StepSummary{
			StepID: looseText(step.Definition.StepID), StepType: step.Definition.Type,
			StepTitle: step.Definition.Title, Result: step.Result,
		})
	}
	return s, nil
}
