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
	// review is what the reviewer decides reviewAfter the end, if the system refers.
	review      string
	reviewAfter time.Duration
	// matchAfter is when, after a review, monitoring finds a sanctions match; 0: never.
	matchAfter time.Duration
}

const (
	approved   = "Approved"
	rejected   = "Rejected"
	complete   = "Complete"
	refer      = "Refer"
	incomplete = "Incomplete"
)

// scripts is the table of all scripts. What is zero gets the usual times.
var scripts = []script{
	{name: "approve"},
	{name: "refer", failedRule: "expired_document"},
	{name: "refer-approve", failedRule: "expired_document", review: approved},
	{name: "refer-reject", failedRule: "proof_policy", review: rejected},
	{name: "face-mismatch", faceMismatches: true, review: rejected},
	{name: "face-late", faceShows: 10 * time.Minute},
	{name: "aml-after-approval", failedRule: "expired_document", review: approved, matchAfter: 10 * time.Minute},
	{name: "slow", userTakes: 30 * time.Minute, processing: 30 * time.Minute},
	{name: "never-finish", neverFinishes: true},
	{name: "no-custom-step", withoutCustomStep: true},
}

// Scripts lists the names of all scripts.
func Scripts() []string {
	names := make([]string, len(scripts))
	for i, s := range scripts {
		names[i] = s.name
	}
	return names
}

// ScriptOf is the script that a magic reference asks for: the longest name that is
// the reference or stands before a dash in it; approve if there is none.
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
