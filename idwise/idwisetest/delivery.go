package idwisetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"idjourney/idwise"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// fields are the fields of a webhook's body.
type fields map[string]any

func (f fields) with(name string, value any) fields {
	more := fields{name: value}
	for k, v := range f {
		more[k] = v
	}
	return more
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// sending is one copy of one webhook in flight.
type sending struct {
	webhook *Webhook
	account *Account
	body    []byte
	faults  Faults
	order   int // of its making, within the journey
}

// emit sends an event that names its journey. v.mu is held.
func (v *Vendor) emit(s *state, event string, body fields) {
	v.send(s, event, body.with("journeyId", s.id))
}

// send sends an event of a journey through the fault dial. v.mu is held.
func (v *Vendor) send(s *state, event string, body fields) {
	f := v.faults.of(s.id).Faults
	if !f.hitsEvent(event) {
		f = Faults{}
	}
	f.Drop = f.Drop || s.losing
	if f.UnknownEvent {
		v.dispatch(s, "Finished Something New", fields{"journeyId": s.id}, f)
	}
	v.dispatch(s, event, body, f)
}

// dispatch sends all copies of a webhook. v.mu is held.
func (v *Vendor) dispatch(s *state, event string, body fields, f Faults) {
	eventID := v.ids.event()
	body = body.with("eventId", eventID)
	if s.script.legacy { // one form for all events, without an id of their own
		eventID, body = "", s.decisions().with("journeyId", s.id)
	}
	encoded := encodeWebhook(event, body.with("referenceNo", orNull(s.reference)), f.ExtraField)
	for copies := range max(1, f.Duplicate) {
		out := sending{
			webhook: &Webhook{EventID: eventID, Event: event, Copy: copies, State: Pending},
			account: s.account, body: encoded, faults: f, order: len(s.webhooks),
		}
		s.webhooks = append(s.webhooks, out.webhook)
		if f.Reorder <= 0 {
			v.later(f.Delay, func() { v.deliver(out) })
			continue
		}
		v.later(f.Delay+time.Duration(3*copies)*f.Reorder, func() { v.holdBack(s, out) })
	}
	v.announce()
}

func encodeWebhook(event string, body fields, extra bool) []byte {
	envelope := fields{"event": event}
	if extra {
		envelope["schemaRevision"] = 7
		body = body.with("somethingNew", map[string]any{"nested": []int{1, 2, 3}})
	}
	envelope["body"] = body
	encoded, err := json.Marshal(envelope)
	if err != nil {
		panic("idwisetest: encoding a webhook: " + err.Error()) // only strings and numbers go in
	}
	return encoded
}

// holdBack keeps a webhook until its journey's window is over.
func (v *Vendor) holdBack(s *state, out sending) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s.held = append(s.held, out)
	if len(s.held) > 1 {
		return
	}
	v.later(out.faults.Reorder, func() {
		v.mu.Lock()
		held := s.held
		s.held = nil
		v.mu.Unlock()
		slices.SortFunc(held, func(a, b sending) int { return b.order - a.order })
		for _, out := range held {
			v.deliver(out)
		}
	})
}

// deliver makes the next attempt and schedules the one after it. Only 200 counts.
func (v *Vendor) deliver(out sending) {
	attempt := v.attempt(out)
	if v.ctx.Err() != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	w := out.webhook
	w.Attempts = append(w.Attempts, attempt)
	switch made := len(w.Attempts); {
	case attempt.Status == http.StatusOK:
		w.State = Delivered
	case made <= len(retries):
		v.later(v.scaled(retries[made-1]), func() { v.deliver(out) })
	default:
		w.State = Undelivered
		v.cfg.Logger.Warn("webhook given up", "event", w.Event, "event_id", w.EventID, "last_status", attempt.Status)
	}
	v.announce()
}

// attempt posts the webhook once, unless the fault dial drops it.
func (v *Vendor) attempt(out sending) Attempt {
	v.mu.Lock()
	made, target := len(out.webhook.Attempts), *out.account
	v.mu.Unlock()
	a := Attempt{At: v.cfg.Now()}
	if out.faults.Drop || made < out.faults.DropFirst {
		a.Error = "lost by the fault dial"
		return a
	}
	status, err := v.post(v.ctx, target, out.body)
	a.Status = status
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

// post sends one request to the customer's endpoint and returns its status.
func (v *Vendor) post(ctx context.Context, to Account, body []byte) (int, error) {
	if to.WebhookURL == "" {
		return 0, errors.New("no webhook URL is set")
	}
	ctx, cancel := context.WithTimeout(ctx, v.cfg.AckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the webhook URL cannot be used")
	}
	for name, values := range to.WebhookHeader {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	if to.BasicUser != "" || to.BasicPassword != "" {
		req.SetBasicAuth(to.BasicUser, to.BasicPassword)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		if withURL, ok := errors.AsType[*url.Error](err); ok {
			err = withURL.Err
		}
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	return resp.StatusCode, nil
}

func webhookClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// TestEvent is a test of the endpoint, as in the portal's webhook wizard.
type TestEvent struct {
	JourneyID string `json:"journey_id"` // the API knows no such journey
	Status    int    `json:"status"`     // what the endpoint answered
}

// SendTestEvent posts one event with unknown ids to the first account's endpoint. It is not
// retried. The error is the transport's, or says that the status was not 200.
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
