package steps

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"idjourney/journey"
)

//go:embed schemas/*.json
var files embed.FS

// Document names one of the contract's two documents.
type Document string

// What a step is given, and what it answers.
const (
	Input  Document = "input"
	Answer Document = "answer"
)

// Schema returns the JSON Schema (draft 2020-12) of a document.
func Schema(d Document) ([]byte, error) { return file(d, "schema") }

// Example returns one document as it would be sent.
func Example(d Document) ([]byte, error) { return file(d, "example") }

func file(d Document, kind string) ([]byte, error) {
	text, err := files.ReadFile("schemas/" + string(d) + "." + kind + ".json")
	if err != nil {
		return nil, fmt.Errorf("looking up the %s of a step's %q: %w", kind, d, err)
	}
	return text, nil
}

// MaxAnswer is how long an answer may be, in bytes.
const MaxAnswer = 16 << 10

const maxSubject = 128

// What can be wrong with an answer. None of the sentences quotes it.
var (
	ErrNotJSON    = errors.New("the answer is not one JSON object, each key at most once")
	ErrOutcome    = errors.New("outcome must be passed, failed, inconclusive or pending")
	ErrReason     = errors.New("reason must be a code: a to z, then a to z, 0 to 9 and _, at most 64 characters")
	ErrSubject    = errors.New("subject must be 1 to 128 printable ASCII characters, without a space")
	ErrPendingNow = errors.New("outcome cannot be pending any more: this is where the answer is awaited")
)

// ReadAnswer reads what the schema of [Answer] describes. Keys count exactly as
// they are written, and one that is there twice is refused: two readers of one body
// must not see two outcomes.
func ReadAnswer(body []byte) (journey.StepAnswer, error) {
	var a journey.StepAnswer
	values, err := object(body)
	if err != nil {
		return a, err
	}
	outcome, _ := values["outcome"].(string)
	switch a.Outcome = journey.StepOutcome(outcome); a.Outcome {
	case journey.StepPassed, journey.StepFailed, journey.StepInconclusive, journey.StepPending:
	default:
		return journey.StepAnswer{}, ErrOutcome
	}
	if reason, there := values["reason"]; there {
		if a.Reason, _ = reason.(string); !journey.IsCode(a.Reason) {
			return journey.StepAnswer{}, ErrReason
		}
	}
	if subject, there := values["subject"]; there {
		if a.Subject, _ = subject.(string); !isSubject(a.Subject) {
			return journey.StepAnswer{}, ErrSubject
		}
	}
	return a, nil
}

// ReadCallback reads the answer that was announced: it has to be one.
func ReadCallback(body []byte) (journey.StepAnswer, error) {
	a, err := ReadAnswer(body)
	if err == nil && a.Outcome == journey.StepPending {
		return journey.StepAnswer{}, ErrPendingNow
	}
	return a, err
}

func isSubject(text string) bool {
	for i := range len(text) {
		if text[i] < '!' || text[i] > '~' {
			return false
		}
	}
	return text != "" && len(text) <= maxSubject
}

// object reads one JSON object and nothing after it.
func object(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, ErrNotJSON
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, ErrNotJSON
	}
	values := map[string]any{}
	for d.More() {
		key, err := d.Token()
		name, isText := key.(string)
		if _, twice := values[name]; err != nil || !isText || twice {
			return nil, ErrNotJSON
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, ErrNotJSON
		}
		values[name] = value
	}
	return values, nil
}
