package journey

import (
	"slices"
	"strings"
	"time"
)

// ResubmissionKind says why the user has to submit something again.
type ResubmissionKind string

// A reviewer asked for it, or the vendor's KYC renewal is due.
const (
	KindResubmission ResubmissionKind = "resubmission"
	KindRenewal      ResubmissionKind = "renewal"
)

// Exceeded is the vendor's word that a renewal's deadline has passed.
type Exceeded struct {
	At time.Time `json:"at"`
	// Deadline is the vendor's, zero if it could not be read.
	Deadline time.Time `json:"deadline,omitzero"`
}

// Resubmission is what the user has to submit again. The steps, their reasons and
// the vendor's deadline are known from webhooks alone.
type Resubmission struct {
	Kind  ResubmissionKind `json:"kind"`
	Steps []RequiredStep   `json:"requiredSteps,omitempty"`
	Since time.Time        `json:"since"`
	// Until is the end of the declared time.
	Until time.Time `json:"until,omitzero"`
	// Confirmed says that the API showed it too; Overdue that our own time is over
	// and that was told; Missed that the policy has drawn its consequence.
	Confirmed bool `json:"confirmed,omitempty"`
	Overdue   bool `json:"overdue,omitempty"`
	Missed    bool `json:"missed,omitempty"`
	// Subject and Decisions are what the API showed when it was asked for.
	Subject   string `json:"subject,omitempty"`
	Decisions string `json:"decisions,omitempty"`
}

// staleAfter is how long after a change of what is judged a request to submit it
// again is taken for an old one: the vendor tries a webhook for half an hour.
const staleAfter = 2 * time.Hour

// maxRequired bounds the steps that are remembered.
const maxRequired = 20

// asked reads a Verification Update Required.
func asked(e Event) *Resubmission {
	r := &Resubmission{Kind: KindResubmission, Since: e.ReceivedAt, Steps: e.Hint.RequiredSteps}
	r.Steps = r.Steps[:min(len(r.Steps), maxRequired)]
	if strings.Contains(strings.ToLower(e.Hint.Trigger), "renewal") {
		r.Kind = KindRenewal
	}
	return r
}

// exceeded reads a KYC Renewal Deadline Exceeded; of several deadlines the last
// counts.
func exceeded(e Event) *Exceeded {
	x := &Exceeded{At: e.ReceivedAt}
	for _, step := range e.Hint.RequiredSteps {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
			if at, err := time.Parse(layout, step.RenewalDeadline); err == nil && at.After(x.Deadline) {
				x.Deadline = at.UTC()
			}
		}
	}
	return x
}

// takeVerdict takes up what the API shows. A subject that is not what it was after
// the journey had been finished begins a new round: our answers about the old one
// are void, and so is what was asked for before. So does one after Complete Custom
// Step, which closes a journey: the vendor has finished and opened it again unseen.
func (s *State) takeVerdict(v Verdict, now time.Time) {
	before, was := s.Verdict, s.Subject
	s.Verdict, s.VerdictAt = s.keepAML(v), now
	if v.Subject == "" { // not shown this time: what comes next is compared with the last
		return
	}
	s.Subject = v.Subject
	if before == nil || was == "" || was == v.Subject {
		return
	}
	s.SubjectSince, s.SubjectBefore = now, was
	if before.finished() || s.openedAgain() || s.Completed {
		s.Round++
		s.Reruns, s.Completed, s.UserStepsHinted = 0, false, false
	}
}

// openedAgain says that an unfinished journey had been finished before: decided,
// reviewed, or asked to be submitted again.
func (s *State) openedAgain() bool {
	return s.decidedBefore() || s.Review != nil || s.Resubmission != nil || s.Phase == AwaitingResubmission
}

// takeRequests turns what webhooks said about submitting again, and what the API
// shows of it, into the one resubmission that is open, and ends it when the user
// has submitted or the declared time is over.
func (s *State) takeRequests(now time.Time) []Effect {
	v := *s.Verdict
	shown := v.asksAgain() || !v.finished() && s.openedAgain()
	var effects []Effect
	if a := s.Asked; a != nil && !s.Dirty {
		s.Asked = nil
		stale := !shown && !s.SubjectSince.IsZero() && now.Sub(s.SubjectSince) < staleAfter
		if possible := v.finished() || shown || s.Completed; possible && !stale {
			effects = s.require(*a, now)
		}
	}
	if shown && s.Resubmission == nil {
		effects = append(effects, s.require(Resubmission{Kind: KindResubmission, Since: now}, now)...)
	}
	r := s.Resubmission
	if r == nil {
		return append(effects, s.unaskedRenewal(now)...)
	}
	open := *r
	s.Resubmission = &open
	open.Confirmed = open.Confirmed || shown
	if open.over(v, shown) {
		s.Resubmission, s.Exceeded = nil, nil
		s.clear(AttentionRenewalUnclear)
		return effects
	}
	return append(effects, s.deadline(&open, now)...)
}

// require opens a resubmission, or tells a new list of steps for the open one.
func (s *State) require(asked Resubmission, now time.Time) []Effect {
	r := asked
	within := s.Policy.Resubmission.Within
	tell := MessageResubmissionRequired
	if r.Kind == KindRenewal {
		within, tell = s.Policy.Renewal.Within, MessageRenewalDue
	}
	if within > 0 {
		r.Until = r.Since.Add(time.Duration(within))
	}
	r.Subject, r.Decisions = s.Verdict.Subject, s.Verdict.decisions()
	if !s.Verdict.finished() && s.SubjectSince.Equal(now) {
		r.Subject = s.SubjectBefore // asked and submitted before we looked
	}
	if open := s.Resubmission; open != nil {
		if slices.Equal(open.Steps, r.Steps) && open.Kind == r.Kind {
			return nil
		}
		if open.Kind == KindRenewal { // a reviewer's word does not shorten a renewal
			r.Kind, r.Until, tell = KindRenewal, open.Until, MessageRenewalDue
		}
		r.Subject, r.Decisions, r.Confirmed = open.Subject, open.Decisions, open.Confirmed
		if !open.Confirmed || open.Missed { // a word alone gains no time, and undoes nothing
			r.Until, r.Overdue, r.Missed = open.Until, open.Overdue, open.Missed
		}
	}
	s.Resubmission = &r
	s.clear(AttentionRenewalUnclear)
	if r.submitted(*s.Verdict) { // there is nothing left that the user could be told
		return nil
	}
	id := messageID("res", s.Account, s.JourneyID, string(r.Kind), now.Format(time.RFC3339Nano))
	told := r
	return s.publish(Message{ID: id, Type: tell, Resubmission: &told}, now)
}

// over says that the user has submitted, or that nobody asks any more. A renewal
// that the API never showed as open, or that was missed, is over by a new subject
// alone: that the vendor's journey is closed again proves nothing.
func (r Resubmission) over(v Verdict, shown bool) bool {
	asked := r.Confirmed || r.Kind == KindResubmission && v.decisions() != r.Decisions
	if r.Missed && r.Kind == KindRenewal {
		asked = false
	}
	return v.finished() && !shown && (r.submitted(v) || asked)
}

// submitted says that what is judged is not what it was when it was asked for.
func (r Resubmission) submitted(v Verdict) bool {
	return v.Subject != "" && r.Subject != "" && v.Subject != r.Subject
}

// unaskedRenewal takes a renewal's exceeded deadline where no renewal is known of.
// Either it was renewed since, or a webhook was lost: a person has to look.
func (s *State) unaskedRenewal(now time.Time) []Effect {
	x := s.Exceeded
	switch {
	case x == nil || s.Dirty || !s.Verdict.finished():
		return nil
	case !s.SubjectSince.IsZero() && (now.Sub(s.SubjectSince) < staleAfter || s.SubjectSince.After(x.Deadline) && !x.Deadline.IsZero()):
		s.Exceeded = nil
		return nil
	default:
		return s.raise(AttentionRenewalUnclear, "", now)
	}
}

// deadline draws the consequence of a time that is over: by our own clock, by a
// look that shows nothing submitted, and, where no answer of the API's ever showed
// the request, only with the vendor's word that its deadline has passed.
func (s *State) deadline(r *Resubmission, now time.Time) []Effect {
	// Whoever submitted and is asked once more has not submitted all.
	submitted := r.submitted(*s.Verdict) && !s.Verdict.asksAgain()
	if r.Until.IsZero() || now.Before(r.Until) || r.Missed || s.Dirty || submitted {
		return nil
	}
	if r.Kind == KindResubmission {
		if !r.Confirmed { // a hint pauses for a bounded time, and no longer
			s.Resubmission = nil
			s.Counts.HintMismatches++
			return nil
		}
		r.Missed = true
		return nil
	}
	var effects []Effect
	if !r.Overdue {
		r.Overdue = true
		id := messageID("res", s.Account, s.JourneyID, "overdue", now.Format(time.RFC3339Nano))
		told := *r
		effects = s.publish(Message{ID: id, Type: MessageRenewalOverdue, Resubmission: &told}, now)
	}
	if x := s.Exceeded; x != nil && !x.Deadline.IsZero() && !now.Before(x.Deadline) {
		r.Missed = true
		s.clear(AttentionRenewalUnclear)
		return effects
	}
	return append(effects, s.raise(AttentionRenewalUnclear, "", now)...)
}

// missed is what a missed resubmission or renewal means.
func (s *State) missed() Judgement {
	r := s.Resubmission
	if r == nil || !r.Missed {
		return Judgement{}
	}
	meaning := s.Policy.Resubmission.OnMissed
	if r.Kind == KindRenewal {
		meaning = s.Policy.Renewal.OnMissed
	}
	return means(meaning, string(r.Kind)+"_missed")
}
