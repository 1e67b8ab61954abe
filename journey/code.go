package journey

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
