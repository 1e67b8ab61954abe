package idwise

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"idjourney/outbound"
)

// Result is the vendor's journey result: the authoritative state. It holds personal data:
// keep it inside one activity.
//
// All sets of values are open and any field may be absent. Absent, null and "" are
// equivalent, and none of them counts as a pass.
type Result struct {
	outbound.Private
	JourneyID string `json:"-"`
	// FlowID is flow_id or, in older answers, the journey definition's id.
	FlowID string `json:"-"`
	// ReferenceNumber is the customer's reference, "" if there is none.
	ReferenceNumber string `json:"-"`
	// EndTime is as sent, ISO 8601 without a zone; nil while the journey is open.
	EndTime *string `json:"end_time"`

	SystemDecision string `json:"system_decision"`
	ManualDecision string `json:"manual_decision"`
	FinalDecision  string `json:"final_decision"`

	// Documents are the submitted documents by step id.
	Documents map[string]Document `json:"documents"`
	// Selfie is nil when the result has none.
	Selfie *Selfie `json:"selfie"`
	// RuleResults are the vendor's rules by key.
	RuleResults map[string]RuleResult `json:"rule_results"`
	Applicant   *Applicant            `json:"applicant"`
	AML         *AML                  `json:"aml"`
	// ScreeningChecks holds the comparison with a submitted custom step.
	ScreeningChecks ScreeningChecks `json:"screening_checks"`
}

// EndedAt is EndTime as an instant. We assume UTC, since the vendor sends no zone. It is
// the zero time if EndTime is absent or unreadable.
func (r *Result) EndedAt() time.Time { return readTime(r.EndTime) }

// Ended reports whether the vendor sent an end time.
func (r *Result) Ended() bool { return r.EndTime != nil && *r.EndTime != "" }

// UnmarshalJSON reads the vendor's format.
func (r *Result) UnmarshalJSON(data []byte) error {
	type fields Result
	w := struct {
		*fields
		JourneyID       loose `json:"journey_id"`
		FlowID          loose `json:"flow_id"`
		DefinitionID    loose `json:"journey_definintion_id"` // the vendor's spelling
		DefinitionIDToo loose `json:"journey_definition_id"`
		ReferenceNumber loose `json:"reference_number"`
	}{fields: (*fields)(r)}
	err := json.Unmarshal(data, &w)
	r.JourneyID, r.ReferenceNumber = string(w.JourneyID), string(w.ReferenceNumber)
	r.FlowID = string(cmp.Or(w.FlowID, w.DefinitionID, w.DefinitionIDToo))
	return err
}

// Result fetches a journey's result, which the vendor also returns before the journey ends.
// Besides the errors of every request, it returns ErrUnreadable or ErrOtherJourney.
func (c *Client) Result(ctx context.Context, journeyID string) (*Result, error) {
	return do(ctx, c, request{operation: JourneyResult, id: journeyID}, func(body []byte) (*Result, error) {
		r, err := decodeResult(body)
		if err != nil {
			return nil, err
		}
		return r, about(journeyID, r.JourneyID)
	})
}

// decodeResult drops the parser's message, which quotes the input.
func decodeResult(body []byte) (*Result, error) {
	var r Result
	if json.Unmarshal(body, &r) != nil {
		return nil, fmt.Errorf("not a journey result: %w", ErrUnreadable)
	}
	if r.JourneyID == "" {
		return nil, errNoID
	}
	return &r, nil
}

// about checks that an answer names the requested id.
func about(asked, answered string) error {
	switch answered {
	case asked:
		return nil
	case "":
		return errNoID
	}
	return ErrOtherJourney
}

// Applicant is the person, as the vendor read it from the documents.
type Applicant struct {
	outbound.Private
	ApplicantID      string `json:"applicant_id"`
	FullName         string `json:"full_name"`
	PersonalNumber   string `json:"personal_number"`
	BirthDate        string `json:"birth_date"`
	ProfileImagePath string `json:"profile_image_path"`
}

// Document is one submitted document.
type Document struct {
	FaceMatchResult *FaceMatch `json:"face_match_result"`
}

// Selfie is the submitted selfie. Status is Complete, Refer, Not Started, or a value
// we do not know.
type Selfie struct {
	Status string `json:"status"`
}

// RuleResult is one rule. Result is Passed, Failed, or a value we do not know.
type RuleResult struct {
	Name   string `json:"name"`
	Result string `json:"result"`
}

// ScreeningChecks holds comparisons with other sources.
type ScreeningChecks struct {
	// AdditionalFaceDB is the comparison with a face submitted as the custom step;
	// nil until the vendor shows one.
	AdditionalFaceDB *AdditionalFaceDB `json:"additional_face_db"`
}

// AdditionalFaceDB is the comparison with a submitted face.
type AdditionalFaceDB struct {
	ImagePath string `json:"image_path"`
	// FaceMatchResults holds only completed comparisons.
	FaceMatchResults []FaceMatch `json:"-"`
}

// FaceMatch is one comparison of faces; Score is 0 to 100.
type FaceMatch struct {
	IsMatched bool        `json:"is_matched"`
	Score     float64     `json:"score"`
	Images    []FaceImage `json:"images"`
}

// FaceImage is one of the compared images.
type FaceImage struct {
	ImagePath   string `json:"image_path"`
	ImageSource string `json:"image_source"`
}

// UnmarshalJSON reads the vendor's format. It leaves out a comparison whose is_matched is
// null or absent: it is neither a match nor a mismatch.
func (a *AdditionalFaceDB) UnmarshalJSON(data []byte) error {
	type fields AdditionalFaceDB
	type result struct {
		FaceMatch
		IsMatched *bool `json:"is_matched"`
	}
	w := struct {
		*fields
		Results []result `json:"face_match_results"`
	}{fields: (*fields)(a)}
	err := json.Unmarshal(data, &w)
	for _, r := range w.Results {
		if r.IsMatched != nil {
			r.FaceMatch.IsMatched = *r.IsMatched
			a.FaceMatchResults = append(a.FaceMatchResults, r.FaceMatch)
		}
	}
	return err
}

// AML is the anti-money-laundering part. Applicability is Not Ready Yet, Skipped,
// Disabled, Applicable, or a value we do not know.
type AML struct {
	Applicability string     `json:"applicability"`
	Matches       []AMLMatch `json:"matches"`
}

// AMLMatch is one match. Name is personal data of the listed person.
type AMLMatch struct {
	MatchID       string   `json:"-"`
	ResourceID    string   `json:"-"`
	Name          string   `json:"name"`
	Datasets      []string `json:"datasets"`
	IsWhitelisted bool     `json:"is_whitelisted"`
	MatchStatus   string   `json:"match_status"`
	// AMLRecordVersion is the version of the AML record that last changed the match; 0 if
	// absent.
	AMLRecordVersion int `json:"-"`
	// OngoingMonitorUpdateType is set if monitoring added or changed the match.
	OngoingMonitorUpdateType string `json:"ongoing_monitor_update_type"`
}

// UnmarshalJSON reads the vendor's format.
func (m *AMLMatch) UnmarshalJSON(data []byte) error {
	type fields AMLMatch
	w := struct {
		*fields
		MatchID    loose `json:"match_id"`
		ResourceID loose `json:"resource_id"`
		Version    loose `json:"aml_record_version"`
	}{fields: (*fields)(m)}
	err := json.Unmarshal(data, &w)
	m.MatchID, m.ResourceID, m.AMLRecordVersion = string(w.MatchID), string(w.ResourceID), w.Version.count()
	return err
}

// SpotCheckResult is the result of a biometric spot check. It leaves out the person whom
// the vendor's answer describes, but the reference is personal data.
type SpotCheckResult struct {
	outbound.Private
	// ID is the spot check's own id. It is not the onboarding journey's, and
	// [Client.Result] does not know it.
	ID string `json:"-"`
	// ReferenceNumber is the only link to a customer; "" if absent.
	ReferenceNumber string `json:"-"`
	// EndTime is as sent, ISO 8601 without a zone; nil while the check is open.
	EndTime *string `json:"end_time"`
	// SystemDecision is Complete, Refer, Incomplete, or a value we do not know.
	SystemDecision string `json:"system_decision"`
	// Selfie is nil when the result has none.
	Selfie *Selfie `json:"selfie"`
	// RuleResults are the vendor's rules by key.
	RuleResults map[string]RuleResult `json:"rule_results"`
}

// EndedAt is EndTime as an instant. We assume UTC, as in Result.
func (r *SpotCheckResult) EndedAt() time.Time { return readTime(r.EndTime) }

// SpotCheck fetches a spot check's result by the id from its webhook. Besides the errors
// of every request, it returns ErrUnreadable or ErrOtherJourney. We infer that the answer's
// journey_id is the spot check's own id.
func (c *Client) SpotCheck(ctx context.Context, id string) (*SpotCheckResult, error) {
	return do(ctx, c, request{operation: ReadSpotCheck, id: id}, func(body []byte) (*SpotCheckResult, error) {
		var w struct {
			SpotCheckResult
			JourneyID       loose `json:"journey_id"`
			ReferenceNumber loose `json:"reference_number"`
		}
		if json.Unmarshal(body, &w) != nil {
			return nil, fmt.Errorf("not a spot check's result: %w", ErrUnreadable)
		}
		w.ID, w.SpotCheckResult.ReferenceNumber = string(w.JourneyID), string(w.ReferenceNumber)
		return &w.SpotCheckResult, about(id, w.ID)
	})
}

// AMLHistory is one version of an AML record, from the vendor's history. Its matches name
// people.
type AMLHistory struct {
	outbound.Private
	CheckID string
	// Version is the requested version.
	Version int
	// Matches are those of the version. It is not known for certain whether they are all
	// matches at that version or only those that the version changed: a match's
	// AMLRecordVersion names the version that last changed it.
	Matches []AMLMatch
}

// AMLHistory fetches one version, from 1 on, of a check's AML matches. We infer that the
// id of a journey's check is the journey's id. A version that the vendor does not keep is
// missing (see [IsMissing]). Besides the errors of every request, it returns ErrUnreadable,
// also for an answer without a list of matches, or ErrOtherJourney.
func (c *Client) AMLHistory(ctx context.Context, checkID string, version int) (AMLHistory, error) {
	if version < 1 {
		return AMLHistory{}, fmt.Errorf("calling %s: versions count from 1: %w", ReadAMLHistory, ErrNotSent)
	}
	r := request{operation: ReadAMLHistory, id: checkID, query: url.Values{"version": {strconv.Itoa(version)}}}
	return do(ctx, c, r, func(body []byte) (AMLHistory, error) {
		var w struct {
			CheckID loose       `json:"check_id"`
			Matches *[]AMLMatch `json:"aml_matches"`
		}
		// A missing list is an error: read as an empty one, it would hide what a version changed.
		if json.Unmarshal(body, &w) != nil || w.Matches == nil {
			return AMLHistory{}, fmt.Errorf("not an AML history: %w", ErrUnreadable)
		}
		return AMLHistory{CheckID: checkID, Version: version, Matches: *w.Matches}, about(checkID, string(w.CheckID))
	})
}
