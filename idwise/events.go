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

// Values of Webhook.Action that the vendor documents. The set is open.
const (
	ActionStepUpdate   = "Step Update"
	ActionAMLAmend     = "AML Amend"
	ActionAMLOGMUpdate = "AML OGM Update"
	ActionManualReview = "Manual Review"
)

// TriggerKYCRenewal is the only value of Webhook.Trigger that the vendor documents; the
// value for a reviewer's request is not known.
const TriggerKYCRenewal = "KYC Renewal"

// eventNames lists, for each event, the canonical name, then every older name and
// misspelling of it. Case does not matter.
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

// canonicalEvent maps a name as sent, with spaces folded, to the canonical one.
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
