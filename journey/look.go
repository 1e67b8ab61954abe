package journey

import (
	"slices"
	"time"
)

// Look is when the API is asked next, and what for. Journeys and spot checks share it.
type Look struct {
	// At is when the workflow fetches of its own accord, which no hint postpones; WishAt
	// when it fetches because something asks for it, Hinted if that is a webhook.
	At     time.Time `json:"at,omitzero"`
	WishAt time.Time `json:"wishAt,omitzero"`
	Hinted bool      `json:"hinted,omitempty"`
	// UnderWay is true during a fetch, Dirty when a wish came after it was scheduled.
	UnderWay bool `json:"underWay,omitempty"`
	Dirty    bool `json:"dirty,omitempty"`
	// HintsPaid is the end of the time that the fetches caused by webhooks have used up.
	HintsPaid time.Time `json:"hintsPaid,omitzero"`
	// Silent counts the silences that ended in a journey's phase; of a spot check, the
	// fetches in a row that brought nothing.
	Silent       int       `json:"silent,omitempty"`
	MissingSince time.Time `json:"missingSince,omitzero"` // the first of an unbroken row of "no such journey"
	Claim        Claim     `json:"claim,omitzero"`        // of a journey's hints
	// Links are the traces of the webhooks that no fetch has followed yet, Causes those
	// that the last fetch followed.
	Links  []string `json:"links,omitempty"`
	Causes []string `json:"causes,omitempty"`
	Seen   []string `json:"seen,omitempty"` // keys of the last events
}

const (
	// maxSilence bounds the time between two fetches of the journey's own accord.
	maxSilence = 24 * time.Hour
	// blindWait spaces the fetches while none has brought a policy.
	blindWait = 10 * time.Minute
	// seenWindow bounds the events remembered, beside the ledger's unique key.
	seenWindow = 64
	// maxLinks bounds the traces that one fetch follows.
	maxLinks = 8
)

func (l Look) clone() Look {
	l.Links, l.Seen = slices.Clone(l.Links), slices.Clone(l.Seen)
	return l
}

// duplicate remembers the event and says whether it was known. The key has the type,
// because ids may repeat across types, and the hint, so that a forged event with another's
// id does not keep the real one out. An event without an id is new.
func (l *Look) duplicate(e Event) bool {
	if e.EventID == "" {
		return false
	}
	key := hash(string(e.Type), e.EventID, e.JourneyID, jsonOf(e.Hint))[:12]
	if slices.Contains(l.Seen, key) {
		return true
	}
	l.Seen = append(l.Seen, key)
	l.Seen = l.Seen[max(0, len(l.Seen)-seenWindow):]
	return false
}

// follow adds a webhook's trace, if it has one, to those of the next fetch.
func (l *Look) follow(trace string) {
	if trace != "" && len(l.Links) < maxLinks {
		l.Links = append(l.Links, trace)
	}
}

// wish asks for a fetch now, byHint if a webhook does.
func (l *Look) wish(now time.Time, byHint bool) {
	switch {
	case l.UnderWay:
		l.Dirty = true
	case !byHint:
		l.WishAt, l.Hinted = now, false
	case l.WishAt.IsZero() || now.Before(l.WishAt):
		l.WishAt, l.Hinted = now, true
	}
}

// deadline is when the next fetch is due; zero while one is under way.
func (l *Look) deadline() time.Time {
	if l.UnderWay {
		return time.Time{}
	}
	return earlier(l.At, l.WishAt)
}

// hintsAllowed is when webhooks may cause the next fetch, and the share of the budget's
// time that it uses up. Before a policy is known, no fetch is counted.
func (l *Look) hintsAllowed(budget HintBudget) (at time.Time, share time.Duration) {
	if budget.Looks <= 0 {
		return time.Time{}, 0
	}
	share = time.Duration(budget.Per) / time.Duration(budget.Looks)
	return l.HintsPaid.Add(share - time.Duration(budget.Per)), share
}

// uncovered says that a hint came which this answer does not cover, and that the next
// fetch may follow at once. Beyond the budget, hints could put off every deadline.
func (l *Look) uncovered(budget HintBudget, now time.Time) bool {
	at, _ := l.hintsAllowed(budget)
	return l.Dirty && !now.Before(at)
}

// due says whether a fetch is due, and whether only webhooks ask for it. Those beyond the
// budget are postponed; a fetch at a deadline of the journey's own is not in the budget.
func (l *Look) due(budget HintBudget, now time.Time) (fetch, hinted, postponed bool) {
	reached := func(at time.Time) bool { return !at.IsZero() && !now.Before(at) }
	switch {
	case reached(l.At):
		l.Silent++
		l.At = time.Time{}
		return true, false, false
	case !reached(l.WishAt):
		return false, false, false
	case !l.Hinted:
		return true, false, false
	}
	at, share := l.hintsAllowed(budget)
	if now.Before(at) {
		l.WishAt = at
		return false, true, true
	}
	if l.HintsPaid.Before(now) {
		l.HintsPaid = now
	}
	l.HintsPaid = l.HintsPaid.Add(share)
	return true, true, false
}

// begin starts a fetch. One that no webhook asked for still follows the traces of the
// fetch before.
func (l *Look) begin() {
	l.UnderWay, l.Dirty, l.WishAt = true, false, time.Time{}
	if len(l.Links) > 0 {
		l.Causes, l.Links = l.Links, nil
	}
}

// coverLate fetches once more if a wish came after the fetch was scheduled: the
// answer does not cover it.
func (l *Look) coverLate(now time.Time) (late bool) {
	if late = l.Dirty; late {
		l.Dirty = false
		l.wish(now, true)
	}
	return late
}

// onProblem takes a fetch that brought no result, and says what a person has to know,
// if anything. What was never seen, and what the vendor has denied knowing for long enough,
// is unknown, unless a hint came that the answer does not cover; nothing else is concluded.
// The retries use the waits of [Policy.AskAgain], the last of them without end.
func (l *Look) onProblem(p Problem, policy Policy, seen, uncovered bool, now time.Time) (code AttentionCode, unknown bool) {
	wait := blindWait
	if n := len(policy.AskAgain); n > 0 {
		wait = time.Duration(policy.AskAgain[min(l.Silent, n-1)])
	}
	retry := now.Add(wait)
	if p != ProblemMissing { // only an unbroken row of the vendor's own answer counts
		l.MissingSince = time.Time{}
	} else if l.MissingSince.IsZero() {
		l.MissingSince = now
	}
	switch p {
	case ProblemMissing:
		unknownAt := l.MissingSince.Add(time.Duration(policy.UnknownAfter))
		switch {
		case seen && l.MissingSince.Before(now):
			code = AttentionVendorMissing
		case !seen && unknownAt.After(now):
			retry = earlier(retry, unknownAt)
		case !seen && !uncovered && l.Silent > 0:
			return "", true
		}
	case ProblemDenied:
		code = AttentionVendorDenied
	case ProblemUnreadable:
		code = AttentionVendorUnreadable
	default:
		code = AttentionVendorUnreachable
	}
	l.At = earlier(l.At, retry)
	l.coverLate(now)
	return code, false
}

// answered takes a fetch that brought a result.
func (l *Look) answered(attention *Attention) {
	l.MissingSince = time.Time{}
	attention.clear(AttentionVendorDenied, AttentionVendorUnreachable, AttentionVendorUnreadable, AttentionVendorMissing)
}

// retryClaim asks again for what the API does not show yet. After the last retry the claim
// is dropped; certain says that it could only be true.
func (l *Look) retryClaim(waits []Duration, now time.Time) (dropped, certain bool) {
	if l.Claim.Tries < len(waits) {
		l.wish(now.Add(time.Duration(waits[l.Claim.Tries])), true)
		l.Claim.Tries++
		return false, false
	}
	certain = l.Claim.certain()
	l.Claim = Claim{}
	return true, certain
}

// onFetched takes what the API answered.
func (s *State) onFetched(a FetchAnswer, now time.Time) []Effect {
	s.Look.UnderWay = false
	if s.final() {
		return nil
	}
	// A problem's policy is the account's, not the flow's, and none if the fetch was given up.
	if a.Policy.Version != "" && (a.Verdict != nil || s.Verdict == nil) {
		s.Policy = a.Policy
	}
	if a.Baseline != nil && s.Standing.Sequence == 0 {
		s.takeStanding(*a.Baseline)
	}
	if a.Problem != "" || a.Verdict == nil {
		return s.onProblem(a.Problem, now)
	}
	if a.ReferenceHash != "" {
		s.ReferenceHash = a.ReferenceHash
	}
	s.Look.answered(&s.Attention)
	var effects []Effect
	if s.Policy.Unlisted { // no step of ours will be completed: the vendor may never finish the journey
		effects = s.raise(AttentionFlowUnlisted, "", now)
	} else {
		s.Attention.clear(AttentionFlowUnlisted)
	}
	claimed, before := s.Look.Claim.AML, s.Verdict
	s.takeVerdict(*a.Verdict, now)
	v := *s.Verdict
	if before != nil && s.fingerprint(*before) != s.fingerprint(v) {
		s.Attention.clear(AttentionHintMismatch)
	}
	s.Reviews.takeLadders(a.Ladders)
	s.AML.takeLadders(&s.Reviews)
	asked := s.Rounds.Asked != nil && !s.asksAgain(v) && v.finished()
	left := s.Look.Claim.confirm(v, s.Policy.UserSteps, asked, s.fingerprint(v))
	effects = append(effects, s.adopt(claimed, a.Known, now)...)
	effects = append(effects, s.onAML(claimed, now)...)
	effects = append(effects, s.takeRequests(now)...)
	effects = append(effects, s.advance(now)...)
	return append(effects, s.lookAgain(left, now)...)
}

// onProblem takes a fetch that brought no verdict.
func (s *State) onProblem(p Problem, now time.Time) []Effect {
	seen := s.Verdict != nil || s.Standing.Sequence > 0
	code, unknown := s.Look.onProblem(p, s.Policy, seen, s.Look.uncovered(s.Policy.Hints, now), now)
	switch {
	case unknown:
		s.enter(Unknown, now)
		s.Look.Claim = Claim{}
		return s.lookAgain(false, now)
	case code == "":
		return nil
	default:
		return s.raise(code, "", now)
	}
}

// lookAgain decides when the API is asked next, after an answer. No deadline moves back.
func (s *State) lookAgain(claimLeft bool, now time.Time) []Effect {
	if s.Closed() {
		if s.Look.At, s.Look.WishAt = (time.Time{}), (time.Time{}); s.Look.coverLate(now) {
			s.reopen(now)
		}
		return nil
	}
	s.Look.At = earlier(s.Look.At, s.silenceEnds(now))
	if s.Look.coverLate(now) || !claimLeft {
		return nil
	}
	dropped, certain := s.Look.retryClaim(s.Policy.AskAgain, now)
	if dropped {
		s.Counts.HintMismatches++
	}
	if !certain {
		return nil
	}
	return s.raise(AttentionHintMismatch, "", now)
}

// settleLook gives a journey which stopped moving its deadline.
func (s *State) settleLook(effects []Effect, now time.Time) []Effect {
	if !s.Look.UnderWay && s.Look.At.IsZero() && s.Look.WishAt.IsZero() {
		s.Look.At = s.silenceEnds(now)
	}
	return effects
}

// silenceEnds is when an open phase has been silent for too long, or a deadline of
// the journey's is reached; zero while something of ours is under way.
func (s *State) silenceEnds(now time.Time) time.Time {
	if s.busy() {
		return time.Time{}
	}
	var at, submitUntil time.Time
	if wait := s.patience(); wait > 0 {
		at = now.Add(doubled(wait, s.Look.Silent))
	}
	if s.Phase == AwaitingResubmission && s.Rounds.Open != nil {
		submitUntil = s.Rounds.Open.Until
	}
	for _, deadline := range []time.Time{s.expiresAt(), submitUntil, s.Rounds.unconfirmedAt(s.Policy.Renewal)} {
		if deadline.After(now) {
			at = earlier(at, deadline)
		}
	}
	return at
}

// patience is the declared wait of the phase.
func (s *State) patience() time.Duration {
	var wait Duration
	switch {
	case s.Phase == AwaitingUserSteps:
		wait = s.Policy.UserStepsWithin
	case s.Phase == AwaitingResult, s.Phase == CustomSteps: // the latter idles only if the result took back what it showed
		wait = s.Policy.ResultWithin
	case s.Phase == AwaitingReview && s.Reviews.Open.unconfirmed(): // nothing is awaited of the vendor
		wait = s.Policy.Renewal.Within
	case s.Phase == AwaitingReview, s.Phase == AwaitingResubmission:
		wait = s.Policy.ReviewLook
	}
	return time.Duration(wait)
}

// expiresAt is when a journey that its user never finished is given up.
func (s *State) expiresAt() time.Time {
	if s.Phase != AwaitingUserSteps || s.Policy.ExpireAfter <= 0 {
		return time.Time{}
	}
	return s.OpenedAt.Add(time.Duration(s.Policy.ExpireAfter))
}

// doubled doubles a wait, up to maxSilence unless the declared wait is longer.
func doubled(wait time.Duration, times int) time.Duration {
	d := wait
	for ; times > 0 && d < maxSilence; times-- {
		d *= 2
	}
	return max(wait, min(d, maxSilence))
}

// earlier is the earlier of two instants, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
