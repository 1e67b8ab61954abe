// Package access identifies the callers of the listeners: credentials, compared in constant
// time, and the caller's address.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
)

// Digest stands for a secret: all digests have one length, so that comparing two
// in constant time reveals nothing about the secret, its length included.
type Digest [sha256.Size]byte

// DigestOf returns the digest of a secret.
func DigestOf(secret string) Digest { return sha256.Sum256([]byte(secret)) }

// Matches is 1 if the digests are equal and 0 if not.
func (d Digest) Matches(other Digest) int { return subtle.ConstantTimeCompare(d[:], other[:]) }

// Credentials returns what follows the scheme in an Authorization header. The case
// of the scheme does not matter.
func Credentials(line, scheme string) (string, bool) {
	got, rest, ok := strings.Cut(line, " ")
	return strings.TrimSpace(rest), ok && strings.EqualFold(got, scheme)
}
