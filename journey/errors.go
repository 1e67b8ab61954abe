package journey

import "errors"

// Why an operator's decision on a review is refused.
var (
	errNoLocalReview = errors.New("the journey has no local review open: a vendor review is decided in the vendor's dashboard")
	errOtherReview   = errors.New("the review has changed since it was looked at: look again and name the one that is open now")
	errReviewOutcome = errors.New("a review ends in approved or rejected")
	errReviewActor   = errors.New("a review's decision needs an actor and a reason")
)
