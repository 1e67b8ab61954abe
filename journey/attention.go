package journey

import (
	"fmt"
	"slices"
	"time"
)

// AttentionCode names something that needs a person. The set is closed.
type AttentionCode string

// What can need a person; [AttentionKinds] says more of each.
const (
	AttentionVendorDenied      AttentionCode = "vendor_denied"
	AttentionVendorUnreachable AttentionCode = "vendor_unreachable"
	AttentionVendorMissing     AttentionCode = "vendor_missing"
	AttentionVendorUnreadable  AttentionCode = "vendor_unreadable"
	AttentionHintMismatch      AttentionCode = "hint_mismatch"
	AttentionUnknownValue      AttentionCode = "unknown_value"
	AttentionFlowUnlisted      AttentionCode = "flow_unlisted"
	AttentionCompleteFailed    AttentionCode = "complete_failed"
	AttentionDeliveryParked    AttentionCode = "delivery_parked"
	AttentionQuarantined       AttentionCode = "quarantined"
	AttentionAMLGap            AttentionCode = "aml_gap"
	AttentionHintsOverBudget   AttentionCode = "hints_over_budget"
	AttentionSpotCheckUnbound  AttentionCode = "spot_check_unbound"
	AttentionEraseFailed       AttentionCode = "erase_failed"
)

// AttentionItem is one open need for a person.
type AttentionItem struct {
	Code  AttentionCode `json:"code"`
	Since time.Time     `json:"since"`
	// Detail is a short code or name, never personal data.
	Detail string `json:"detail,omitempty"`
}

// Attention is what needs a person, the oldest first.
type Attention []AttentionItem

// raise records that a person is needed and returns the new item; nil if it is there
// already.
func (a *Attention) raise(code AttentionCode, detail string, now time.Time) *AttentionItem {
	if slices.ContainsFunc(*a, func(i AttentionItem) bool { return i.Code == code && i.Detail == detail }) {
		return nil
	}
	item := AttentionItem{Code: code, Since: now, Detail: detail}
	*a = append(*a, item)
	return &item
}

// oldest is the code that is open longest; empty if none is.
func (a Attention) oldest() AttentionCode {
	if len(a) == 0 {
		return ""
	}
	return a[0].Code
}

// describe says in one sentence for each item what needs a person.
func (a Attention) describe() (text string) {
	for _, i := range a {
		detail := ""
		if i.Detail != "" {
			detail = " (" + i.Detail + ")"
		}
		text += fmt.Sprintf(" Needs a person: `%s`%s since %s.", i.Code, detail, clock(i.Since))
	}
	return text
}

// clear drops the items of these codes.
func (a *Attention) clear(codes ...AttentionCode) {
	*a = slices.DeleteFunc(*a, func(i AttentionItem) bool { return slices.Contains(codes, i.Code) })
}

// raise records that a person is needed and publishes it once.
func (s *State) raise(code AttentionCode, detail string, now time.Time) []Effect {
	item := s.Attention.raise(code, detail, now)
	if item == nil {
		return nil
	}
	id := s.id("att", string(code), detail, stamp(now))
	return s.publish(Message{ID: id, Type: MessageAttention, Attention: item}, now)
}

// Owner is who has to act.
type Owner string

// The owners of what needs a person.
const (
	OwnerOperations Owner = "operations" // whoever runs idjourney
	OwnerCompliance Owner = "compliance" // whoever answers for decisions
)

// AttentionKind says what a code means and what becomes of it.
type AttentionKind struct {
	Code     AttentionCode
	Owner    Owner
	Severity Severity
	Text     string // what has happened, and what to do
	Clears   string // what clears it
}

// AttentionKinds is the closed list.
func AttentionKinds() []AttentionKind {
	const byFetch = "a fetch that works"
	return []AttentionKind{
		{AttentionVendorDenied, OwnerOperations, SeverityHigh, "IDWise refuses our credentials or does not know the path: run the doctor for the account.", byFetch},
		{AttentionVendorUnreachable, OwnerOperations, SeverityMedium, "IDWise could not be reached for as long as a fetch is retried.", byFetch},
		{AttentionVendorMissing, OwnerCompliance, SeverityMedium, "IDWise no longer knows a journey that it knew before.", byFetch},
		{AttentionVendorUnreadable, OwnerOperations, SeverityMedium, "IDWise's answer is no journey result.", byFetch},
		{AttentionHintMismatch, OwnerCompliance, SeverityMedium, "A webhook claimed what the API never showed: a change at IDWise, or a forged webhook.", "a change of the result, or an operator's refresh"},
		{AttentionUnknownValue, OwnerCompliance, SeverityHigh, "IDWise's decision has a value that is not known to us; the journey is held.", "a decision value that is known"},
		{AttentionFlowUnlisted, OwnerOperations, SeverityHigh, "The journey's flow is not in the configuration; the journey is held.", "a fetch after the flow was listed"},
		{AttentionCompleteFailed, OwnerOperations, SeverityHigh, "IDWise refused Complete Custom Step; its journey may hang.", "Complete Custom Step being taken, or the journey being finished"},
		{AttentionDeliveryParked, OwnerOperations, SeverityMedium, "An endpoint refused a message, or was away for too long; the feed has the decision.", "an operator's refresh"},
		{AttentionQuarantined, OwnerOperations, SeverityMedium, "A signal could not be read; it is in the workflow's history.", "an operator's refresh"},
		{AttentionAMLGap, OwnerCompliance, SeverityMedium, "AML versions were missed and the vendor's history could not tell them apart; the journey was judged by the newest.", "an operator's refresh"},
		{AttentionHintsOverBudget, OwnerOperations, SeverityHigh, "Webhooks ask for more fetches of one journey than the policy allows: a fault at IDWise, or somebody has the webhook secret.", "an operator's refresh"},
		{AttentionSpotCheckUnbound, OwnerCompliance, SeverityHigh, "A spot check belongs to no approved journey, or to more than one: link it.", "the update link"},
		{AttentionEraseFailed, OwnerOperations, SeverityHigh, "The personal data could not be erased at IDWise or in the ledger.", "an erasure that works"},
	}
}

// AttentionCodes lists the codes.
func AttentionCodes() (codes []AttentionCode) {
	for _, kind := range AttentionKinds() {
		codes = append(codes, kind.Code)
	}
	return codes
}
