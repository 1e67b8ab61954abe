package config

import (
	"cmp"
	"slices"
	"strings"

	"idjourney/idwise"
)

// UnconfirmedPaths lists the operations that the account's journeys need and whose path is
// an assumption of ours that is not marked as confirmed, in the order of package idwise.
func (a *Account) UnconfirmedPaths() []idwise.Endpoint {
	var list []idwise.Endpoint
	for _, e := range idwise.Operations() {
		override, _ := find(a.Paths, func(p PathOverride) bool { return p.Operation == string(e.Operation) })
		if e.Known != idwise.Documented && a.needs(e.Operation) && !override.Confirmed {
			e.Path = cmp.Or(override.Path, e.Path)
			list = append(list, e)
		}
	}
	return list
}

// needs says whether a journey of the account cannot be decided without the operation.
// A live account starts while the paths of the others are guesses.
func (a *Account) needs(op idwise.Operation) bool {
	switch op {
	case idwise.JourneyResult:
		return true
	case idwise.CompleteCustomStep:
		return slices.ContainsFunc(a.Flows, func(f Flow) bool { return f.CustomStep })
	case idwise.ProcessCustomStep:
		return slices.ContainsFunc(a.Flows, func(f Flow) bool {
			return slices.ContainsFunc(f.Steps, func(s Step) bool { return s.Activity == ActivityCompareGovernmentFace })
		})
	}
	return false
}

// validateConfirmed keeps guessed paths away from real customers.
func (c *Config) validateConfirmed(found *faults) {
	for i := range c.Accounts {
		a := &c.Accounts[i]
		var names []string
		for _, e := range a.UnconfirmedPaths() {
			names = append(names, string(e.Operation))
		}
		found.addIf(a.Environment == Live && !a.AcceptUnconfirmed && len(names) > 0, itemPath("accounts", i, a.Name),
			"is live, and nobody has confirmed the paths of %s: run idjourney doctor --account %s, list each under paths with confirmed: true, or write accept_unconfirmed_paths: true",
			strings.Join(names, ", "), a.Name)
	}
}
