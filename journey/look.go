package journey

import (
	"encoding/json"
	"slices"
	"time"
)

// Look is when the API is asked next, and what for. Journeys and spot checks share it.
type Look struct {
	// At is when the workflow fetches of its own accord, which no hint postpones.
	// WishAt is when it fetches because something asks for it, Hinted if that is a
	// webhook.
	At     time.Time `json:"at,omitzero"`
	WishAt time.Time `json:"wishAt,omitzero"`
	Hinted bool      `json:"hinted,omitempty"`
	// UnderWay is true while a fetch is, Dirty when a wish came after it was
	// scheduled.
	UnderWay bool `json:"underWay,omitempty"`
	Dirty    bool `json:"dirty,omitempty"`
	// HintsPaid is the end of the time that the fetches caused by webhooks have used up.
	HintsPaid time.Time `json:"hintsPaid,omitzero"`
	// Silent counts the silences that ended in a journey's phase; of a spot check, the
	// fetches in a row that brought nothing.
	Silent int `json:"silent,omitempty"`
	// MissingSince is the first of an unbroken row of "no such journey".
	MissingSince time.Time `json:"missingSince,omitzero"`
	// Claim is what a journey's hints say; a spot check has none.
	Claim Claim `json:"claim,omitzero"`
	// Links are the traces of the webhooks that no fetch has followed yet, Causes of
	// those that the last fetch followed, and so of all that came from it.
	Links  []string `json:"links,omitempty"`
	Causes []string `json:"causes,omitempty"`
	// Seen are the events that were taken last, see seenWindow.
	Seen []string `json:"seen,omitempty"`
}

const (
	// maxSilence bounds the time between two looks of the journey's own accord.
	maxSilence = 24 * time.Hour
	// blindWait spaces the looks while no fetch has brought a policy yet.
	blindWait = 10 * time.Minute
	// seenWindow bounds the events remembered. The ledger's unique key is the first
	// line against duplicates; this one also holds for other senders.
	seenWindow = 64
	// maxLinks bounds the traces that one fetch follows.
	maxLinks = 8
)

func (l Look) clone() Look {
	l.Links, l.Seen = slices.Clone(l.Links), slices.Clone(l.Seen)
	return l
}

// duplicate remembers the event and says whether it had been seen. The type is part
// of the key because ids may repeat across types, and the hint so that a forged event
// under another's id does not keep the real one out. An event without an id is new.
func (l *Look) duplicate(e Event) bool {
	if e.EventID == "" {
		return false
	}
	hint, err := json.Marshal(e.Hint)
	if err != nil { // texts and numbers: a failure is a bug in the types
		panic("marshalling a hint: " + err.Error())
	}
	key := hash(string(e.Type), e.EventID, e.JourneyID, string(hint))[:12]
	if slices.Contains(l.Seen, key) {
		return true
	}
	l.Seen = append(l.Seen, key)
	l.Seen = l.Seen[max(0, len(l.Seen)-seenWindow):]
	return false
}

// follow has the next fetch follow a webhook's trace, if it has one.
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
// if anything. Nothing is concluded from it, except that what the vendor has denied
// knowing for long enough, and what was never seen, is unknown; unless a hint came that
// the answer does not cover. The retries are spaced like those after an unconfirmed
// claim, and then by the last of these waits for ever.
func (l *Look) onProblem(p Problem, policy Policy, seen, uncovered bool, now time.Time) (code AttentionCode, unknown bool) {
	wait := blindWait
	if n := len(policy.AskAgain); n > 0 {
		wait = time.Duration(policy.AskAgain[min(l.Silent, n-1)])
	}
	retry := now.Add(wait)
	if p != ProblemMissing { // only an unbroken row of the vendor's own word counts
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

// onFetched takes what the API answered.
func (s *State) onFetched(a FetchAnswer, now time.Time) []Effect {
	s.Look.UnderWay = false
	if s.over() {
		return nil
	}
	// A problem's policy is the account's, not the flow's, and none at all when the
	// fetch itself was given up.
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
	s.Look.MissingSince = time.Time{}
	s.clear(AttentionVendorDenied, AttentionVendorUnreachable, AttentionVendorUnreadable, AttentionVendorMissing)

	effects := s.checkFlow(now)
	claimed := s.Look.Claim.AML
	before := s.Verdict
	s.takeVerdict(*a.Verdict, now)
	if before != nil && s.fingerprint(*before) != s.fingerprint(*s.Verdict) {
		s.clear(AttentionHintMismatch)
	}
	s.takeLadders(a.Ladders)
	left := s.confirm(*s.Verdict)
	effects = append(effects, s.adopt(claimed, a.Known, now)...)
	effects = append(effects, s.onAML(claimed, now)...)
	effects = append(effects, s.takeRequests(now)...)
	effects = append(effects, s.advance(now)...)
	return append(effects, s.lookAgain(left, now)...)
}

// takeStanding takes up the ledger's standing. What it rests on is not known here,
// so that only a person softens a rejection or lifts a hold.
func (s *State) takeStanding(ledger Standing) {
	s.Standing, s.Decided.Last = ledger, nil
	if ledger.Outcome == OutcomeRejected || ledger.Outcome == OutcomeOnHold {
		s.Decided.Rejected = &Rejection{}
	}
}

// checkFlow calls a person as soon as a journey turns out to be of a flow that the
// account does not list: nothing of ours will complete its custom step, so the
// vendor may never finish it.
func (s *State) checkFlow(now time.Time) []Effect {
	if s.Policy.Unlisted {
		return s.raise(AttentionFlowUnlisted, "", now)
	}
	s.clear(AttentionFlowUnlisted)
	return nil
}

// hintsAllow is when webhooks may cause the next fetch. Each one uses up a share of
// the declared time; what is used up may be ahead by the time less one share. Before
// a policy is known, no fetch is counted.
func (s *State) hintsAllow() (at time.Time, share time.Duration) {
	budget := s.Policy.Hints
	if budget.Looks <= 0 {
		return time.Time{}, 0
	}
	share = time.Duration(budget.Per) / time.Duration(budget.Looks)
	return s.Look.HintsPaid.Add(share - time.Duration(budget.Per)), share
}

// unseen says that a hint came which this answer does not cover, and that the next
// fetch may follow at once. Else a stream of hints could put off every deadline.
func (s *State) unseen(now time.Time) bool {
	at, _ := s.hintsAllow()
	return s.Look.Dirty && !now.Before(at)
}

// due says whether a fetch is, and takes it up. Hints beyond the budget are kept for
// when it allows; what is due by the journey's own clock is not in it.
func (s *State) due(now time.Time) (fetch, hinted bool, effects []Effect) {
	reached := func(at time.Time) bool { return !at.IsZero() && !now.Before(at) }
	silent, wished := reached(s.Look.At), reached(s.Look.WishAt)
	if !silent && !wished {
		return false, false, nil
	}
	hinted = !silent && s.Look.Hinted
	if at, share := s.hintsAllow(); hinted {
		if now.Before(at) {
			s.Look.WishAt = at
			return false, true, s.raise(AttentionHintsOverBudget, "", now)
		}
		if s.Look.HintsPaid.Before(now) {
			s.Look.HintsPaid = now
		}
		s.Look.HintsPaid = s.Look.HintsPaid.Add(share)
	}
	if silent {
		s.Look.Silent++
		s.Look.At = time.Time{}
	}
	return true, hinted, nil
}

// lookAgain decides when the API is asked next, after an answer. A fetch that hints
// caused moves no deadline back.
func (s *State) lookAgain(claimLeft bool, now time.Time) []Effect {
	if s.Closed() {
		if s.Look.At, s.Look.WishAt = (time.Time{}), (time.Time{}); s.Look.coverLate(now) {
			s.reopen(now)
		}
		return nil
	}
	s.Look.At = earlier(s.Look.At, s.silenceEnds(now))
	if s.Look.coverLate(now) {
		return nil
	}
	switch {
	case claimLeft && s.Look.Claim.Tries < len(s.Policy.AskAgain):
		s.Look.wish(now.Add(time.Duration(s.Policy.AskAgain[s.Look.Claim.Tries])), true)
		s.Look.Claim.Tries++
		return nil
	case claimLeft: // asked for long enough: the API is believed
		certain := s.Look.Claim.certain()
		s.Look.Claim = Claim{}
		s.Counts.HintMismatches++
		if !certain {
			return nil
		}
		return s.raise(AttentionHintMismatch, "", now)
	default:
		return nil
	}
}

// silenceEnds is when an open phase has been silent for too long, or a deadline of
// the journey's is reached; each silence doubles the next wait. Zero while no answer of
// the vendor's is awaited.
func (s *State) silenceEnds(now time.Time) time.Time {
	if s.busy() {
		return time.Time{}
	}
	var at time.Time
	if wait := s.patience(); wait > 0 {
		at = now.Add(doubled(wait, s.Look.Silent))
	}
	for _, deadline := range []time.Time{s.expiresAt(), s.submitUntil(), s.unconfirmedAt()} {
		if deadline.After(now) {
			at = earlier(at, deadline)
		}
	}
	return at
}

// patience is the declared wait of the phase.
func (s *State) patience() time.Duration {
	switch {
	case s.Phase == AwaitingUserSteps:
		return time.Duration(s.Policy.UserStepsWithin)
	case s.Phase == AwaitingResult, s.Phase == CustomSteps: // the latter idles only if the result took back what it showed
		return time.Duration(s.Policy.ResultWithin)
	case s.Phase == AwaitingReview && s.Reviews.Open.unconfirmed():
		return time.Duration(s.Policy.Renewal.Within) // nothing is awaited of the vendor
	case s.Phase == AwaitingReview, s.Phase == AwaitingResubmission:
		return time.Duration(s.Policy.ReviewLook)
	default:
		return 0
	}
}

// expiresAt is when a journey that its user never finished is given up.
func (s *State) expiresAt() time.Time {
	if s.Phase != AwaitingUserSteps || s.Policy.ExpireAfter <= 0 {
		return time.Time{}
	}
	return s.OpenedAt.Add(time.Duration(s.Policy.ExpireAfter))
}

// onProblem takes a fetch that brought no verdict.
func (s *State) onProblem(p Problem, now time.Time) []Effect {
	seen := s.Verdict != nil || s.Standing.Sequence > 0
	code, unknown := s.Look.onProblem(p, s.Policy, seen, s.unseen(now), now)
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

// doubled doubles a wait, up to maxSilence unless the declared wait is longer.
func doubled(wait time.Duration, times int) time.Duration {
	d := wait
	for ; times > 0 && d < maxSilence; times-- {
		d *= 2
	}
	return max(wait, min(d, maxSilence))
}
