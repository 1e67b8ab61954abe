package idwise

import "time"

// timeLayouts are ISO 8601 as the vendor writes it, without a zone; with one, should
// the vendor come to write it; and a day alone. Fractions of a second may follow.
var timeLayouts = [...]string{"2006-01-02T15:04:05", time.RFC3339, time.DateOnly}

// readTime reads a time of the vendor's as UTC unless it names a zone; the zero time
// for anything else.
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
