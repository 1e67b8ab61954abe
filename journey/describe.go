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
	stands := stands[s.Phase]
	if s.Phase == AwaitingResult && s.Rounds.Number > 0 {
		stands = "The user has submitted again"
	}
	text := "**" + stands + "**, " + s.waitsFor() + "."
	if s.Standing.Outcome != "" {
		text += fmt.Sprintf(" Standing: **%s** since %s (decision %d).", s.Standing.Outcome, clock(s.Standing.Since), s.Standing.Sequence)
	}
	return text + s.AML.describe() + s.Attention.describe()
}

var stands = map[Phase]string{
	AwaitingUserSteps:    "The user is at work",
	CustomSteps:          "The user has finished their steps",
	AwaitingResult:       "Our custom steps are done",
	AwaitingReview:       "A person has to decide",
	AwaitingResubmission: "The user has to submit something again",
	Settled:              "Settled",
	Expired:              "Expired, the user never finished",
	Unknown:              "Unknown to IDWise",
	Ended:                "Ended",
	Erased:               "Erased",
}

func (s *State) waitsFor() string {
	fetch := s.Look.describe("it asks the API itself")
	switch {
	case s.final():
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
		return "IDWise says there is no such journey" + s.Look.describe("it asks again")
	case s.Look.Claim != (Claim{}):
		return "it waits for the API to show what a webhook said (" + s.Look.Claim.words() + ")" + s.Look.describe("it asks again")
	}
	switch s.Phase {
	case AwaitingUserSteps:
		return "it waits for Finished User Steps" + fetch
	case AwaitingResult:
		return "it waits for Finished Journey" + fetch
	case CustomSteps:
		return "it waits for the result to show the user's steps again" + fetch
	case AwaitingReview:
		if s.Reviews.Open == nil {
			return "it waits for a person" + fetch
		}
		return s.Reviews.Open.describe(&s.Look)
	case AwaitingResubmission:
		if s.Rounds.Open == nil {
			return "it waits for the user" + fetch
		}
		return s.Rounds.Open.describe(fetch)
	default:
		return "it listens for AML changes, renewals and reviews" + fetch
	}
}

// describe says when the next fetch is due and what it is for.
func (l *Look) describe(then string) string {
	at := earlier(l.At, l.WishAt)
	if at.IsZero() {
		return ", without a limit"
	}
	return fmt.Sprintf("; at %s %s", clock(at), then)
}

func (r *Review) describe(look *Look) string {
	who := "a reviewer in IDWise's dashboard"
	if r.Kind == ReviewLocal {
		who = "the update `review` by an operator"
	}
	return fmt.Sprintf("it waits for %s (`%s`)%s", who, r.Reason, r.Ladder.describe(earlier(look.At, look.WishAt)))
}

func (r *Resubmission) describe(fetch string) string {
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
		return text + fetch
	default:
		return text + ", until " + clock(r.Until)
	}
}

// describe names the AML alerts that wait for a disposition.
func (a *Screening) describe() string {
	if len(a.Alerts) == 0 {
		return ""
	}
	worst := SeverityLow
	for _, alert := range a.Alerts {
		worst = moreSevere(worst, alert.Severity)
	}
	return fmt.Sprintf(" AML alerts that wait for a disposition: **%d** (%s), the oldest since %s%s.",
		len(a.Alerts), worst, clock(a.Alerts[0].Since), a.Alerts[0].Ladder.describe(time.Time{}))
}

// describe says what comes next of a ladder, or of the fetch that is due if that is
// earlier or nothing of the ladder is left.
func (l Ladder) describe(fetch time.Time) string {
	var overdue string
	if l.Overdue {
		overdue = ", overdue since " + clock(l.EscalateAt)
	}
	at, then := fetch, "it asks the API itself"
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

func (c Claim) words() string {
	var words []string
	for _, w := range []struct {
		claimed bool
		text    string
	}{
		{c.UserSteps, "the user's steps"},
		{c.Finished, "a finished journey"},
		{c.Manual, "a manual decision"},
		{c.AML > 0, fmt.Sprintf("AML version %d", c.AML)},
		{c.AML == 0 && c.AMLBefore != "", "an AML change"},
		{c.Again, "a request to submit again"},
		{c.Changed != "", "another decision"},
	} {
		if w.claimed {
			words = append(words, w.text)
		}
	}
	return strings.Join(words, ", ")
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
