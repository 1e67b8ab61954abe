package idwise

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
)

// AMLHistory is one version of an AML record, from the vendor's history.
// Its matches name people, so it refuses to be serialised or printed, as Result does.
type AMLHistory struct {
	CheckID string
	// Version is the requested version.
	Version int
	// Matches are those of the version. It is not known for certain whether they are all
	// matches at that version or only those that the version changed: a match's
	// AMLRecordVersion names the version that last changed it.
	Matches []AMLMatch
}

// MarshalJSON always fails, so that no name gets into a payload or a store by accident.
func (h AMLHistory) MarshalJSON() ([]byte, error) { return nil, errPersonal }

// String names the check and the version only.
func (h AMLHistory) String() string {
	return fmt.Sprintf("version %d of AML check %s", h.Version, h.CheckID)
}

// GoString names the check and the version only.
func (h AMLHistory) GoString() string { return h.String() }

// LogValue names the check and the version only.
func (h AMLHistory) LogValue() slog.Value { return slog.StringValue(h.String()) }

// AMLHistory fetches one version, from 1 on, of a check's AML matches. We infer that the
// id of a journey's check is the journey's id. A version that the vendor does not keep is
// missing (see [IsMissing]). Besides the errors of every request, it returns ErrUnreadable,
// also for an answer without a list of matches, or ErrOtherJourney.
func (c *Client) AMLHistory(ctx context.Context, checkID string, version int) (AMLHistory, error) {
	if version < 1 {
		return AMLHistory{}, fmt.Errorf("calling %s: versions count from 1: %w", ReadAMLHistory, ErrNotSent)
	}
	var history AMLHistory
	err := c.do(ctx, request{operation: ReadAMLHistory, id: checkID, query: versionQuery(version), accept: func(body []byte) (err error) {
		history, err = decodeAMLHistory(body, checkID)
		return err
	}})
	if err != nil {
		return AMLHistory{}, err
	}
	history.Version = version
	return history, nil
}

func versionQuery(version int) url.Values {
	return url.Values{"version": {strconv.Itoa(version)}}
}

// decodeAMLHistory drops the parser's message, which quotes the input. A missing list is
// an error: read as an empty one, it would hide what a version changed.
func decodeAMLHistory(body []byte, checkID string) (AMLHistory, error) {
	var w struct {
		CheckID json.RawMessage `json:"check_id"`
		Matches *[]AMLMatch     `json:"aml_matches"`
	}
	if json.Unmarshal(body, &w) != nil || w.Matches == nil {
		return AMLHistory{}, fmt.Errorf("not an AML history: %w", ErrUnreadable)
	}
	if err := about(checkID, w.CheckID); err != nil {
		return AMLHistory{}, fmt.Errorf("the history's check: %w", err)
	}
	return AMLHistory{CheckID: checkID, Matches: *w.Matches}, nil
}
