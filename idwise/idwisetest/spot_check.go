package idwisetest

import (
	"errors"
	"slices"
	"time"

	"idjourney/idwise"
)

// SpotCheckRequest describes the outcome of a spot check.
type SpotCheckRequest struct {
	Passed bool `json:"passed"`
	// OlderName sends it as Finished Ongoing Check, which names the journey.
	OlderName bool `json:"older_name"`
}

// spotCheck is a finished spot check.
type spotCheck struct {
	id     string
	of     *state
	at     time.Time
	passed bool
}

var errNoSuccess = errors.New("a spot check needs a journey that ended well")

// spotCheck checks the person of a journey: it uses the latest successfully finished journey
// with the same reference, as the vendor does. v.mu is held.
func (v *Vendor) spotCheck(s *state, r SpotCheckRequest) (string, error) {
	s = v.latest(s)
	if s == nil {
		return "", errNoSuccess
	}
	check := &spotCheck{id: v.ids.journey(), of: s, at: v.cfg.Now(), passed: r.Passed}
	s.spotChecks = append(s.spotChecks, check)
	v.spotChecks[check.id] = check
	if r.OlderName {
		v.emit(s, "Finished Ongoing Check", fields{"systemDecision": check.system(), "ongoingCheckId": check.id})
	} else {
		v.send(s, idwise.EventFinishedSpotCheck, fields{"systemDecision": check.system(), "spotCheckJourneyId": check.id})
	}
	return check.id, nil
}

// latest is the newest successfully finished journey with the reference of s; without a
// reference it can only be s itself. v.mu is held.
func (v *Vendor) latest(s *state) *state {
	for _, id := range slices.Backward(v.order) {
		other := v.journeys[id]
		same := other == s || s.reference != "" && other.reference == s.reference && other.account == s.account
		if same && !other.deleted && other.now().phase == PhaseFinished && other.now().passes() {
			return other
		}
	}
	return nil
}

func (c *spotCheck) system() string {
	if c.passed {
		return complete
	}
	return refer
}

// result is the spot check's result. The contents of spot_checks are not known, so it is
// empty.
func (c *spotCheck) result() object {
	rule, selfie := "Passed", "Complete"
	if !c.passed {
		rule, selfie = "Failed", "Refer"
	}
	at := c.at.UTC().Format(isoTime)
	return object{
		"journey_id": c.id, "start_time": at, "end_time": at, "system_decision": c.system(),
		"reference_number": orNull(c.of.reference), "selfie": object{"status": selfie},
		"applicant":    c.of.applicant(c.of.now()),
		"rule_results": object{"same_subject": object{"name": ruleNames["same_subject"], "result": rule}},
		"spot_checks":  []object{},
	}
}
