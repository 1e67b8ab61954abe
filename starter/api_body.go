package starter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxAPIBody bounds a request's body, in bytes; no documented one comes near.
const maxAPIBody = 64 << 10

// Bounds of free text, in characters.
const (
	maxReference = 256
	maxReason    = 500
)

// read returns the body. None at all is an empty object where that is allowed.
func (in *call) read(optional bool) ([]byte, error) {
	r := in.gin.Request
	if r.ContentLength > maxAPIBody {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(in.gin.Writer, r.Body, maxAPIBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, tooLarge()
	case err != nil:
		return nil, badRequest("the body did not arrive")
	case len(body) == 0 && optional:
		return []byte("{}"), nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, problemOf(http.StatusUnsupportedMediaType, "unsupported_media_type", "send the body as Content-Type: application/json")
	}
	return body, nil
}

func tooLarge() *problem {
	return problemOf(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body is larger than %d bytes", maxAPIBody))
}

// decode reads one JSON object, in which every key must be known: a key that is
// ignored is an intention that is lost. The sentence names keys, never values.
func decode(body []byte, into any) error {
	if !utf8.Valid(body) {
		return badRequest("the body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return badRequest("the body must be one JSON object and nothing after it")
		}
		if first := bytes.TrimLeft(body, " \t\r\n"); len(first) == 0 || first[0] != '{' {
			return badRequest("the body must be a JSON object")
		}
		return nil
	}
	if key, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return badRequest(fmt.Sprintf("the key %q is not known here", brief(strings.Trim(key, `"`))))
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return badRequest(fmt.Sprintf("the value of %s is of the wrong type", brief(wrong.Field)))
	}
	return badRequest("the body is not a JSON object")
}

// text checks a required text.
func text(key, value string, most int) error {
	switch {
	case strings.TrimSpace(value) == "":
		return badRequest(key + " is missing")
	case utf8.RuneCountInString(value) > most:
		return badRequest(fmt.Sprintf("%s is longer than %d characters", key, most))
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == utf8.RuneError }):
		return badRequest(key + " has characters that are no text")
	}
	return nil
}
