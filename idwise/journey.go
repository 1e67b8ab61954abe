package idwise

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"idjourney/outbound"
)

// StartRequest describes the journey to start.
type StartRequest struct {
	outbound.Private
	// FlowID is required.
	FlowID string
	// ReferenceNo is the customer's own reference; "" for none. Treat it as personal data.
	ReferenceNo string
}

// StartedJourney identifies a started journey.
type StartedJourney struct{ JourneyID string }

// StartJourney starts a journey at the vendor and is never repeated here: every request that
// arrives starts another journey, which cannot be found by its reference. After an error that
// is not [Definite], a journey with an unknown id may exist. Besides the errors of every
// request, it returns ErrUnreadable, also for an id that other requests cannot use.
func (c *Client) StartJourney(ctx context.Context, r StartRequest) (StartedJourney, error) {
	if r.FlowID == "" {
		return StartedJourney{}, fmt.Errorf("calling %s: a flow id is needed: %w", StartJourney, ErrNotSent)
	}
	start := request{operation: StartJourney, body: encode(struct {
		FlowID      string `json:"flow_id"`
		ReferenceNo string `json:"reference_no,omitempty"`
	}{r.FlowID, r.ReferenceNo})}
	return do(ctx, c, start, func(body []byte) (StartedJourney, error) {
		started := StartedJourney{JourneyID: journeyIDOf(body)}
		if !ValidID(started.JourneyID) {
			return started, fmt.Errorf("no journey id: %w", ErrUnreadable)
		}
		return started, nil
	})
}

// journeyIDOf reads an answer's journey_id; "" if it has none.
func journeyIDOf(body []byte) string {
	var w struct {
		JourneyID loose `json:"journey_id"`
	}
	if json.Unmarshal(body, &w) != nil {
		return ""
	}
	return string(w.JourneyID)
}

// ProcessCustomStep submits an image as the journey's custom step. The vendor processes
// it asynchronously: success means that it was accepted, and the comparison appears in
// the result later. The image stays in memory and appears in no error.
func (c *Client) ProcessCustomStep(ctx context.Context, journeyID, stepID string, image []byte, contentType string) error {
	if stepID == "" || len(image) == 0 || strings.ContainsAny(contentType, "\r\n") {
		return fmt.Errorf("calling %s: a step id, an image and its content type are needed: %w", ProcessCustomStep, ErrNotSent)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	// The file is named after its type only: a name could identify a person.
	name := map[string]string{"image/png": "image.png", "image/jpeg": "image.jpg"}[contentType]
	err := errors.Join(form.WriteField("journey_id", journeyID), form.WriteField("step_id", stepID))
	part, partErr := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("image", cmp.Or(name, "image"))},
		"Content-Type":        {cmp.Or(contentType, "application/octet-stream")},
	})
	if partErr == nil {
		_, partErr = part.Write(image)
	}
	if err := errors.Join(err, partErr, form.Close()); err != nil {
		return fmt.Errorf("calling %s: %w: %w", ProcessCustomStep, ErrNotSent, err)
	}
	return c.order(ctx, request{operation: ProcessCustomStep, id: journeyID, contentType: form.FormDataContentType(), body: body.Bytes()})
}

// CompleteCustomStep tells the vendor that no further custom step follows. It cannot be
// undone, and without it the journey stays open forever.
func (c *Client) CompleteCustomStep(ctx context.Context, journeyID string) error {
	return c.order(ctx, request{operation: CompleteCustomStep, id: journeyID, body: encode(map[string]string{"journey_id": journeyID})})
}

// encode is a body of texts alone, which cannot fail.
func encode(texts any) []byte {
	body, _ := json.Marshal(texts)
	return body
}

// Deletion is the outcome of a deletion.
type Deletion string

// After either, the vendor has no data of the journey.
const (
	Deleted     Deletion = "deleted"
	AlreadyGone Deletion = "already_gone" // the vendor knows no such journey
)

// DeleteJourney deletes the vendor's data of a journey, possibly later: the vendor does not
// say when. AlreadyGone means that the vendor itself does not know the journey, so that the
// request can be repeated. A bare 404 is an error: our path may be wrong.
func (c *Client) DeleteJourney(ctx context.Context, journeyID string) (Deletion, error) {
	err := c.order(ctx, request{operation: DeleteJourney, id: journeyID})
	switch {
	case err == nil:
		return Deleted, nil
	case IsMissing(err):
		return AlreadyGone, nil
	}
	return "", err
}

// Probe makes one read request for an id and checks that the answer is of the expected
// kind; it returns the errors of every request. It refuses an operation that would change
// something, and discards what it reads. The vendor requires at least two seconds between
// two requests of JourneySummary with one key, and may otherwise block its access.
func (c *Client) Probe(ctx context.Context, op Operation, id string) error {
	switch {
	case c.paths[op].Method != http.MethodGet:
		return fmt.Errorf("probing %s: it changes a journey: %w", op, ErrNotSent)
	case op == ReadAMLHistory:
		_, err := c.AMLHistory(ctx, id, 1)
		return err
	}
	_, err := do(ctx, c, request{operation: op, id: id}, func(body []byte) (struct{}, error) {
		return struct{}{}, about(id, journeyIDOf(body))
	})
	return err
}
