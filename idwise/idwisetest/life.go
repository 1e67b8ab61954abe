package idwisetest

import (
	"fmt"

	"idjourney/idwise"
)

// StartRequest starts a journey. Empty fields have defaults: the first account, its flow,
// the script of the reference.
type StartRequest struct {
	Account   string `json:"account"` // the account's API key
	Script    string `json:"script"`
	Reference string `json:"reference"` // may stay empty: then it is null everywhere
	FlowID    string `json:"flow_id"`
}

// Start starts a journey of the first account and returns its id. An empty script means
// that of the magic reference; an unknown one is a bug in the calling program and panics.
func (v *Vendor) Start(script, reference string) string {
	id, err := v.Begin(StartRequest{Script: script, Reference: reference})
	if err != nil {
		panic("idwisetest: " + err.Error())
	}
	return id
}

// Begin starts a journey and returns its id. The error names an unknown account or script.
func (v *Vendor) Begin(r StartRequest) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	account, err := v.account(r.Account)
	if err != nil {
		return "", err
	}
	if r.Script == "" {
		r.Script = ScriptOf(r.Reference)
	}
	script, ok := findScript(r.Script)
	if !ok {
		return "", fmt.Errorf("there is no script %q", r.Script)
	}
	if r.FlowID == "" {
		r.FlowID = account.FlowID
	}
	id := v.ids.journey()
	now := v.cfg.Now()
	s := &state{
		id: id, flow: r.FlowID, reference: r.Reference, account: account, script: script,
		person: makeApplicant(id), startedAt: now, reviews: script.reviews, acts: script.then,
		truths: []truth{{at: now, phase: PhaseStarted, system: incomplete}},
	}
	v.journeys[id] = s
	v.order = append(v.order, id)
	if !script.neverFinishes {
		v.step(s, v.scaled(script.userTakes), v.finishUserSteps)
	}
	v.announce()
	return id, nil
}

// change appends a truth, modified by set. v.mu is held.
func (v *Vendor) change(s *state, set func(*truth)) {
	next := s.now()
	next.at = v.cfg.Now()
	set(&next)
	s.truths = append(s.truths, next)
	v.announce()
}

// finishUserSteps: the user has submitted everything. v.mu is held.
func (v *Vendor) finishUserSteps(s *state) {
	v.change(s, func(t *truth) {
		t.phase, t.failedRule = PhaseUserDone, s.script.failedRule
	})
	v.emit(s, idwise.EventFinishedUserSteps, fields{"systemDecision": s.now().system})
	v.finishByItself(s)
}

// finishByItself ends the open journey of a flow without a custom step. v.mu is held.
func (v *Vendor) finishByItself(s *state) {
	if !s.waitsForCustomStep() {
		v.inRound(s, v.scaled(s.script.processing), v.finish)
	}
}

// submitFace accepts a face for the custom step; its comparison appears later. v.mu is held.
func (v *Vendor) submitFace(s *state) {
	s.submissions++
	v.change(s, func(t *truth) { t.submitted = true })
	v.inRound(s, v.scaled(s.script.faceShows), func(s *state) {
		v.change(s, func(t *truth) { t.compared, t.mismatch = true, s.script.faceMismatches })
		v.finishIfProcessed(s)
	})
}

// completeCustomStep ends the open part of the journey. v.mu is held.
func (v *Vendor) completeCustomStep(s *state) {
	s.completeCalls++
	if s.now().phase != PhaseUserDone {
		v.announce()
		return
	}
	v.change(s, func(t *truth) { t.phase = PhaseProcessing })
	v.inRound(s, v.scaled(s.script.processing), func(s *state) {
		s.processed = true
		v.finishIfProcessed(s)
	})
}

// finishIfProcessed ends the journey when both the processing and the comparison of a
// submitted face are complete. v.mu is held.
func (v *Vendor) finishIfProcessed(s *state) {
	t := s.now()
	if s.processed && (t.compared || !t.submitted) {
		v.finish(s)
	}
}

// finish makes the system's decision, once in every round. v.mu is held.
func (v *Vendor) finish(s *state) {
	if s.now().phase != PhaseFinished {
		v.conclude(s)
	}
}

// conclude decides on the current facts. v.mu is held.
func (v *Vendor) conclude(s *state) {
	v.change(s, func(t *truth) { t.phase, t.endedAt, t.system = PhaseFinished, v.cfg.Now(), t.judged() })
	v.emit(s, idwise.EventFinishedJourney, fields{"systemDecision": s.now().system})
	if s.now().system == refer && len(s.reviews) > 0 {
		v.step(s, v.scaled(s.script.reviewAfter), v.scriptedReview)
		return
	}
	v.play(s)
}
