package idwisetest

import (
	"net/http"
	"strconv"
)

// serveStart starts a journey with the script of its magic reference.
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
		s.resultCalls++
		answer(w, http.StatusOK, s.result(v.shown(s, c.operation)))
	}
}

// serveProcess accepts a face while the journey accepts one.
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

// serveComplete ends the custom steps. Repeating it changes nothing.
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

// serveDelete removes a journey from the API and its webhooks, and its spot checks as well,
// which is our choice. Webhooks in flight still arrive.
func (v *Vendor) serveDelete(w http.ResponseWriter, c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.find(w, c)
	if s == nil {
		return
	}
	s.deleted = true
	for _, check := range s.spotChecks {
		delete(v.spotChecks, check.id)
	}
	v.announce()
	w.WriteHeader(http.StatusNoContent)
}

// serveAMLHistory returns a version of the record; see [Config.AMLChangesOnly].
func (v *Vendor) serveAMLHistory(w http.ResponseWriter, c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.find(w, c)
	if s == nil {
		return
	}
	version, err := strconv.Atoi(c.version)
	if err != nil {
		refuse(w, http.StatusBadRequest, codeInvalidRequest)
		return
	}
	t, ok := s.version(v.shown(s, c.operation), version)
	if !ok {
		refuse(w, http.StatusNotFound, "missing_requested_resource")
		return
	}
	if v.cfg.AMLChangesOnly {
		before, _ := s.version(t, version-1)
		t.matches = t.changesSince(before)
	}
	answer(w, http.StatusOK, object{"check_id": s.id, "reference_number": orNull(s.reference), "aml_matches": matches(t)})
}

func (v *Vendor) serveSpotCheck(w http.ResponseWriter, c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	check, ok := v.spotChecks[c.spotCheckID]
	switch {
	case !ok:
		refuse(w, http.StatusNotFound, "missing_requested_resource")
	case check.of.account != c.account:
		refuse(w, http.StatusForbidden, "unauthorized")
	default:
		answer(w, http.StatusOK, check.result())
	}
}
