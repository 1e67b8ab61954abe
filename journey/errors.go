package journey

import "errors"

// Why an operator's act is refused. Each is a whole sentence, which the operator reads.
var (
	errClosed          = errors.New("the journey's workflow is about to close: a later event, or a refresh, opens it again")
	errEnded           = errors.New("the relationship has ended: nothing but erasure is left")
	errErased          = errors.New("the journey has been erased")
	errErasing         = errors.New("the erasure is under way")
	errActActor        = errors.New("an act needs an actor and a reason")
	errReasonLong      = errors.New("the reason is too long: at most 500 bytes")
	errNoSuchAct       = errors.New("there is no such act")
	errNoLocalReview   = errors.New("the journey has no local review open: a vendor review is decided in the vendor's dashboard")
	errReviewPaused    = errors.New("the review is paused while the user has something to submit again")
	errOtherReview     = errors.New("the review has changed since it was looked at: look again and name the one that is open now")
	errReviewOutcome   = errors.New("a review ends in approved or rejected")
	errReviewActor     = errors.New("a review's decision needs an actor and a reason")
	errNoAlert         = errors.New("the journey has no such AML alert open")
	errHoldHidden      = errors.New("ending a hold, or approving by an override, needs the scope aml:read")
	errDisposition     = errors.New("an AML alert ends as true_match, false_positive or accepted")
	errOverrideOutcome = errors.New("an override's outcome is approved, rejected or on_hold")
	errOverrideStale   = errors.New("the standing has changed since it was looked at: look again and name its sequence")
	errOverrideSame    = errors.New("the standing has this outcome already")
	errOverrideEarly   = errors.New("IDWise has not finished this journey: there is nothing to override yet")
	errNoSuchStep      = errors.New("the journey's policy has no such custom step")
	errStepRunning     = errors.New("a custom step is under way: wait for its answer")
	errRetryPhase      = errors.New("a step is run again while a person has to decide, and only one that has answered")
	errRetrySubmitted  = errors.New("this step submits to IDWise, which takes nothing after Complete Custom Step")
)
