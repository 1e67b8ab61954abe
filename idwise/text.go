package idwise

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// looseText reads a string, or a number as written; anything else is "". The vendor's
// samples disagree about the types of ids, which is no reason to refuse a webhook. Control
// characters become U+FFFD, so that no id is repaired by accident and no store fails on a
// NUL.
func looseText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return printable(s)
	case c == '-' || (c >= '0' && c <= '9'):
		return string(raw)
	}
	return ""
}

// looseCount reads a non-negative whole number, also from a string; anything else is 0.
func looseCount(raw json.RawMessage) int {
	f, err := strconv.ParseFloat(looseText(raw), 64)
	if err != nil || f < 0 || f > math.MaxInt32 || f != math.Trunc(f) {
		return 0
	}
	return int(f)
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
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

const maxID = 128

// ValidID reports whether an id can be used in a path, a workflow id and a key: 1 to 128
// of A-Z a-z 0-9 . _ - but not dots alone, which a path would resolve.
func ValidID(id string) bool {
	if len(id) == 0 || len(id) > maxID {
		return false
	}
	onlyDots := true
	for i := range len(id) {
		c := id[i]
		switch {
		case c == '.':
			continue
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
			onlyDots = false
		default:
			return false
		}
	}
	return !onlyDots
}
