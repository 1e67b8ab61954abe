package idwise

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzDecodeWebhook checks that every input is decoded or refused with a code, that every
// text can be stored, and that a decoded webhook decodes to itself again.
func FuzzDecodeWebhook(f *testing.F) {
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("finding the samples: %d files, %v", len(files), err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"event":1,"body":{"journeyId":-0.5e9}}`))
	f.Add([]byte(`{"event":"\ud800","body":{"journeyId":"\u0000"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w, err := DecodeWebhook(body)
		if err != nil {
			if _, ok := errors.AsType[*DecodeError](err); !ok {
				t.Fatalf("got %T, want a *DecodeError", err)
			}
			return
		}
		if !json.Valid([]byte(strings.TrimPrefix(string(body), "\xef\xbb\xbf"))) {
			t.Fatal("decoded what is not JSON")
		}
		if w.Event == "" || w.AMLVersion < 0 || (w.Legacy && w.EventID != "") {
			t.Fatalf("got an impossible webhook: %#v", w)
		}
		for _, text := range []string{w.Event, w.EventID, w.JourneyID, w.SpotCheckJourneyID, w.ReferenceNo, w.System, w.Final, w.StepID} {
			if !utf8.ValidString(text) || strings.IndexFunc(text, unicode.IsControl) >= 0 {
				t.Fatalf("got %q, which cannot be stored", text)
			}
		}
		again, err := json.Marshal(map[string]any{"event": w.Event, "body": map[string]any{"journeyId": w.JourneyID, "eventId": w.EventID}})
		if err != nil {
			t.Fatal(err)
		}
		second, err := DecodeWebhook(again)
		if err != nil || second.Event != w.Event || second.Known != w.Known || second.JourneyID != w.JourneyID || second.EventID != w.EventID {
			t.Fatalf("got %v, %v the second time, want %v", second, err, w)
		}
	})
}
