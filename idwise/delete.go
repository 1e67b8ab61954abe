package idwise

import "context"

// Deletion is the outcome of a deletion.
type Deletion string

// After either, the vendor has no data of the journey.
const (
	Deleted     Deletion = "deleted"
	AlreadyGone Deletion = "already_gone" // the vendor knows no such journey
)

// DeleteJourney deletes the vendor's data of a journey. If the vendor itself does not know
// the journey, the outcome is AlreadyGone, so that the request can be repeated. A bare 404
// is an error, since it may mean that our path is wrong. The vendor does not document
// whether it deletes immediately.
func (c *Client) DeleteJourney(ctx context.Context, journeyID string) (Deletion, error) {
	err := c.do(ctx, request{operation: DeleteJourney, id: journeyID})
	switch {
	case err == nil:
		return Deleted, nil
	case IsMissing(err):
		return AlreadyGone, nil
	}
	return "", err
}
