package idwisetest

import (
	"net/http"
	"strconv"
)

// serveDelete forgets a journey, as far as the API and its webhooks can tell, and with
// it its spot checks: which is a choice of ours. What is under way still arrives.
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

// serveAMLHistory answers a version of the record; see [Config.AMLChangesOnly].
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
