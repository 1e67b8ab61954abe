package journey

import (
	"slices"
	"strings"
	"time"
)

// Rounds are the submissions after the first: what is judged, and what the user has to
// submit again.
type Rounds struct {
	// Number counts the resubmissions.
	Number int `json:"number,omitempty"`
	// Subject is the last that a verdict showed, SubjectBefore what was judged before
	// SubjectSince.
	Subject       string    `json:"subject,omitempty"`
	SubjectSince  time.Time `json:"subjectSince,omitzero"`
	SubjectBefore string    `json:"subjectBefore,omitempty"`

	Open *Resubmission `json:"open,omitempty"`
	// Asked and Exceeded are what webhooks claimed and the API does not show.
	Asked    *Resubmission `json:"asked,omitempty"`
	Exceeded *Exceeded     `json:"exceeded,omitempty"`
	// RenewalQuiet is until when a person hears of no further unconfirmed renewal.
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
	At time.Time `json:"at"`
	// Deadline is the vendor's, zero if it could not be read.
	Deadline time.Time `json:"deadline,omitzero"`
}

// Resubmission is what the user has to submit again. Webhooks alone name the steps and
// their reasons; it is open only while the API shows it, too.
type Resubmission struct {
	Kind  ResubmissionKind `json:"kind"`
	Steps []RequiredStep   `json:"requiredSteps,omitempty"`
	Since time.Time        `json:"since"`
	// Until is the end of the declared time.
	Until time.Time `json:"until,omitzero"`
	// Overdue says that our own time is over and that this was reported; Missed that
	// the policy has drawn its consequence.
	Overdue bool `json:"overdue,omitempty"`
	Missed  bool `json:"missed,omitempty"`
	// Subject is what was judged when it was asked for.
	Subject string `json:"subject,omitempty"`
}

// staleAfter is how long after a change of what is judged a request to submit it
// again is taken for an old one: the vendor tries a webhook for half an hour.
const staleAfter = 2 * time.Hour

// maxRequired bounds the steps that are remembered.
const maxRequired = 20

// reasonUnconfirmed is why a person looks at a renewal that webhooks call missed and
// the API does not show.
const reasonUnconfirmed = "renewal_unconfirmed"

// ask takes a Verification Update Required. It waits for the API to show the request,
// and a further one moves no deadline of the first.
func (s *State) ask(e Event) {
	r := &Resubmission{Kind: KindResubmission, Since: e.ReceivedAt, Steps: e.Hint.RequiredSteps}
	r.Steps = r.Steps[:min(len(r.Steps), maxRequired)]
	if strings.Contains(strings.ToLower(e.Hint.Trigger), "renewal") {
		r.Kind = KindRenewal
	}
	if before := s.Rounds.Asked; before != nil && before.Kind == KindRenewal {
		r.Kind, r.Since = before.Kind, before.Since
	}
	s.Rounds.Asked, s.Look.Claim.Again = r, true
}

// exceed takes a KYC Renewal Deadline Exceeded; of several deadlines the last counts.
func (s *State) exceed(e Event) {
	x := &Exceeded{At: e.ReceivedAt}
	for _, step := range e.Hint.RequiredSteps {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
			if at, err := time.Parse(layout, step.RenewalDeadline); err == nil && at.After(x.Deadline) {
				x.Deadline = at.UTC()
			}
		}
	}
	s.Rounds.Exceeded = x
}

// takeVerdict takes up what the API shows. A subject that is not what it was after
// the journey had been finished begins a new round: our answers about the old one
// are void, and so is what was asked for before. So does one after Complete Custom
// Step, which closes a journey: the vendor has finished and opened it again unseen.
func (s *State) takeVerdict(v Verdict, now time.Time) {
	before, was := s.Verdict, s.Rounds.Subject
	s.Verdict, s.VerdictAt = s.keepAML(v), now
	if v.Subject == "" { // not shown this time: what comes next is compared with the last
		return
	}
	s.Rounds.Subject = v.Subject
	if before == nil || was == "" || was == v.Subject {
		return
	}
	s.Rounds.SubjectSince, s.Rounds.SubjectBefore = now, was
	if before.finished() || s.openedAgain() || s.Steps.Completed {
		s.Rounds.Number++
		s.Steps.Reruns, s.Steps.Completed, s.Steps.UserStepsHinted = 0, false, false
	}
}

// openedAgain says that an unfinished journey had been finished before: decided,
// reviewed, or asked to be submitted again.
func (s *State) openedAgain() bool {
	return s.decidedBefore() || s.Reviews.Open != nil || s.Rounds.Open != nil || s.Phase == AwaitingResubmission
}

// asksAgain says that the API shows a request to submit something again: a reviewer's
// decision, a journey that is open again, or, where a webhook calls a renewal due,
// something that is lacking since the last decision.
func (s *State) asksAgain(v Verdict) bool {
	called := s.Rounds.Asked != nil && s.Rounds.Asked.Kind == KindRenewal || s.Rounds.Exceeded != nil
	lacks := called && s.Decided.Last != nil && !s.Decided.Lacks && v.lacks(s.Policy.UserSteps)
	return v.asksAgain() || !v.finished() && s.openedAgain() || v.finished() && lacks
}

// takeRequests opens the one resubmission when the API shows it, and ends it when the
// user has submitted or nothing is asked for any more.
func (s *State) takeRequests(now time.Time) []Effect {
	v := *s.Verdict
	s.forgetStale(v, now)
	var effects []Effect
	if s.asksAgain(v) && (s.Rounds.Asked != nil || s.Rounds.Open == nil) {
		effects = s.require(now)
	}
	r := s.Rounds.Open
	if r == nil {
		return effects
	}
	open := *r
	s.Rounds.Open = &open
	if open.over(v, s.Policy.UserSteps) {
		s.Rounds.Open, s.Rounds.Exceeded = nil, nil
		return effects
	}
	return append(effects, s.deadline(&open, now)...)
}

// forgetStale drops what webhooks claimed and the user has submitted since, and a
// reviewer's request that the API has not shown in the time that the user would have.
func (s *State) forgetStale(v Verdict, now time.Time) {
	if s.Look.Dirty || !v.finished() || s.asksAgain(v) {
		return
	}
	submitted := func(since time.Time) bool {
		return !s.Rounds.SubjectSince.IsZero() && s.Rounds.SubjectSince.Add(staleAfter).After(since)
	}
	if a := s.Rounds.Asked; a != nil {
		never := a.Kind == KindResubmission && !now.Before(a.Since.Add(time.Duration(s.Policy.Resubmission.Within)))
		if submitted(a.Since) || never {
			s.Rounds.Asked = nil
		}
	}
	if x := s.Rounds.Exceeded; x != nil && (submitted(x.At) || s.Rounds.SubjectSince.After(x.Deadline) && !x.Deadline.IsZero()) {
		s.Rounds.Exceeded = nil
	}
}

// require opens the resubmission that the API shows, or takes up a new list of steps
// for the open one. Its time counts from now: a webhook starts no clock.
func (s *State) require(now time.Time) []Effect {
	r := Resubmission{Kind: KindResubmission, Since: now, Subject: s.Verdict.Subject}
	if s.Rounds.Asked != nil {
		r.Steps = s.Rounds.Asked.Steps
	}
	renewal := s.Rounds.Asked == nil && s.Rounds.Exceeded != nil || s.Rounds.Asked != nil && s.Rounds.Asked.Kind == KindRenewal
	if renewal && !s.Verdict.asksAgain() {
		r.Kind = KindRenewal
	}
	s.Rounds.Asked = nil
	if open := s.Rounds.Open; open != nil {
		if slices.Equal(open.Steps, r.Steps) {
			return nil
		}
		steps := r.Steps
		r = *open
		r.Steps = steps
	} else {
		if !s.Verdict.finished() && s.Rounds.SubjectSince.Equal(now) {
			r.Subject = s.Rounds.SubjectBefore // asked and submitted before we looked
		}
		if within := s.declaredDeadline(r.Kind).Within; within > 0 {
			r.Until = now.Add(time.Duration(within))
		}
	}
	s.Rounds.Open = &r
	if r.submitted(*s.Verdict) { // there is nothing left that the user could be asked for
		return nil
	}
	tell := MessageResubmissionRequired
	if r.Kind == KindRenewal {
		tell = MessageRenewalDue
	}
	id := messageID("res", s.Account, s.JourneyID, string(r.Kind), now.Format(time.RFC3339Nano))
	told := r
	return s.publish(Message{ID: id, Type: tell, Resubmission: &told}, now)
}

func (s *State) declaredDeadline(k ResubmissionKind) DeadlinePolicy {
	if k == KindRenewal {
		return s.Policy.Renewal
	}
	return s.Policy.Resubmission
}

// over says that the user has submitted, or that nothing is asked for any more. A
// renewal that was missed is over by a new subject alone: that the vendor's journey is
// closed again proves nothing.
func (r Resubmission) over(v Verdict, userSteps []string) bool {
	renewal := r.Kind == KindRenewal && (r.Missed || v.lacks(userSteps))
	return v.finished() && !v.asksAgain() && (r.submitted(v) || !renewal)
}

// submitted says that what is judged is not what it was when it was asked for.
func (r Resubmission) submitted(v Verdict) bool {
	return v.Subject != "" && r.Subject != "" && v.Subject != r.Subject
}

// deadline draws the consequence of a time that is over: by our own clock, while the
// API shows that something is asked for and not submitted, and of a renewal only when
// the vendor's deadline, legibly in the past, is said to be over, too.
func (s *State) deadline(r *Resubmission, now time.Time) []Effect {
	// Whoever submitted and is asked once more has not submitted all.
	submitted := r.submitted(*s.Verdict) && !s.Verdict.asksAgain()
	if r.Until.IsZero() || now.Before(r.Until) || r.Missed || s.unseen(now) || submitted {
		return nil
	}
	if r.Kind == KindResubmission {
		r.Missed = true
		return nil
	}
	x := s.Rounds.Exceeded
	r.Missed = x != nil && !x.Deadline.IsZero() && !now.Before(x.Deadline)
	if r.Overdue {
		return nil
	}
	r.Overdue = true
	id := messageID("res", s.Account, s.JourneyID, "overdue", now.Format(time.RFC3339Nano))
	told := *r
	return s.publish(Message{ID: id, Type: MessageRenewalOverdue, Resubmission: &told}, now)
}

// missed adds what a missed resubmission or renewal means.
func (s *State) missed(j Judgement, _ basis) Judgement {
	r := s.Rounds.Open
	if r == nil || !r.Missed {
		return j
	}
	return heavier(j, means(s.declaredDeadline(r.Kind).OnMissed, string(r.Kind)+"_missed"))
}

// unconfirmedAt is when a renewal that webhooks alone speak of is put before a person;
// zero if none is. After a person has decided, the next is not before the declared time.
func (s *State) unconfirmedAt() time.Time {
	var at time.Time
	switch {
	case s.Rounds.Open != nil:
		return at
	case s.Rounds.Exceeded != nil:
		at = s.Rounds.Exceeded.At
	case s.Rounds.Asked != nil && s.Rounds.Asked.Kind == KindRenewal && s.Policy.Renewal.Within > 0:
		at = s.Rounds.Asked.Since.Add(time.Duration(s.Policy.Renewal.Within))
	default:
		return at
	}
	if at.Before(s.Rounds.RenewalQuiet) {
		return s.Rounds.RenewalQuiet
	}
	return at
}

// unconfirmed puts such a renewal before a person. It decides nothing and asks nothing
// of the user: whoever knows the webhook secret could have sent all of it.
func (s *State) unconfirmed(j Judgement, b basis) Judgement {
	stands := j.Outcome == OutcomeApproved || j.Outcome == "" && s.Standing.Outcome == OutcomeApproved
	if at := s.unconfirmedAt(); stands && j.Review == "" && !at.IsZero() && !b.now.Before(at) {
		j.Review, j.Reason = ReviewLocal, reasonUnconfirmed
	}
	return j
}

// unconfirmed says that the review rests on webhooks alone, so that no ladder decides it.
func (r *Review) unconfirmed() bool { return r != nil && r.Reason == reasonUnconfirmed }
