package idwise

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
)

// ProcessCustomStep submits an image as the journey's custom step. The vendor processes
// it asynchronously: success means that it was accepted, and the comparison appears in
// the result later. The image stays in memory and appears in no error.
func (c *Client) ProcessCustomStep(ctx context.Context, journeyID, stepID string, image []byte, contentType string) error {
	if stepID == "" || len(image) == 0 || strings.ContainsAny(contentType, "\r\n") {
		return fmt.Errorf("calling %s: a step id, an image and its content type are needed: %w", ProcessCustomStep, ErrNotSent)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := writeCustomStep(form, journeyID, stepID, image, contentType); err != nil {
		return fmt.Errorf("calling %s: %w: %w", ProcessCustomStep, ErrNotSent, err)
	}
	return c.do(ctx, request{
		operation: ProcessCustomStep, id: journeyID,
		contentType: form.FormDataContentType(), body: body.Bytes(),
	})
}

func writeCustomStep(form *multipart.Writer, journeyID, stepID string, image []byte, contentType string) error {
	if err := form.WriteField("journey_id", journeyID); err != nil {
		return err
	}
	if err := form.WriteField("step_id", stepID); err != nil {
		return err
	}
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="image"; filename="` + imageName(contentType) + `"`},
		"Content-Type":        {contentType},
	})
	if err != nil {
		return err
	}
	if _, err := part.Write(image); err != nil {
		return err
	}
	return form.Close()
}

// imageName names the file after its type only: a name could identify a person.
func imageName(contentType string) string {
	switch contentType {
	case "image/png":
		return "image.png"
	case "image/jpeg":
		return "image.jpg"
	}
	return "image"
}

// CompleteCustomStep tells the vendor that no further custom step follows. It cannot be
// undone, and without it the journey stays open forever.
func (c *Client) CompleteCustomStep(ctx context.Context, journeyID string) error {
	body, err := json.Marshal(map[string]string{"journey_id": journeyID})
	if err != nil {
		return fmt.Errorf("calling %s: %w: %w", CompleteCustomStep, ErrNotSent, err)
	}
	return c.do(ctx, request{
		operation: CompleteCustomStep, id: journeyID,
		contentType: "application/json", body: body,
	})
}
