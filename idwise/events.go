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
)

// TriggerKYCRenewal is the only value of Webhook.Trigger that the vendor documents; the
// value for a reviewer's request is not known.
const TriggerKYCRenewal = "KYC Renewal"

// olderNames maps older names and misspellings to the canonical names.
var olderNames = map[string]string{
	"AML Monior Update":      EventAMLMonitorUpdate,
	"Finished Ongoing Check": EventFinishedSpotCheck,
	"Step Submitted":         EventFinishedStep,
}

// EventNames lists the canonical names of all events this package knows.
func EventNames() []string {
	return []string{
		EventFinishedUserSteps, EventFinishedJourney, EventManuallyReviewed, EventUpdatedJourney, EventAMLMonitorUpdate,
		EventVerificationUpdateRequired, EventKYCRenewalDeadlineExceeded, EventFinishedSpotCheck, EventFinishedStep,
	}
}

// canonicalEvent maps a name as sent, in any case and with spaces folded, to the canonical one.
func canonicalEvent(sent string) (name string, known bool) {
	for _, name := range EventNames() {
		if strings.EqualFold(sent, name) {
			return name, true
		}
	}
	for older, name := range olderNames {
		if strings.EqualFold(sent, older) {
			return name, true
		}
	}
	return "", false
}
