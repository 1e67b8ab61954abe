package idwise

import "strings"

// The vendor's event names in their canonical spelling.
const (
	EventFinishedUserSteps          = "Finished User Steps"
	EventFinishedJourney            = "Finished Journey"
	EventManuallyReviewed           = "Manually Reviewed"
	EventUpdatedJourney             = "Updated Journey"
	EventAMLMonitorUpdate           = "AML Monitor Update"
	EventVerificationUpdateRequired = "Verification Update Required"
	EventKYCRenewalDeadlineExceeded = "KYC Renewal Deadline Exceeded"
	EventFinishedSpotCheck          = "Finished Spot Check"
	EventFinishedStep               = "Finished Step"
)

// Values of Webhook.Action that the vendor names. The set is open.
const (
	ActionStepUpdate   = "Step Update"
	ActionAMLAmend     = "AML Amend"
	ActionAMLOGMUpdate = "AML OGM Update"
	ActionManualReview = "Manual Review"
)

// TriggerKYCRenewal is the one value of Webhook.Trigger that the vendor names; that
// of a reviewer's request is not known.
const TriggerKYCRenewal = "KYC Renewal"

// eventNames is the one table of names: the canonical one, then every older name
// and misspelling that means the same. Case does not matter.
var eventNames = []struct {
	canonical string
	also      []string
}{
	{EventFinishedUserSteps, nil},
	{EventFinishedJourney, nil},
	{EventManuallyReviewed, nil},
	{EventUpdatedJourney, nil},
	{EventAMLMonitorUpdate, []string{"AML Monior Update"}},
	{EventVerificationUpdateRequired, nil},
	{EventKYCRenewalDeadlineExceeded, nil},
	{EventFinishedSpotCheck, []string{"Finished Ongoing Check"}},
	{EventFinishedStep, []string{"Step Submitted"}},
}

// EventNames lists the canonical names of all events this package knows.
func EventNames() []string {
	names := make([]string, len(eventNames))
	for i, e := range eventNames {
		names[i] = e.canonical
	}
	return names
}

// canonicalEvent folds a name as sent, without needless spaces, into the canonical one.
func canonicalEvent(sent string) (name string, known bool) {
	for _, e := range eventNames {
		if strings.EqualFold(sent, e.canonical) {
			return e.canonical, true
		}
		for _, other := range e.also {
			if strings.EqualFold(sent, other) {
				return e.canonical, true
			}
		}
	}
	return "", false
}
