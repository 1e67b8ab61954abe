package config

import (
	"os"
	"strings"
	"testing"
)

// secretMarker is in every secret of these tests, so that a leak can be searched
// for as bytes.
const secretMarker = "S3CRET"

const signingSecret = "whsec_UzNDUkVUUzNDUkVUUzNDUkVUUzNDUkVU" // S3CRET four times, in base64

func baseEnviron() []string {
	return []string{
		"IDJOURNEY_REFERENCE_KEY=reference-" + secretMarker + "-0123456789-0123456789",
		"IDWISE_API_KEY=key-" + secretMarker,
		"IDWISE_API_SECRET=secret-" + secretMarker,
		"IDWISE_WEBHOOK_PASSWORD=password:" + secretMarker,
		"GOVERNMENT_TOKEN=token-" + secretMarker,
		"CORE_WEBHOOK_SECRET=" + signingSecret,
	}
}

// without returns environ without one variable.
func without(environ []string, name string) []string {
	var rest []string
	for _, entry := range environ {
		if !strings.HasPrefix(entry, name+"=") {
			rest = append(rest, entry)
		}
	}
	return rest
}

func exampleText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// changed returns the example with old replaced by replacement; old must be there.
func changed(t *testing.T, old, replacement string) string {
	t.Helper()
	text := exampleText(t)
	if !strings.Contains(text, old) {
		t.Fatalf("the example does not contain %q", old)
	}
	return strings.Replace(text, old, replacement, 1)
}

func mustRead(t *testing.T, text string, environ []string) *Config {
	t.Helper()
	c, err := Read(strings.NewReader(text), environ)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return c
}

// wantFault checks that reading fails with a fault that begins with path and
// contains the words, and that no secret is in the error.
func wantFault(t *testing.T, text string, environ []string, want string) {
	t.Helper()
	_, err := Read(strings.NewReader(text), environ)
	if err == nil {
		t.Fatalf("Read succeeded, want a fault with %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("fault is\n%v\nwant it to contain %q", err, want)
	}
	if strings.Contains(err.Error(), secretMarker) {
		t.Errorf("the error holds a secret:\n%v", err)
	}
}
