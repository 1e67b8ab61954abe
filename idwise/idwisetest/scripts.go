package idwisetest

import (
	"strings"
	"time"
)

// script is how a journey goes. Times are the vendor's, before Scale.
type script struct {
	name string
	// userTakes is how long the user needs for all steps.
	userTakes time.Duration
	// neverFinishes: the user gives up; the vendor then sends nothing at all.
	neverFinishes bool
	// withoutCustomStep finishes without waiting for complete-custom-step.
	withoutCustomStep bool
	// processing is how long the vendor works after the last step.
	processing time.Duration
	// failedRule is the rule that fails; "" for none.
	failedRule string
	// faceShows is how long after its submission a face's comparison shows.
	faceShows      time.Duration
	faceMismatches bool
	// reviews are what reviewers decide, one after the other and each after
	// reviewAfter, if the system refers.
	reviews     []string
	reviewAfter time.Duration
	// legacy sends all webhooks in the form of 2023.
	legacy bool
	// then is what happens, one after the other, once all that is decided.
	then []act
}

// act is an event after a journey's decision; its error says why the journey's state does
// not allow it.
type act struct {
	after time.Duration
	does  func(*Vendor, *state) error
}

// acts are done ten minutes apart.
func acts(does ...func(*Vendor, *state) error) []act {
	all := make([]act, len(does))
	for i, f := range does {
		all[i] = act{10 * time.Minute, f}
	}
	return all
}

func amlAct(c AMLChange) func(*Vendor, *state) error {
	return func(v *Vendor, s *state) error { return v.changeAML(s, c) }
}

func spotAct(passed bool) func(*Vendor, *state) error {
	return func(v *Vendor, s *state) error {
		_, err := v.spotCheck(s, SpotCheckRequest{Passed: passed})
		return err
	}
}

// cured submits again, and passes.
func cured(v *Vendor, s *state) error { return v.resubmit(s, "") }

const (
	approved   = "Approved"
	rejected   = "Rejected"
	complete   = "Complete"
	refer      = "Refer"
	incomplete = "Incomplete"
)

// scripts is the table of all scripts. Zero fields get the usual times.
var scripts = []script{
	{name: "approve"},
	{name: "refer", failedRule: "expired_document"},
	{name: "refer-approve", failedRule: "expired_document", reviews: []string{approved}},
	{name: "refer-reject", failedRule: "proof_policy", reviews: []string{rejected}},
	{name: "face-mismatch", faceMismatches: true, reviews: []string{rejected}},
	{name: "face-late", faceShows: 10 * time.Minute},
	{name: "aml-after-approval", failedRule: "expired_document", reviews: []string{approved}, then: acts(amlAct(AMLChange{Kind: AMLAdded}))},
	{name: "slow", userTakes: 30 * time.Minute, processing: 30 * time.Minute},
	{name: "never-finish", neverFinishes: true},
	{name: "no-custom-step", withoutCustomStep: true},
	{name: "overturned", failedRule: "expired_document", reviews: []string{approved, rejected, approved}},
	{name: "legacy", failedRule: "expired_document", reviews: []string{approved}, legacy: true},
	{name: "resubmit", failedRule: "expired_document", then: acts((*Vendor).requestResubmission, cured)},
	{name: "renewal", then: acts((*Vendor).renewalDue, cured)},
	{name: "renewal-missed", then: acts((*Vendor).renewalDue, (*Vendor).renewalMissed)},
	{name: "spot-passed", then: acts(spotAct(true))},
	{name: "spot-failed", then: acts(spotAct(false))},
	{name: "aml-removed", then: acts(amlAct(AMLChange{Kind: AMLAdded}), amlAct(AMLChange{Kind: AMLRemoved}))},
	{name: "aml-gap", failedRule: "expired_document", reviews: []string{approved}, then: acts(
		amlAct(AMLChange{Kind: AMLAdded}), amlAct(AMLChange{Kind: AMLChanged, Lost: true}), amlAct(AMLChange{Kind: AMLAdded}))},
}

// Scripts lists the names of all scripts.
func Scripts() []string {
	names := make([]string, len(scripts))
	for i, s := range scripts {
		names[i] = s.name
	}
	return names
}

// ScriptOf is the script of a magic reference: the longest script name that equals the
// reference or precedes a dash in it; approve if there is none.
func ScriptOf(reference string) string {
	best := ""
	for _, s := range scripts {
		if (reference == s.name || strings.HasPrefix(reference, s.name+"-")) && len(s.name) > len(best) {
			best = s.name
		}
	}
	if best == "" {
		return "approve"
	}
	return best
}

func findScript(name string) (script, bool) {
	for _, s := range scripts {
		if s.name == name {
			return s.withUsualTimes(), true
		}
	}
	return script{}, false
}

func (s script) withUsualTimes() script {
	usual := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	usual(&s.userTakes, time.Minute)
	usual(&s.processing, time.Minute)
	usual(&s.faceShows, time.Minute)
	usual(&s.reviewAfter, 10*time.Minute)
	return s
}
