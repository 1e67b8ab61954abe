package steps_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"idjourney/journey"
	"idjourney/steps"
)

var long = strings.Repeat("a", 200)

// What the schema says and what is read are the same.
func TestAnswersAreReadAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, "answer")
	for body, want := range map[string]error{
		`{"outcome":"passed"}`:                                   nil,
		`{"outcome":"pending"}`:                                  nil,
		`{"outcome":"failed","reason":"left_employer"}`:          nil,
		`{"outcome":"inconclusive","subject":"5b1f","more":[1]}`: nil,
		`{}`:                                            steps.ErrOutcome,
		`{"outcome":null}`:                              steps.ErrOutcome,
		`{"outcome":"Passed"}`:                          steps.ErrOutcome,
		`{"Outcome":"passed"}`:                          steps.ErrOutcome,
		`{"outcome":"skipped"}`:                         steps.ErrOutcome,
		`{"outcome":["passed"]}`:                        steps.ErrOutcome,
		`{"outcome":"failed","reason":"Jane"}`:          steps.ErrReason,
		`{"outcome":"failed","reason":""}`:              steps.ErrReason,
		`{"outcome":"failed","reason":null}`:            steps.ErrReason,
		`{"outcome":"failed","reason":"` + long + `"}`:  steps.ErrReason,
		`{"outcome":"passed","subject":7}`:              steps.ErrSubject,
		`{"outcome":"passed","subject":"Jane Doe"}`:     steps.ErrSubject,
		`{"outcome":"passed","subject":"` + long + `"}`: steps.ErrSubject,
		`["passed"]`:                                    steps.ErrNotJSON,
		`"passed"`:                                      steps.ErrNotJSON,
		`null`:                                          steps.ErrNotJSON,
	} {
		_, err := steps.ReadAnswer([]byte(body))
		if !errors.Is(err, want) {
			t.Errorf("%.80s: got %v, want %v", body, err, want)
		}
		var value any
		if err := json.Unmarshal([]byte(body), &value); err != nil {
			t.Fatal(err)
		}
		if problem := s.check(value); (problem == nil) != (want == nil) {
			t.Errorf("%.80s: the schema says %v, the reader %v", body, problem, want)
		}
	}
}

func TestInvalidJSONIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `<html>`, `{"outcome":"passed"`, `{"outcome":"passed"}{}`, "{\"outcome\":\"passed\",\"reason\":\"\xff\"}",
		`{"outcome":"failed","outcome":"passed"}`, // two readers would see two outcomes
	} {
		if a, err := steps.ReadAnswer([]byte(body)); !errors.Is(err, steps.ErrNotJSON) || a != (journey.StepAnswer{}) {
			t.Errorf("%q: got %+v, %v", body, a, err)
		}
	}
	if _, err := steps.ReadCallback([]byte(`{"outcome":"pending"}`)); !errors.Is(err, steps.ErrPendingNow) {
		t.Errorf("a callback that says pending: got %v", err)
	}
}

// The journey's own types are what the documents describe.
func TestExamplesAndTypesFollowTheSchemas(t *testing.T) {
	t.Parallel()
	for _, d := range []string{"input", "answer"} {
		var value any
		if err := json.Unmarshal(document(t, d+".example"), &value); err != nil {
			t.Fatal(err)
		}
		if err := schemaOf(t, d).check(value); err != nil {
			t.Errorf("the example of %s: %v", d, err)
		}
	}
	for d, full := range map[string]any{
		"input":  journey.StepInput{Account: "acme", JourneyID: "j", Step: "s", Subject: "x", Round: 1, Links: []string{"l"}},
		"answer": journey.StepAnswer{Outcome: journey.StepFailed, Reason: "r", Subject: "x"},
	} {
		text, err := json.Marshal(full)
		if err != nil {
			t.Fatal(err)
		}
		var value map[string]any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		s := schemaOf(t, d)
		if err := s.check(value); err != nil {
			t.Errorf("%s: %v", d, err)
		}
		for key := range value {
			if _, described := s.Properties[key]; !described {
				t.Errorf("the schema of %s does not describe %s", d, key)
			}
		}
	}
}

// schema is the part of JSON Schema that the two documents use; any other keyword
// fails the test, so that none counts as fulfilled unread.
type schema struct {
	Type       string            `json:"type"`
	Enum       []string          `json:"enum"`
	Pattern    string            `json:"pattern"`
	Minimum    *float64          `json:"minimum"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`

	Draft       string `json:"$schema"`
	ID          string `json:"$id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// document reads a file of the contract, for example answer.schema.
func document(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("schemas", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func schemaOf(t *testing.T, name string) (s schema) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(document(t, name+".schema")))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s schema) check(v any) error {
	switch s.Type {
	case "string":
		text, ok := v.(string)
		if !ok || s.Enum != nil && !slices.Contains(s.Enum, text) || !regexp.MustCompile(s.Pattern).MatchString(text) {
			return fmt.Errorf("%v is not as wanted", v)
		}
	case "integer":
		if n, ok := v.(float64); !ok || n != float64(int(n)) || s.Minimum != nil && n < *s.Minimum {
			return fmt.Errorf("%v is not as wanted", v)
		}
	case "array":
		list, ok := v.([]any)
		for _, item := range list {
			if err := s.Items.check(item); err != nil {
				return err
			}
		}
		if !ok {
			return fmt.Errorf("%v is not an array", v)
		}
	case "object":
		object, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%v is not an object", v)
		}
		for _, key := range s.Required {
			if _, there := object[key]; !there {
				return fmt.Errorf("%s is missing", key)
			}
		}
		for key, of := range s.Properties {
			if value, there := object[key]; there {
				if err := of.check(value); err != nil {
					return fmt.Errorf("%s: %w", key, err)
				}
			}
		}
	default:
		return fmt.Errorf("the schema has the type %q, which this test cannot read", s.Type)
	}
	return nil
}

// docs/extending.md shows the contract's own examples.
func TestTheDocsShowTheContract(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "extending.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"input", "answer"} {
		if !strings.Contains(string(page), "```json\n"+string(document(t, d+".example"))+"```") {
			t.Errorf("docs/extending.md does not show the example of %s", d)
		}
	}
}
