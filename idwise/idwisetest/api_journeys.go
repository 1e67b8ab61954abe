package idwisetest

import "net/http"

// serveStart begins a journey, whose script the magic reference chooses.
func (v *Vendor) serveStart(w http.ResponseWriter, c *call) {
	if c.input.FlowID == "" {
		refuse(w, http.StatusBadRequest, codeInvalidRequest)
		return
	}
	id, err := v.Begin(StartRequest{Account: c.account.Key, Reference: c.input.ReferenceNo, FlowID: c.input.FlowID})
	if err != nil {
		refuse(w, http.StatusBadRequest, codeInvalidRequest)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.journeys[id]
	answer(w, http.StatusOK, map[string]any{
		"journey_id": id, "reference_no": orNull(s.reference), "is_completed": false,
		"step_summaries": s.stepSummaries(s.truths[0]),
	})
}

func (v *Vendor) serveSummary(w http.ResponseWriter, c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.cfg.Now()
	if last, ok := v.lastSummary[c.account.Key]; ok && now.Sub(last) < summaryGap {
		w.Header().Set("Retry-After", "2")
		refuse(w, http.StatusTooManyRequests, codeTooManyRequests)
		return
	}
	v.lastSummary[c.account.Key] = now
	if s := v.find(w, c); s != nil {
		answer(w, http.StatusOK, s.summary(v.shown(s, c.operation)))
	}
}

func (v *Vendor) serveResult(w http.ResponseWriter, c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.find(w, c); s != nil {
		answer(w, http.StatusOK, s.result(v.shown(s, c.operation)))
	}
}

// serveProcess takes a face, while the journey is open for one.
func (v *Vendor) serveProcess(w http.ResponseWriter, c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.find(w, c)
	if s == nil {
		return
	}
	open := s.now().phase == PhaseUserDone && s.waitsForCustomStep()
	if !open || c.input.StepID != CustomStepID || c.input.Image == "" {
		refuse(w, http.StatusBadRequest, codeInvalidRequest)
		return
	}
	v.submitFace(s)
	answer(w, http.StatusOK, map[string]any{})
}

// serveComplete ends the custom steps. Calling it again changes nothing.
func (v *Vendor) serveComplete(w http.ResponseWriter, c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.find(w, c)
	if s == nil {
		return
	}
	if s.now().phase == PhaseStarted || !s.waitsForCustomStep() {
		refuse(w, http.StatusBadRequest, codeInvalidRequest)
		return
	}
	v.completeCustomStep(s)
	answer(w, http.StatusOK, map[string]any{})
}

func (v *Vendor) serveManualReview(w http.ResponseWriter, c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.find(w, c)
	if s == nil {
		return
	}
	if err := v.review(s, c.input.NewDecision); err != nil {
		refuse(w, http.StatusBadRequest, codeInvalidRequest)
		return
	}
	answer(w, http.StatusOK, map[string]any{})
}
