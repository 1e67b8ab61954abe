package government

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"idjourney/outbound"
)

// HTTPConfig says how to reach a register over HTTP.
type HTTPConfig struct {
	// URL takes POST {"personal_number": "…"}. Required.
	URL string
	// Token is sent as a bearer token; empty for none.
	Token string
	// Timeout bounds one request; default 10 s.
	Timeout time.Duration
	// MaxBody bounds a picture in bytes; default 5 MiB.
	MaxBody int64
}

// String names the configuration without its token and address.
func (c HTTPConfig) String() string { return "[register over HTTP]" }

// GoString names the configuration without its token and address.
func (c HTTPConfig) GoString() string { return c.String() }

// LogValue names the configuration without its token and address.
func (c HTTPConfig) LogValue() slog.Value { return slog.StringValue(c.String()) }

const (
	defaultTimeout = 10 * time.Second
	defaultMaxBody = 5 << 20
)

// HTTP is a Source over HTTP. The register answers the number with
//
//   - 200 and the picture, with its image/… content type;
//   - 204, or 404 with {"code": "no_record"}: no such record;
//   - anything else: not available. So is a bare 404, which may be a wrong address.
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
	limits := outbound.Limits{Timeout: cmp.Or(cfg.Timeout, defaultTimeout), MaxAnswer: cmp.Or(cfg.MaxBody, defaultMaxBody)}
	return &HTTP{cfg: cfg, client: outbound.New(limits)}, nil
}

// Face requests a face; see [HTTP] for the protocol.
func (h *HTTP) Face(ctx context.Context, personalNumber string) (Image, error) {
	if strings.TrimSpace(personalNumber) == "" {
		return Image{}, fmt.Errorf("looking up a face without a personal number: %w", ErrNoRecord)
	}
	body, err := json.Marshal(map[string]string{"personal_number": personalNumber})
	if err != nil {
		return Image{}, fmt.Errorf("looking up a face: %w: the number cannot be encoded", ErrUnavailable)
	}
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

// picture reads the answer. What is not a picture is a fault of the register, not a
// statement about the person.
func picture(answer outbound.Answer) (Image, error) {
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case answer.BodyErr != nil:
		return Image{}, fmt.Errorf("reading a face: %w: %w", ErrUnavailable, answer.BodyErr)
	case len(answer.Body) == 0:
		return Image{}, fmt.Errorf("reading a face: %w: it answered nothing", ErrUnavailable)
	case err != nil || !strings.HasPrefix(kind, "image/"):
		return Image{}, fmt.Errorf("reading a face: %w: it answered no picture", ErrUnavailable)
	case strings.HasPrefix(http.DetectContentType(answer.Body), "text/"):
		return Image{}, fmt.Errorf("reading a face: %w: it answered text as a picture", ErrUnavailable)
	}
	return Image{Data: answer.Body, ContentType: kind}, nil
}

func saysNoRecord(body []byte) bool {
	var reply struct {
		Code string `json:"code"`
	}
	return json.Unmarshal(body, &reply) == nil && reply.Code == "no_record"
}
