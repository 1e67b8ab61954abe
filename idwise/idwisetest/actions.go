package idwisetest

import (
	"context"
	"fmt"
	"net/http"

	"idjourney/idwise"
)

// Review is a reviewer's decision in the dashboard, Approved or Rejected. It sends
// Updated Journey and once more Finished Journey. The error says why it cannot be.
func (v *Vendor) Review(id, decision string) error {
	return v.act(id, func(s *state) error { return v.review(s, decision) })
}

// AMLMatch lets monitoring find a sanctions match: the system refers from now on,
// while a manual decision, and with it the final one, stays. It sends AML Monitor
// Update and Updated Journey. The error says why it cannot be.
func (v *Vendor) AMLMatch(id string) error {
	return v.act(id, v.amlMatch)
}

func (v *Vendor) act(id string, what func(*state) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.journeys[id]
	if !ok {
		return fmt.Errorf("there is no journey %q", id)
	}
	return what(s)
}

// TestEvent is a test of the endpoint, as the portal's webhook wizard makes it.
type TestEvent struct {
	JourneyID string `json:"journey_id"` // the API knows no such journey
	Status    int    `json:"status"`     // what the endpoint answered
}

// SendTestEvent posts one event with ids that nobody knows to the first account's
// endpoint. It is not retried. The error is the transport's, or says that the
// endpoint answered something else than 200.
func (v *Vendor) SendTestEvent(ctx context.Context) (TestEvent, error) {
	v.mu.Lock()
	account := v.cfg.Accounts[0]
	test := TestEvent{JourneyID: v.ids.journey()}
	body := encodeWebhook(idwise.EventFinishedJourney, fields{
		"eventId": v.ids.event(), "referenceNo": nil, "journeyId": test.JourneyID, "systemDecision": complete,
	}, false)
	v.mu.Unlock()
	var err error
	test.Status, err = v.post(ctx, account, body)
	if err != nil {
		return test, fmt.Errorf("sending the test event: %w", err)
	}
	if test.Status != http.StatusOK {
		return test, fmt.Errorf("sending the test event: the endpoint answered %d", test.Status)
	}
	return test, nil
}
