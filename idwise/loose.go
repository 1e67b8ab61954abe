package idwise

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// looseText reads a string, or a number as it was written. Anything else is "":
// the vendor's samples disagree about the types of ids, and a webhook must not be
// refused for that. Control characters become U+FFFD, so that no id is repaired by
// accident and no store chokes on a NUL.
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

// looseCount reads a whole number that is not negative, also when it is sent as a
// string; anything else is 0.
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
