package journey

const maxCode = 64

// IsCode says whether a text is a code: a lower-case letter, then letters, digits
// and underscores, at most 64 in all. Reasons and types of errors that come from
// elsewhere go into histories and messages only if they are one, because a text
// may hold a person's data.
func IsCode(text string) bool {
	if text == "" || len(text) > maxCode {
		return false
	}
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}
