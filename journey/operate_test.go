package journey_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"idjourney/journey"
)

// What the journey says to the acts that the table below tries.
const (
	done       = ""
	early      = "IDWise has not finished this journey: there is nothing to override yet"
	running    = "a custom step is under way: wait for its answer"
	noReview   = "the journey has no local review open: a vendor review is decided in the vendor's dashboard"
	otherStand = "the standing has changed since it was looked at: look again and name its sequence"
	same       = "the standing has this outcome already"
	notNow     = "a step is run again while a person has to decide, and only one that has answered"
	closed     = "the journey's workflow is about to close: a later event, or a refresh, opens it again"
	paused     = "the review is paused while the user has something to submit again"
	ended      = "the relationship has ended: nothing but erasure is left"
	erased     = "the journey has been erased"
)

// phases are journeys in every phase; the one under review is in it for a failed
// step that can be run again.
var phases = []struct {
	phase journey.Phase
	state func(*rig)
	want  string // the answers to the acts below, in their order
}{
	{journey.AwaitingUserSteps, func(*rig) {}, ""},
	{journey.CustomSteps, stepRuns, ""},
	{journey.AwaitingResult, stepDone, ""},
	{journey.AwaitingReview, stepFailed, ""},
	{journey.AwaitingResubmission, func(r *rig) { r.look(fin("Approved")); r.look(fin("Resubmission Requested")) }, ""},
	{journey.Settled, func(r *rig) { r.look(fin("Approved")) }, ""},
	{journey.Expired, expire, ""},
	{journey.Unknown, unknown, ""},
	{journey.Ended, func(r *rig) { r.look(fin("Approved")); r.do(journey.UpdateEnd) }, ""},
	{journey.Erased, func(r *rig) {
		r.look(fin("Approved"))
		r.do(journey.UpdateErase)
		r.in(journey.Input{Erased: &journey.EraseAnswer{}})
	}, ""},
}
