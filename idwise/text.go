package idwise

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// loose is a text or a number as written; anything else is read as "". The vendor's
// samples disagree about the types of ids, which is no reason to refuse an answer.
type loose string

// UnmarshalJSON never fails. Control characters become U+FFFD, so that no id is repaired by
// accident and no store fails on a NUL.
func (l *loose) UnmarshalJSON(data []byte) error {
	*l = ""
	var text string
	switch {
	case json.Unmarshal(data, &text) == nil:
		*l = loose(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return unicode.ReplacementChar
			}
			return r
		}, text))
	case data[0] == '-' || data[0] >= '0' && data[0] <= '9':
		*l = loose(data)
	}
	return nil
}

// count reads a non-negative whole number; anything else is 0.
func (l loose) count() int {
	f, err := strconv.ParseFloat(string(l), 64)
	if err != nil || f < 0 || f > math.MaxInt32 || f != math.Trunc(f) {
		return 0
	}
	return int(f)
}

// object reads a JSON object's fields, each as text; ok is false for anything else.
func object(raw []byte) (fields map[string]json.RawMessage, ok bool) {
	return fields, json.Unmarshal(raw, &fields) == nil && fields != nil
}

func looseText(raw json.RawMessage) string {
	var l loose
	if len(raw) > 0 {
		_ = l.UnmarshalJSON(raw)
	}
	return string(l)
}

func truncate(s string, characters int) string {
	if runes := []rune(s); len(runes) > characters {
		return string(runes[:characters])
	}
	return s
}

// timeLayouts are ISO 8601 without a zone, as the vendor sends it; with a zone, in case
// the vendor adds one; and a date alone. Fractions of a second may follow.
var timeLayouts = [...]string{"2006-01-02T15:04:05", time.RFC3339, time.DateOnly}

// readTime parses a time of the vendor's, as UTC unless it has a zone; the zero time for
// anything else.
func readTime(sent *string) time.Time {
	if sent == nil {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, *sent); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

var validID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// ValidID reports whether an id can be used in a path, a workflow id and a key: 1 to 128
// of A-Z a-z 0-9 . _ - but not dots alone, which a path would resolve.
func ValidID(id string) bool { return validID.MatchString(id) && strings.Trim(id, ".") != "" }
