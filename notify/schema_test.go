package notify_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// schema is the part of JSON Schema that the schemas folder uses. Any other keyword is an
// error, so that an unsupported rule never counts as fulfilled.
type schema struct {
	Type       string            `json:"type"`
	Const      any               `json:"const"`
	Enum       []any             `json:"enum"`
	Pattern    string            `json:"pattern"`
	Format     string            `json:"format"`
	Minimum    *float64          `json:"minimum"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Additional *schema           `json:"additionalProperties"`
	Items      *schema           `json:"items"`
	OneOf      []schema          `json:"oneOf"`

	Draft       string `json:"$schema"`
	ID          string `json:"$id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

func parseSchema(text []byte) (schema, error) {
	var s schema
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	err := dec.Decode(&s)
	return s, err
}

// check is stricter than the published schemas: a property that they do not name is an error,
// because messages must not contain unnamed fields.
func (s schema) check(path string, v any) error {
	if s.Const != nil && s.Const != v {
		return fmt.Errorf("%s: got %v, want %v", path, v, s.Const)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%s: %v is none of %v", path, v, s.Enum)
	}
	if err := s.checkOneOf(path, v); err != nil {
		return err
	}
	switch s.Type {
	case "object":
		return s.checkObject(path, v)
	case "array":
		items, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s: %v is not an array", path, v)
		}
		for i, item := range items {
			if err := s.Items.check(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
				return err
			}
		}
		return nil
	case "string":
		return s.checkString(path, v)
	case "integer":
		n, ok := v.(float64)
		if !ok || n != float64(int64(n)) || s.Minimum != nil && n < *s.Minimum {
			return fmt.Errorf("%s: %v is not an integer in range", path, v)
		}
		return nil
	case "boolean":
		if _, ok := v.(bool); !ok {
			return fmt.Errorf("%s: %v is not a boolean", path, v)
		}
		return nil
	case "":
		return nil // const alone
	}
	return fmt.Errorf("%s: this test cannot check type %q", path, s.Type)
}

// checkOneOf distinguishes alternatives by the one property that each requires.
func (s schema) checkOneOf(path string, v any) error {
	if len(s.OneOf) == 0 {
		return nil
	}
	fields, _ := v.(map[string]any)
	held := 0
	for _, alternative := range s.OneOf {
		if len(alternative.Required) != 1 {
			return fmt.Errorf("%s: this test cannot check %+v", path, alternative)
		}
		if _, ok := fields[alternative.Required[0]]; ok {
			held++
		}
	}
	if held != 1 {
		return fmt.Errorf("%s: it fulfils %d of the alternatives, want 1", path, held)
	}
	return nil
}

func (s schema) checkString(path string, v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%s: %v is not a string", path, v)
	}
	if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(text) {
		return fmt.Errorf("%s: %q does not match %s", path, text, s.Pattern)
	}
	if s.Format == "date-time" {
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func (s schema) checkObject(path string, v any) error {
	fields, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %v is not an object", path, v)
	}
	for _, name := range s.Required {
		if _, ok := fields[name]; !ok {
			return fmt.Errorf("%s: %s is missing", path, name)
		}
	}
	for name, value := range fields {
		property, named := s.Properties[name]
		switch {
		case !named && s.Additional != nil:
			property = *s.Additional
		case !named:
			return fmt.Errorf("%s: %s is not in the schema", path, name)
		}
		if err := property.check(path+"."+name, value); err != nil {
			return err
		}
	}
	return nil
}
