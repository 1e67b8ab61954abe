// Package government looks up reference faces: the picture of a person in a government's
// register, by the personal number.
//
// Number and picture are personal data. They stay in memory, and appear in no error, URL
// or log line.
package government

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"idjourney/outbound"
)

// Source finds faces. Implement it if your register does not use the protocol of [HTTP].
type Source interface {
	// Face returns the picture of the person with this number. The error is ErrNoRecord,
	// which is final, or wraps ErrUnavailable, which may be temporary.
	Face(ctx context.Context, personalNumber string) (Image, error)
}

var (
	// ErrNoRecord means that the register has no picture of this person.
	ErrNoRecord = errors.New("the government's register has no picture of this person")
	// ErrUnavailable means that the register did not answer, or not as agreed.
	ErrUnavailable = errors.New("the government's register is not available")
)

// Image is a picture.
type Image struct {
	outbound.Private
	Data []byte
	// ContentType is the media type, for example image/jpeg.
	ContentType string
}

// HTTPConfig configures a register over HTTP.
type HTTPConfig struct {
	outbound.Private
	// URL takes POST {"personal_number": "…"}. Required.
	URL string
	// Token is sent as a bearer token; empty for none.
	Token string
	// Timeout limits one request; default 10 s.
	Timeout time.Duration
	// MaxBody limits a picture in bytes; default 5 MiB.
	MaxBody int64
}

// HTTP is a Source over HTTP. The register answers the number with
//
//   - 200 and the picture, with its image/… content type;
//   - 204, or 404 with {"code": "no_record"}: no such record;
//   - anything else: not available, also a bare 404, which may be a wrong address.
type HTTP struct {
	cfg    HTTPConfig
	client *outbound.Client
}

var _ Source = (*HTTP)(nil)

// NewHTTP makes a Source. The error is a sentence that says what to correct.
func NewHTTP(cfg HTTPConfig) (*HTTP, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("the government register's URL must be an absolute http or https URL")
	}
	if u.User != nil {
		return nil, errors.New("the government register's URL must hold no user: set the token instead")
	}
	if strings.ContainsAny(cfg.Token, "\r\n") {
		return nil, errors.New("the government register's token must be one line")
	}
	limits := outbound.Limits{Timeout: cmp.Or(cfg.Timeout, 10*time.Second), MaxAnswer: cmp.Or(cfg.MaxBody, 5<<20)}
	return &HTTP{cfg: cfg, client: outbound.New(limits)}, nil
}

// Face requests a face; see [HTTP] for the protocol.
func (h *HTTP) Face(ctx context.Context, personalNumber string) (Image, error) {
	if strings.TrimSpace(personalNumber) == "" {
		return Image{}, fmt.Errorf("looking up a face without a personal number: %w", ErrNoRecord)
	}
	body, _ := json.Marshal(map[string]string{"personal_number": personalNumber}) // a text: this cannot fail
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"image/*"}}
	if h.cfg.Token != "" {
		header.Set("Authorization", "Bearer "+h.cfg.Token)
	}
	answer, err := h.client.Do(ctx, outbound.Request{Method: http.MethodPost, URL: h.cfg.URL, Header: header, Body: body})
	switch {
	case err != nil:
		return Image{}, fmt.Errorf("looking up a face: %w: %w", ErrUnavailable, err)
	case answer.Status == http.StatusOK:
		return picture(answer)
	case answer.Status == http.StatusNoContent, answer.Status == http.StatusNotFound && saysNoRecord(answer.Body):
		return Image{}, ErrNoRecord
	}
	return Image{}, fmt.Errorf("looking up a face: %w: it answered %d", ErrUnavailable, answer.Status)
}

// picture reads the answer. Anything but a picture is a fault of the register and says
// nothing about the person.
func picture(answer outbound.Answer) (Image, error) {
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case answer.BodyErr != nil:
		err = answer.BodyErr
	case len(answer.Body) == 0:
		err = errors.New("it answered nothing")
	case err != nil || !strings.HasPrefix(kind, "image/"):
		err = errors.New("it answered no picture")
	case strings.HasPrefix(http.DetectContentType(answer.Body), "text/"):
		err = errors.New("it answered text as a picture")
	default:
		return Image{Data: answer.Body, ContentType: kind}, nil
	}
	return Image{}, fmt.Errorf("reading a face: %w: %w", ErrUnavailable, err)
}

func saysNoRecord(body []byte) bool {
	var reply struct {
		Code string `json:"code"`
	}
	return json.Unmarshal(body, &reply) == nil && reply.Code == "no_record"
}
