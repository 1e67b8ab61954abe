package idwisetest

import (
	"context"
	"fmt"
	"net/http"

	"idjourney/idwise"
)

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
