package idwise

import "context"

// Deletion says what a deletion found.
type Deletion string

// Either way the vendor has nothing of the journey any more.
const (
	Deleted     Deletion = "deleted"
	AlreadyGone Deletion = "already_gone" // the vendor knows no such journey
)

// DeleteJourney deletes what the vendor keeps about a journey. A journey that the
// vendor itself does not know is no error but AlreadyGone, so that the call may be
// repeated; a bare 404 is an error, since that may be a wrong path of ours. Nothing
// documented says whether the vendor deletes at once.
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
