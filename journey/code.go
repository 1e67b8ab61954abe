package journey

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsCode says that a text is a short code and not somebody's data: a lower-case
// letter, then letters, digits and underscores, at most 64 in all.
func IsCode(text string) bool {
	for i, r := range text {
		letter, other := r >= 'a' && r <= 'z', r >= '0' && r <= '9' || r == '_'
		if !letter && (!other || i == 0) {
			return false
		}
	}
	return text != "" && len(text) <= 64
}

// IsText says that a text shows a reader what it holds: it has no control characters, none
// that change the direction of text, and is valid UTF-8.
func IsText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == utf8.RuneError
	})
}
