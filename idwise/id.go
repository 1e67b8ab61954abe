package idwise

const maxID = 128

// ValidID says whether an id can be used in a path, a workflow id and a key: 1 to
// 128 of A-Z a-z 0-9 . _ - and not dots alone, which a path would resolve.
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
