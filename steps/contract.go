// Package steps is the contract of custom steps that are written elsewhere: what a step is
// asked, what it answers, and how an HTTP service is asked.
//
// A step is an activity on a task queue of its own, or a service over HTTP. It receives and
// answers no personal data; the JSON Schemas of both sides are in the folder schemas.
//
// A service may answer later: it answers 202, and posts its answer to the callback URL. That
// URL holds a capability, which allows this one answer and nothing else. The answer is
// stored, and the journey receives a hint: it asks again, and finds the answer.
package steps

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"unicode/utf8"

	"idjourney/journey"
)

// MaxAnswer limits an answer, in bytes.
const MaxAnswer = 16 << 10

// The faults of an answer. No sentence quotes it.
var (
	ErrNotJSON    = errors.New("the answer is not one JSON object, each key at most once")
	ErrOutcome    = errors.New("outcome must be passed, failed, inconclusive or pending")
	ErrReason     = errors.New("reason must be a code: a to z, then a to z, 0 to 9 and _, at most 64 characters")
	ErrSubject    = errors.New("subject must be 1 to 128 printable ASCII characters, without a space")
	ErrPendingNow = errors.New("outcome cannot be pending any more: this is where the answer is awaited")
)

// ReadAnswer reads what schemas/answer.schema.json describes. Keys are case-sensitive, and a
// repeated key is refused: two readers of one body must not see two outcomes.
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

// ReadCallback reads an answer that was announced, so it cannot be pending.
func ReadCallback(body []byte) (journey.StepAnswer, error) {
	a, err := ReadAnswer(body)
	if err == nil && a.Outcome == journey.StepPending {
		return journey.StepAnswer{}, ErrPendingNow
	}
	return a, err
}

var isSubject = regexp.MustCompile(`^[!-~]{1,128}$`).MatchString

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
