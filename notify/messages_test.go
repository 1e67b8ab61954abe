package notify_test

import (
	"time"

	"idjourney/journey"
)

// A zone other than UTC: the body must not depend on the worker's zone.
var zone = time.FixedZone("somewhere", 4*3600)

// The moments of the examples.
var (
	amlAt       = time.Date(2026, 11, 22, 13, 30, 12, 500_000_000, zone)
	reviewAt    = time.Date(2026, 11, 20, 18, 2, 3, 0, zone)
	attentionAt = time.Date(2026, 11, 20, 19, 0, 0, 0, zone)
)

// messages are the inputs whose bodies the examples show.
func messages() map[journey.MessageType]journey.Message {
	all := map[journey.MessageType]journey.Message{}
	add := func(t journey.MessageType, phase journey.Phase, at time.Time, content func(m *journey.Message)) {
		m := journey.Message{ID: "msg_1", Type: t, Account: account, JourneyID: journeyID, Phase: phase, At: at}
		content(&m)
		all[t] = m
	}
	add(journey.MessageDecided, journey.Settled, amlAt, func(m *journey.Message) {
		m.Stream, m.Decision = journey.StreamDecisions, decision()
	})
	add(journey.MessageAdopted, journey.Settled, attentionAt, func(m *journey.Message) {
		d := decision()
		d.ID, d.Sequence, d.Outcome, d.Adopted = journey.DecisionID(account, journeyID, 1), 1, journey.OutcomeApproved, true
		d.DecidedAt = time.Date(2024, 2, 1, 12, 0, 0, 0, zone)
		m.Stream, m.Decision = journey.StreamDecisions, d
	})
	add(journey.MessageAttention, journey.AwaitingResult, attentionAt, func(m *journey.Message) {
		m.Attention = &journey.AttentionItem{Code: journey.AttentionVendorDenied, Since: attentionAt, Detail: "internal-detail"}
	})
	add(journey.MessageAMLChanged, journey.Settled, amlAt, func(m *journey.Message) {
		m.Stream = journey.StreamAML
		m.AML = &journey.AMLChange{
			Version: 3, Added: []string{"match-7"}, Datasets: map[string]int{"sanctions": 1},
			Severity: journey.SeverityHigh, Alert: "alert_5d0c8f1e9b7a", Gap: true,
		}
	})
	add(journey.MessageErased, journey.Settled, attentionAt, func(*journey.Message) {})
	add(journey.MessageSpotCheckDecided, "", attentionAt, func(m *journey.Message) {
		m.SpotCheck = &journey.SpotDecision{
			ID: "internal-id", Account: account, SpotID: "65a1b2c3d4e5f60718293a4b", Outcome: journey.SpotFailed,
			JourneyID: journeyID, BoundBy: "reference", System: "Refer", Reasons: []string{"refer"}, DecidedAt: attentionAt,
		}
	})
	addWaiting(add)
	addResubmissions(add)
	return all
}

type adder func(t journey.MessageType, phase journey.Phase, at time.Time, content func(m *journey.Message))

// addWaiting adds the messages about a wait for a person.
func addWaiting(add adder) {
	open := &journey.Review{
		ID: "rev_0f6f3fd63b4c0f7fc6c8a9c1f2ad8d55", Kind: journey.ReviewVendor, Reason: "referred", Since: reviewAt,
		Ladder: journey.Ladder{Name: "internal-ladder", EscalateAt: amlAt},
	}
	add(journey.MessageReviewRequired, journey.AwaitingReview, reviewAt, func(m *journey.Message) { m.Review = open })
	add(journey.MessageReviewReminder, journey.AwaitingReview, reviewAt.AddDate(0, 0, 1), func(m *journey.Message) { m.Review = open })
	add(journey.MessageReviewOverdue, journey.Settled, time.Date(2026, 11, 22, 14, 30, 0, 0, zone), func(m *journey.Message) {
		m.Alert = &journey.Alert{
			ID: "alert_5d0c8f1e9b7a", Version: 3, Severity: journey.SeverityHigh, Since: amlAt.AddDate(0, 0, -1),
			Matches: []string{"internal-match"}, Changes: 1, Ladder: journey.Ladder{Name: "internal-ladder"},
		}
	})
}

// addResubmissions adds the messages about steps that the user has to do again.
func addResubmissions(add adder) {
	again := func(days int) func(m *journey.Message) {
		return func(m *journey.Message) {
			m.Resubmission = &journey.Resubmission{
				Kind: journey.KindRenewal, Since: attentionAt, Until: attentionAt.AddDate(0, 0, days),
				Steps:   []journey.RequiredStep{{StepID: "10", ReasonCode: "expired_document", RenewalDeadline: "internal-deadline"}, {StepID: "20"}},
				Subject: "internal-subject",
			}
		}
	}
	add(journey.MessageResubmissionRequired, journey.AwaitingResubmission, attentionAt, again(14))
	add(journey.MessageRenewalDue, journey.AwaitingResubmission, attentionAt, again(30))
	add(journey.MessageRenewalOverdue, journey.AwaitingResubmission, attentionAt.AddDate(0, 0, 30), again(30))
}

func decision() *journey.Decision {
	return &journey.Decision{
		ID: journey.DecisionID(account, journeyID, 2), Account: account, JourneyID: journeyID,
		Sequence: 2, Outcome: journey.OutcomeOnHold, Source: journey.SourcePolicy,
		System: "Refer", Manual: "Approved", Final: "Approved", AMLVersion: 3, AMLMatches: 1,
		Reasons: []string{"aml_match"}, Supersedes: 1, PolicyVersion: "3f9a1c20be47",
		DecidedBy: "policy", DecidedAt: amlAt, Fingerprint: "internal-fingerprint",
	}
}
