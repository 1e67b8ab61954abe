package idwise

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"idjourney/outbound"
)

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
