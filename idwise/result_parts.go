package idwise

import "encoding/json"

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
	ImagePath string
	// FaceMatchResults holds only completed comparisons. One whose is_matched is null or
	// absent is left out, since it is neither a match nor a mismatch.
	FaceMatchResults []FaceMatch
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

// UnmarshalJSON reads the vendor's format.
func (a *AdditionalFaceDB) UnmarshalJSON(data []byte) error {
	var w struct {
		ImagePath string `json:"image_path"`
		Results   []struct {
			IsMatched *bool       `json:"is_matched"`
			Score     float64     `json:"score"`
			Images    []FaceImage `json:"images"`
		} `json:"face_match_results"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*a = AdditionalFaceDB{ImagePath: w.ImagePath}
	for _, r := range w.Results {
		if r.IsMatched != nil {
			a.FaceMatchResults = append(a.FaceMatchResults, FaceMatch{*r.IsMatched, r.Score, r.Images})
		}
	}
	return nil
}

// AML is the anti-money-laundering part. Applicability is Not Ready Yet, Skipped,
// Disabled, Applicable, or a value we do not know.
type AML struct {
	Applicability string     `json:"applicability"`
	Matches       []AMLMatch `json:"matches"`
}

// AMLMatch is one match. Name is personal data of the listed person.
type AMLMatch struct {
	MatchID, ResourceID string
	Name                string
	Datasets            []string
	IsWhitelisted       bool
	MatchStatus         string
	// AMLRecordVersion is the version of the AML record that last changed the match; 0 if
	// absent.
	AMLRecordVersion int
	// OngoingMonitorUpdateType is set if monitoring added or changed the match.
	OngoingMonitorUpdateType string
}

// UnmarshalJSON reads the vendor's format. The types of ids and version are not
// documented, so it accepts strings and numbers.
func (m *AMLMatch) UnmarshalJSON(data []byte) error {
	var w struct {
		MatchID       json.RawMessage `json:"match_id"`
		ResourceID    json.RawMessage `json:"resource_id"`
		Name          string          `json:"name"`
		Datasets      []string        `json:"datasets"`
		IsWhitelisted bool            `json:"is_whitelisted"`
		MatchStatus   string          `json:"match_status"`
		Version       json.RawMessage `json:"aml_record_version"`
		MonitorUpdate string          `json:"ongoing_monitor_update_type"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*m = AMLMatch{
		MatchID: looseText(w.MatchID), ResourceID: looseText(w.ResourceID), Name: w.Name,
		Datasets: w.Datasets, IsWhitelisted: w.IsWhitelisted, MatchStatus: w.MatchStatus,
		AMLRecordVersion: looseCount(w.Version), OngoingMonitorUpdateType: w.MonitorUpdate,
	}
	return nil
}
