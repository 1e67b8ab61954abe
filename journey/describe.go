package journey

import (
	"fmt"
	"strings"
	"time"
)

// Describe says in one sentence where the journey stands, what it waits for and
// until when, and then names what needs a person. It is Markdown for Temporal's
// Web UI, without personal data.
func (s State) Describe() string {
	text := "**" + s.stands() + "**, " + s.waitsFor() + "."
	if s.Standing.Outcome != "" {
		text += fmt.Sprintf(" Standing: **%s** since %s (decision %d).", s.Standing.Outcome, clock(s.Standing.Since), s.Standing.Sequence)
	}
	for _, a := range s.Attention {
		text += fmt.Sprintf(" Needs a person: `%s`%s since %s.", a.Code, detail(a.Detail), clock(a.Since))
	}
	return text
}

func (s State) stands() string {
	switch s.Phase {
	case AwaitingUserSteps:
		return "The user is at work"
	case CustomSteps:
		return "The user has finished their steps"
	case AwaitingResult:
		return "Our custom steps are done"
	case AwaitingReview:
		return "A person has to decide"
	case AwaitingResubmission:
		return "The user has to submit something again"
	case Settled:
		return "Settled"
	case Expired:
		return "Expired, the user never finished"
	case Unknown:
		return "Unknown to IDWise"
	case Ended:
		return "Ended"
	case Erased:
		return "Erased"
	default:
		return string(s.Phase)
	}
}

func (s State) waitsFor() string {
	switch {
	case s.Phase == Ended, s.Phase == Erased:
		return "it waits for nothing any more"
	case s.Closed():
		return "it waits for nothing; a later event opens it again"
	case s.Running != "":
		return fmt.Sprintf("it waits for the custom step `%s`, within that step's patience", s.Running)
	case s.Completing:
		return "it waits for IDWise to take Complete Custom Step"
	case s.Looking:
		return "it is asking IDWise for the result right now"
	case !s.MissingSince.IsZero():
		return "IDWise says there is no such journey" + s.until("it asks again")
	case s.Claim != (Claim{}):
		return "it waits for the API to show what a webhook said (" + s.Claim.words() + ")" + s.until("it asks again")
	}
	switch s.Phase {
	case AwaitingUserSteps:
		return "it waits for Finished User Steps" + s.until("it asks the API itself")
	case AwaitingResult:
		return "it waits for Finished Journey" + s.until("it asks the API itself")
	case AwaitingReview:
		if s.Review != nil && s.Review.Kind == ReviewLocal {
			return fmt.Sprintf("it waits for the update `review` by an operator (`%s`), without a limit", s.Review.Reason)
		}
		return "it waits for a reviewer in IDWise's dashboard" + s.until("it asks the API itself")
	case AwaitingResubmission:
		return "it waits for the user" + s.until("it asks the API itself")
	default:
		return "it listens for AML changes, renewals and reviews, without a limit"
	}
}

func (s State) until(then string) string {
	if s.LookAt.IsZero() {
		return ""
	}
	return fmt.Sprintf("; at %s %s", clock(s.LookAt), then)
}

func (c Claim) words() string {
	var words []string
	if c.UserSteps {
		words = append(words, "the user's steps")
	}
	if c.Finished {
		words = append(words, "a finished journey")
	}
	if c.Manual {
		words = append(words, "a manual decision")
	}
	switch {
	case c.AML > 0:
		words = append(words, fmt.Sprintf("AML version %d", c.AML))
	case c.AMLBefore != "":
		words = append(words, "an AML change")
	}
	if c.Changed != "" {
		words = append(words, "another decision")
	}
	return strings.Join(words, ", ")
}

func detail(d string) string {
	if d == "" {
		return ""
	}
	return " (" + d + ")"
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
