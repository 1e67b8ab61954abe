package idwisetest

import (
	"errors"
	"slices"
	"time"

	"idjourney/idwise"
)

// SpotCheckRequest says how a spot check goes.
type SpotCheckRequest struct {
	Passed bool `json:"passed"`
	// OlderName tells it as Finished Ongoing Check, which names the journey.
	OlderName bool `json:"older_name"`
}

// spotCheck is one that has ended.
type spotCheck struct {
	id     string
	of     *state
	at     time.Time
	passed bool
}

var errNoSuccess = errors.New("a spot check needs a journey that ended well")

// spotCheck checks the person of a journey: of the latest one with the same reference
// that ended well, as the vendor has it. v.mu is held.
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

// latest is the newest journey with the reference of s that ended well; without a
// reference only s itself can be meant. v.mu is held.
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

// result is the spot check's result. What stands in spot_checks is not known, so it
// is empty.
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
