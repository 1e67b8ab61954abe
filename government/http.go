package government

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// HTTPConfig says how to reach a register over HTTP.
type HTTPConfig struct {
	// URL takes POST {"personal_number": "…"}. Required.
	URL string
	// Token is sent as a bearer token; empty for none.
	Token string
	// Timeout bounds one look-up; default 10 s.
	Timeout time.Duration
	// MaxBody bounds a picture in bytes; default 5 MiB.
	MaxBody int64
	// HTTPClient is used for its transport; nil for one of its own.
	HTTPClient *http.Client
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
	maxReplyText   = 4 << 10
)

// HTTP is a Source over HTTP. The register answers the number with
//
//   - 200 and the picture, with its image/… content type;
//   - 204, or 404 with {"code": "no_record"}: no such record;
//   - anything else: not available. So is a bare 404, which may be a wrong address.
type HTTP struct {
	cfg    HTTPConfig
	client *http.Client
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
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = defaultMaxBody
	}
	client := http.Client{}
	if cfg.HTTPClient != nil {
		client = *cfg.HTTPClient
	}
	// A redirect would hand the number and the token to a host nobody configured.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &HTTP{cfg: cfg, client: &client}, nil
}

// Face looks a face up; see [HTTP] for the protocol.
func (h *HTTP) Face(ctx context.Context, personalNumber string) (Image, error) {
	if strings.TrimSpace(personalNumber) == "" {
		return Image{}, fmt.Errorf("looking up a face without a personal number: %w", ErrNoRecord)
	}
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Timeout)
	defer cancel()
	resp, err := h.ask(ctx, personalNumber)
	if err != nil {
		return Image{}, fmt.Errorf("looking up a face: %w: %w", ErrUnavailable, err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
		return h.picture(resp)
	case http.StatusNoContent:
		return Image{}, ErrNoRecord
	case http.StatusNotFound:
		if saysNoRecord(resp.Body) {
			return Image{}, ErrNoRecord
		}
	}
	return Image{}, fmt.Errorf("looking up a face: %w: it answered %d", ErrUnavailable, resp.StatusCode)
}

func (h *HTTP) ask(ctx context.Context, personalNumber string) (*http.Response, error) {
	body, err := json.Marshal(map[string]string{"personal_number": personalNumber})
	if err != nil {
		return nil, errors.New("the number cannot be encoded")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the register's URL cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "image/*")
	if h.cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+h.cfg.Token)
	}
	resp, err := h.client.Do(req)
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		return nil, withURL.Err
	}
	return resp, err
}

// picture reads the answer. What is not a picture is a fault of the register, not a
// statement about the person.
func (h *HTTP) picture(resp *http.Response) (Image, error) {
	data, err := io.ReadAll(io.LimitReader(resp.Body, h.cfg.MaxBody+1))
	switch {
	case err != nil:
		return Image{}, fmt.Errorf("reading a face: %w: %w", ErrUnavailable, err)
	case int64(len(data)) > h.cfg.MaxBody:
		return Image{}, fmt.Errorf("reading a face: %w: larger than %d bytes", ErrUnavailable, h.cfg.MaxBody)
	case len(data) == 0:
		return Image{}, fmt.Errorf("reading a face: %w: it answered nothing", ErrUnavailable)
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "image/") {
		return Image{}, fmt.Errorf("reading a face: %w: it answered no picture", ErrUnavailable)
	}
	if strings.HasPrefix(http.DetectContentType(data), "text/") {
		return Image{}, fmt.Errorf("reading a face: %w: it answered text as a picture", ErrUnavailable)
	}
	return Image{Data: data, ContentType: kind}, nil
}

func saysNoRecord(body io.Reader) bool {
	var reply struct {
		Code string `json:"code"`
	}
	return json.NewDecoder(io.LimitReader(body, maxReplyText)).Decode(&reply) == nil && reply.Code == "no_record"
}
