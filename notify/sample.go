package notify

import (
	"crypto/rand"
	"encoding/json"
	"fmt"

	"idjourney/journey"
)

// Sample returns a message of the type with the content of its [Example], and the
// reference in it, for a customer to try their endpoint with. Its ID is new, so
// that a receiver that drops what it has seen takes it.
func Sample(t journey.MessageType) (m journey.Message, reference string, err error) {
	body, err := Example(t)
	if err != nil {
		return m, "", err
	}
	var n Notification
	if err := json.Unmarshal(body, &n); err != nil {
		return m, "", fmt.Errorf("reading the example of %s: %w", t, err)
	}
	m = journey.Message{
		ID: "sample_" + rand.Text(), Type: n.Type, At: n.Timestamp,
		Account: n.Data.Account, JourneyID: n.Data.JourneyID, Phase: n.Data.Phase,
		Review: n.Data.Review, AML: n.Data.AML,
	}
	if a := n.Data.Attention; a != nil {
		m.Attention = &journey.AttentionItem{Code: a.Code, Since: a.Since}
	}
	if d := n.Data.Decision; d != nil {
		m.Decision = &journey.Decision{
			ID: d.ID, Account: n.Data.Account, JourneyID: n.Data.JourneyID,
			Sequence: d.Sequence, Outcome: d.Outcome, Source: d.Source,
			System: d.System, Manual: d.Manual, Final: d.Final,
			AMLVersion: d.AMLVersion, AMLMatches: d.AMLMatches,
			Reasons: d.Reasons, Supersedes: d.Supersedes, PolicyVersion: d.PolicyVersion,
			DecidedBy: d.DecidedBy, DecidedAt: d.DecidedAt,
		}
	}
	return m, n.Data.Reference, nil
}
