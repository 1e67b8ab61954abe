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
	text += s.describeAlerts()
	return text + s.Attention.describe()
}

// describeAlerts names the AML alerts that wait for a disposition.
func (s State) describeAlerts() string {
	if len(s.AML.Alerts) == 0 {
		return ""
	}
	worst := SeverityLow
	for _, a := range s.AML.Alerts {
		worst = moreSevere(worst, a.Severity)
	}
	oldest := s.AML.Alerts[0]
	return fmt.Sprintf(" AML alerts that wait for a disposition: **%d** (%s), the oldest since %s%s.",
		len(s.AML.Alerts), worst, clock(oldest.Since), oldest.Ladder.until(time.Time{}, ""))
}

func (s State) stands() string {
	switch s.Phase {
	case AwaitingUserSteps:
		return "The user is at work"
	case CustomSteps:
		return "The user has finished their steps"
	case AwaitingResult:
		if s.Rounds.Number > 0 {
			return "The user has submitted again"
		}
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
	case s.Erasing:
		return "it waits for the erasure at IDWise and in the ledger"
	case s.Steps.Running != "":
		return fmt.Sprintf("it waits for the custom step `%s`, within that step's patience", s.Steps.Running)
	case s.Steps.Waiting != "":
		return fmt.Sprintf("it waits for the announced answer of the custom step `%s`, until %s", s.Steps.Waiting, clock(s.Steps.WaitUntil))
	case s.Steps.Completing:
		return "it waits for IDWise to take Complete Custom Step"
	case s.Look.UnderWay:
		return "it is asking IDWise for the result right now"
	case !s.Look.MissingSince.IsZero():
		return "IDWise says there is no such journey" + s.until("it asks again")
	case s.Look.Claim != (Claim{}):
		return "it waits for the API to show what a webhook said (" + s.Look.Claim.words() + ")" + s.until("it asks again")
	}
	switch s.Phase {
	case AwaitingUserSteps:
		return "it waits for Finished User Steps" + s.until("it asks the API itself")
	case AwaitingResult:
		return "it waits for Finished Journey" + s.until("it asks the API itself")
	case CustomSteps:
		return "it waits for the result to show the user's steps again" + s.until("it asks the API itself")
	case AwaitingReview:
		return s.waitsForPerson()
	case AwaitingResubmission:
		return s.waitsForUser()
	default:
		return "it listens for AML changes, renewals and reviews" + s.until("it asks the API itself")
	}
}

func (s State) waitsForPerson() string {
	if s.Reviews.Open == nil {
		return "it waits for a person" + s.until("it asks the API itself")
	}
	text := fmt.Sprintf("it waits for a reviewer in IDWise's dashboard (`%s`)", s.Reviews.Open.Reason)
	if s.Reviews.Open.Kind == ReviewLocal {
		text = fmt.Sprintf("it waits for the update `review` by an operator (`%s`)", s.Reviews.Open.Reason)
	}
	return text + s.Reviews.Open.Ladder.until(earlier(s.Look.At, s.Look.WishAt), "it asks the API itself")
}

func (s State) waitsForUser() string {
	r := s.Rounds.Open
	if r == nil {
		return "it waits for the user" + s.until("it asks the API itself")
	}
	text := "it waits for the user"
	switch n := len(r.Steps); n {
	case 0:
	case 1:
		text += " to submit one step"
	default:
		text += fmt.Sprintf(" to submit %d steps", n)
	}
	text += fmt.Sprintf(" (%s, asked for at %s)", r.Kind, clock(r.Since))
	switch {
	case r.Overdue:
		return text + ", whose time was over at " + clock(r.Until)
	case r.Until.IsZero():
		return text + s.until("it asks the API itself")
	default:
		return text + ", until " + clock(r.Until)
	}
}

// until says what comes next of a ladder, or at look if that is earlier or nothing
// of it is left.
func (l Ladder) until(look time.Time, then string) string {
	var overdue string
	if l.Overdue {
		overdue = ", overdue since " + clock(l.EscalateAt)
	}
	at := look
	if next := l.next(); !next.IsZero() && (at.IsZero() || next.Before(at)) {
		at = next
		switch {
		case len(l.Remind) > 0 && next.Equal(l.Remind[0]):
			then = "a reminder goes out"
		case !l.Overdue && next.Equal(l.EscalateAt):
			then = "it is overdue"
		default:
			then = "the policy decides " + string(l.Finally)
		}
	}
	if at.IsZero() {
		return overdue
	}
	return fmt.Sprintf("%s; at %s %s", overdue, clock(at), then)
}

func (s State) until(then string) string {
	at := earlier(s.Look.At, s.Look.WishAt)
	if at.IsZero() {
		return ", without a limit"
	}
	return fmt.Sprintf("; at %s %s", clock(at), then)
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
	if c.Again {
		words = append(words, "a request to submit again")
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
