package government_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"idjourney/government"
	"idjourney/government/governmenttest"
)

const number = "000111222333"

func source(t *testing.T, handler http.Handler) *government.HTTP {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	h, err := government.NewHTTP(government.HTTPConfig{URL: server.URL, Token: "token", MaxBody: 4096, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestFace(t *testing.T) {
	t.Parallel()
	register := governmenttest.New("token")
	h := source(t, register)
	face, err := h.Face(t.Context(), number)
	if err != nil || face.ContentType != "image/png" || !bytes.Equal(face.Data, governmenttest.Face(number)) {
		t.Fatalf("got %v, %v, want the register's face", face, err)
	}
	if other, err := h.Face(t.Context(), "1"); err != nil || bytes.Equal(other.Data, face.Data) {
		t.Errorf("got %v, %v, want another face for another number", other, err)
	}
	register.NoRecord(number)
	if _, err := h.Face(t.Context(), number); !errors.Is(err, government.ErrNoRecord) || errors.Is(err, government.ErrUnavailable) {
		t.Errorf("without a record: got %v, want ErrNoRecord", err)
	}
	register.SetDown(true)
	if _, err := h.Face(t.Context(), number); !errors.Is(err, government.ErrUnavailable) || errors.Is(err, government.ErrNoRecord) {
		t.Errorf("down: got %v, want ErrUnavailable", err)
	}
	register.SetDown(false)
	if _, err := h.Face(t.Context(), "2"); err != nil {
		t.Errorf("up again: %v", err)
	}
	if got := register.Requests(); got != 5 {
		t.Errorf("got %d requests, want 5", got)
	}
	if _, err := h.Face(t.Context(), " "); !errors.Is(err, government.ErrNoRecord) || register.Requests() != 5 {
		t.Errorf("without a number: got %v, want ErrNoRecord and no request", err)
	}
}

func TestWrongTokenIsUnavailable(t *testing.T) {
	t.Parallel()
	if _, err := source(t, governmenttest.New("another")).Face(t.Context(), number); !errors.Is(err, government.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestTheNumberIsOnlyInTheBody(t *testing.T) {
	t.Parallel()
	var request, body string
	h := source(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		read, _ := io.ReadAll(r.Body)
		request, body = fmt.Sprint(r.Method, r.URL, r.Header), string(read)
		w.WriteHeader(http.StatusTeapot)
	}))
	_, err := h.Face(t.Context(), number)
	if strings.Contains(request, number) || body != `{"personal_number":"`+number+`"}` {
		t.Errorf("got %s with %s, want the number in the body only", request, body)
	}
	if err == nil || strings.Contains(err.Error(), number) || strings.Contains(err.Error(), "token") {
		t.Errorf("got %v, want an error without number and token", err)
	}
}

func TestAnAnswerWithoutAPictureIsRefused(t *testing.T) {
	t.Parallel()
	picture := string(governmenttest.Face(number))
	cases := map[string]struct {
		status     int
		kind, body string
		noRecord   bool
	}{
		"204":                  {status: 204, noRecord: true},
		"404 that says so":     {404, "application/json", `{"code":"no_record"}`, true},
		"bare 404":             {404, "text/plain", "404 page not found", false},
		"404 of something":     {404, "application/json", `{"code":"no_route"}`, false},
		"401":                  {401, "application/json", `{"code":"no_record"}`, false},
		"a page":               {200, "text/html", "<html>", false},
		"a page as a picture":  {200, "image/png", "<html><body>log in</body></html>", false},
		"nothing":              {200, "image/png", "", false},
		"no type":              {200, "bad type;;", picture, false},
		"too large":            {200, "image/png", picture + strings.Repeat("x", 5000), false},
		"a redirect elsewhere": {302, "image/png", picture, false},
		"201":                  {201, "image/png", picture, false},
	}
	for name, c := range cases {
		h := source(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		_, err := h.Face(t.Context(), number)
		if errors.Is(err, government.ErrNoRecord) != c.noRecord || errors.Is(err, government.ErrUnavailable) == c.noRecord {
			t.Errorf("%s: got %v, want no record %v", name, err, c.noRecord)
		}
	}
}

func TestARegisterThatDoesNotAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	h, err := government.NewHTTP(government.HTTPConfig{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Face(t.Context(), number); !errors.Is(err, government.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestNewHTTPRefuses(t *testing.T) {
	t.Parallel()
	for _, cfg := range []government.HTTPConfig{
		{}, {URL: "register.example.com"}, {URL: "ftp://register.example.com"}, {URL: "https://u:topsecret@register.example.com"},
		{URL: "https://register.example.com", Token: "topsecret\r\nX: y"},
	} {
		if _, err := government.NewHTTP(cfg); err == nil || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("got %v, want a sentence without secrets", err)
		}
	}
}

func TestPicturesAndTokensAreHidden(t *testing.T) {
	t.Parallel()
	image := government.Image{Data: []byte("pixels"), ContentType: "image/png"}
	cfg := government.HTTPConfig{URL: "https://register.example.com", Token: "topsecret"}
	if got := fmt.Sprintf("%v %+v %#v %v %+v %#v", image, image, image, cfg, cfg, cfg); strings.Contains(got, "topsecret") || strings.Contains(got, "pixels") {
		t.Errorf("got %s", got)
	}
	if encoded, err := json.Marshal(image); err == nil {
		t.Errorf("got %s, want a refusal to serialise", encoded)
	}
}
