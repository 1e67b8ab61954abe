package journey

import (
	"slices"
	"strings"
	"time"
)

// Rounds are the submissions after the first: what is judged, and what the user has to
// submit again.
type Rounds struct {
	Number int `json:"number,omitempty"` // of resubmissions
	// Subject is the last that a verdict showed, SubjectBefore what was judged before
	// SubjectSince.
	Subject       string    `json:"subject,omitempty"`
	SubjectSince  time.Time `json:"subjectSince,omitzero"`
	SubjectBefore string    `json:"subjectBefore,omitempty"`

	Open *Resubmission `json:"open,omitempty"`
	// Asked and Exceeded are what webhooks claimed and the API does not show.
	Asked    *Resubmission `json:"asked,omitempty"`
	Exceeded *Exceeded     `json:"exceeded,omitempty"`
	// RenewalQuiet is until when no further unconfirmed renewal is put before a person.
	RenewalQuiet time.Time `json:"renewalQuiet,omitzero"`
}

// ResubmissionKind says why the user has to submit something again.
type ResubmissionKind string

// A reviewer asked for it, or the vendor's KYC renewal is due.
const (
	KindResubmission ResubmissionKind = "resubmission"
	KindRenewal      ResubmissionKind = "renewal"
)

// Exceeded is a webhook's claim that a renewal's deadline has passed.
type Exceeded struct {
	At       time.Time `json:"at"`
	Deadline time.Time `json:"deadline,omitzero"` // the vendor's, zero if it could not be read
}

// Resubmission is what the user has to submit again. Webhooks alone name the steps and
// their reasons; it is open only while the API shows it, too.
type Resubmission struct {
	Kind  ResubmissionKind `json:"kind"`
	Steps []RequiredStep   `json:"requiredSteps,omitempty"`
	Since time.Time        `json:"since"`
	Until time.Time        `json:"until,omitzero"` // the end of the declared time
	// Overdue says that our own time is over and that this was reported; Missed that
	// the policy has drawn its consequence.
	Overdue bool   `json:"overdue,omitempty"`
	Missed  bool   `json:"missed,omitempty"`
	Subject string `json:"subject,omitempty"` // what was judged when it was asked for
}

const (
	// staleAfter is how long after a change of what is judged a request to submit it
	// again counts as an old one: the vendor retries a webhook for half an hour.
	staleAfter        = 2 * time.Hour
	maxRequired       = 20                    // steps that are remembered
	reasonUnconfirmed = "renewal_unconfirmed" // webhooks call it missed, and the API does not show it
)

// deadline is the declared time of a resubmission.
func (p Policy) deadline(k ResubmissionKind) DeadlinePolicy {
	if k == KindRenewal {
		return p.Renewal
	}
	return p.Resubmission
}

// submitted says that what is judged is not what it was when it was asked for.
func (r Resubmission) submitted(v Verdict) bool {
	return v.Subject != "" && r.Subject != "" && v.Subject != r.Subject
}

// done says that the user has submitted, or that nothing is asked for any more. Only a new
// subject ends a missed renewal: that the vendor's journey is closed again proves nothing.
func (r Resubmission) done(v Verdict, userSteps []string) bool {
	renewal := r.Kind == KindRenewal && (r.Missed || v.lacks(userSteps))
	return v.finished() && !v.asksAgain() && (r.submitted(v) || !renewal)
}

// ask takes a Verification Update Required. It waits for the API to show the request,
// and a further one moves no deadline of the first.
func (r *Rounds) ask(e Event) {
	asked := &Resubmission{Kind: KindResubmission, Since: e.ReceivedAt, Steps: e.Hint.RequiredSteps}
	asked.Steps = asked.Steps[:min(len(asked.Steps), maxRequired)]
	if strings.Contains(strings.ToLower(e.Hint.Trigger), "renewal") {
		asked.Kind = KindRenewal
	}
	if r.renewalAsked() {
		asked.Kind, asked.Since = KindRenewal, r.Asked.Since
	}
	r.Asked = asked
}

// exceed takes a KYC Renewal Deadline Exceeded; of several deadlines the last counts.
func (r *Rounds) exceed(e Event) {
	r.Exceeded = &Exceeded{At: e.ReceivedAt}
	for _, step := range e.Hint.RequiredSteps {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
			if at, err := time.Parse(layout, step.RenewalDeadline); err == nil && at.After(r.Exceeded.Deadline) {
				r.Exceeded.Deadline = at.UTC()
			}
		}
	}
}

// renewalAsked says that a webhook asked for a renewal.
func (r *Rounds) renewalAsked() bool { return r.Asked != nil && r.Asked.Kind == KindRenewal }

// takeSubject takes what a verdict judges and says whether an earlier one judged
// something else.
func (r *Rounds) takeSubject(subject string, now time.Time) (changed bool) {
	if subject == "" { // not shown this time: what comes next is compared with the last
		return false
	}
	was := r.Subject
	r.Subject = subject
	if was == "" || was == subject {
		return false
	}
	r.SubjectSince, r.SubjectBefore = now, was
	return true
}

// forgetStale drops what webhooks claimed and the user has submitted since, and a
// reviewer's request that the API has not shown within the time that the user would have.
func (r *Rounds) forgetStale(within Duration, now time.Time) {
	submitted := func(since time.Time) bool {
		return !r.SubjectSince.IsZero() && r.SubjectSince.Add(staleAfter).After(since)
	}
	if a := r.Asked; a != nil {
		never := a.Kind == KindResubmission && !now.Before(a.Since.Add(time.Duration(within)))
		if submitted(a.Since) || never {
			r.Asked = nil
		}
	}
	if x := r.Exceeded; x != nil && (submitted(x.At) || r.SubjectSince.After(x.Deadline) && !x.Deadline.IsZero()) {
		r.Exceeded = nil
	}
}

// require opens the resubmission that the API shows, or takes a new list of steps for
// the open one, and returns what to ask the user for; nil if nothing. Its time counts from
// now: a webhook starts no clock.
func (r *Rounds) require(v Verdict, policy Policy, now time.Time) *Resubmission {
	required := Resubmission{Kind: KindResubmission, Since: now, Subject: v.Subject}
	if !v.asksAgain() && (r.renewalAsked() || r.Asked == nil && r.Exceeded != nil) {
		required.Kind = KindRenewal
	}
	var steps []RequiredStep
	if r.Asked != nil {
		steps = r.Asked.Steps
	}
	r.Asked = nil
	if r.Open != nil {
		if slices.Equal(r.Open.Steps, steps) {
			return nil
		}
		required = *r.Open
	} else {
		if !v.finished() && r.SubjectSince.Equal(now) {
			required.Subject = r.SubjectBefore // asked and submitted before this fetch
		}
		if within := policy.deadline(required.Kind).Within; within > 0 {
			required.Until = now.Add(time.Duration(within))
		}
	}
	required.Steps = steps
	r.Open = &required
	if required.submitted(v) { // the user has nothing left to submit
		return nil
	}
	return &required
}

// takeDeadline draws the consequence of a time that is over, and says whether a renewal
// has become overdue. A renewal is missed only if the vendor's deadline, readable and in
// the past, is said to be exceeded, too.
func (r *Rounds) takeDeadline(v Verdict, now time.Time) (overdue bool) {
	open := *r.Open
	submitted := open.submitted(v) && !v.asksAgain() // a user who is asked once more has not submitted all
	if open.Until.IsZero() || now.Before(open.Until) || open.Missed || submitted {
		return false
	}
	if open.Kind == KindResubmission {
		open.Missed = true
	} else {
		x := r.Exceeded
		open.Missed = x != nil && !x.Deadline.IsZero() && !now.Before(x.Deadline)
		overdue, open.Overdue = !open.Overdue, true
	}
	r.Open = &open
	return overdue
}

// unconfirmedAt is when a renewal that webhooks alone claim is put before a person; zero
// if there is none. After a person has decided, the next is not before the declared time.
func (r *Rounds) unconfirmedAt(renewal DeadlinePolicy) time.Time {
	var at time.Time
	switch {
	case r.Open != nil:
		return at
	case r.Exceeded != nil:
		at = r.Exceeded.At
	case r.renewalAsked() && renewal.Within > 0:
		at = r.Asked.Since.Add(time.Duration(renewal.Within))
	default:
		return at
	}
	if at.Before(r.RenewalQuiet) {
		return r.RenewalQuiet
	}
	return at
}

// forgetMissed drops a missed request that a person has decided about, so that the
// next one is published and counted anew; not while the vendor still asks. Webhooks that
// the API does not confirm cause one review in the declared time.
func (r *Rounds) forgetMissed(v *Verdict, renewal DeadlinePolicy, now time.Time) {
	if at := r.unconfirmedAt(renewal); !at.IsZero() {
		if !now.Before(at) {
			r.RenewalQuiet = now.Add(time.Duration(renewal.Within))
		}
		r.Exceeded = nil
		if r.renewalAsked() {
			r.Asked = nil
		}
	}
	if r.Open != nil && r.Open.Missed && v != nil && v.finished() && !v.asksAgain() {
		r.Open, r.Exceeded = nil, nil
	}
}

// takeVerdict takes up what the API shows. Another subject after the journey had been
// finished begins a new round: our answers about the old one are void. So does one after
// Complete Custom Step, which closes a journey: the vendor has opened it again unseen.
func (s *State) takeVerdict(v Verdict, now time.Time) {
	before := s.Verdict
	v.AML = v.AML.orKnown(before)
	s.Verdict, s.VerdictAt = &v, now
	if s.Rounds.takeSubject(v.Subject, now) && (before.finished() || s.openedAgain() || s.Steps.Completed) {
		s.Rounds.Number++
		s.Steps.Reruns, s.Steps.Completed, s.Steps.UserStepsHinted = 0, false, false
	}
}

// openedAgain says that an unfinished journey had been finished before: decided,
// reviewed, or asked to be submitted again.
func (s *State) openedAgain() bool {
	return s.Standing.decided() || s.Reviews.Open != nil || s.Rounds.Open != nil || s.Phase == AwaitingResubmission
}

// asksAgain says that the API shows a request to submit something again: a reviewer's
// decision, a journey that is open again or, where a webhook says that a renewal is due,
// something that has been lacking since the last decision.
func (s *State) asksAgain(v Verdict) bool {
	if !v.finished() {
		return s.openedAgain()
	}
	claimed := s.Rounds.renewalAsked() || s.Rounds.Exceeded != nil
	return v.asksAgain() || claimed && s.Decided.Last != nil && !s.Decided.Lacks && v.lacks(s.Policy.UserSteps)
}

// takeRequests opens the one resubmission when the API shows it, and ends it when the
// user has submitted or nothing is asked for any more.
func (s *State) takeRequests(now time.Time) []Effect {
	v, asks := *s.Verdict, s.asksAgain(*s.Verdict)
	if !s.Look.Dirty && v.finished() && !asks {
		s.Rounds.forgetStale(s.Policy.Resubmission.Within, now)
	}
	var effects []Effect
	if asks && (s.Rounds.Asked != nil || s.Rounds.Open == nil) {
		if r := s.Rounds.require(v, s.Policy, now); r != nil {
			message := MessageResubmissionRequired
			if r.Kind == KindRenewal {
				message = MessageRenewalDue
			}
			effects = s.publish(Message{ID: s.id("res", string(r.Kind), stamp(now)), Type: message, Resubmission: r}, now)
		}
	}
	switch r := s.Rounds.Open; {
	case r == nil:
	case r.done(v, s.Policy.UserSteps):
		s.Rounds.Open, s.Rounds.Exceeded = nil, nil
	case !s.Look.uncovered(s.Policy.Hints, now) && s.Rounds.takeDeadline(v, now):
		m := Message{ID: s.id("res", "overdue", stamp(now)), Type: MessageRenewalOverdue, Resubmission: s.Rounds.Open}
		effects = append(effects, s.publish(m, now)...)
	}
	return effects
}

// continueReopened goes on with a journey that the vendor has open again. The standing
// stays until a new decision.
func (s *State) continueReopened(now time.Time) []Effect {
	v, r := *s.Verdict, s.Rounds.Open
	var effects []Effect
	if j := s.afterMatch(Judgement{}, basis{verdict: v}); j.Outcome != "" {
		effects = s.decide(j, now)
	}
	switch {
	case r == nil: // nothing is asked of anybody: the vendor is at work
		s.pause(AwaitingResult, now)
	case r.submitted(v) && !s.Steps.Completed && (len(r.Steps) == 1 || s.userStepsFinished(v, now)):
		// All that was asked for is there, or no more has come for long enough: without
		// Complete Custom Step the vendor's journey might hang for ever.
		effects = append(effects, s.runCustomSteps(now)...)
	case r.submitted(v):
		s.pause(AwaitingResult, now)
	case r.Missed:
		effects = append(effects, s.carryOut(s.weigh(nil, now), now)...)
	default:
		s.pause(AwaitingResubmission, now)
	}
	return effects
}
