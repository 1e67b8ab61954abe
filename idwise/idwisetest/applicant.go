package idwisetest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Applicant is the made-up person of a journey, the same for the same journey id.
type Applicant struct {
	FullName       string `json:"full_name"`
	PersonalNumber string `json:"personal_number"`
	BirthDate      string `json:"birth_date"`
}

// The names are rare, so that a search for them has no accidental hits.
var (
	firstNames = []string{"Zephyrine", "Quillan", "Ottoline", "Thaddeus", "Isaura", "Barnabas", "Philippa", "Leopold"}
	lastNames  = []string{"Featherstone", "Wrothesley", "Abernathy", "Quackenbush", "Strathmore", "Ravenscroft", "Thistlewood", "Vandermeer"}
)

func makeApplicant(journeyID string) Applicant {
	sum := sha256.Sum256([]byte("applicant\x00" + journeyID))
	number := binary.BigEndian.Uint64(sum[:8])
	return Applicant{
		FullName:       firstNames[int(sum[8])%len(firstNames)] + " " + lastNames[int(sum[9])%len(lastNames)],
		PersonalNumber: fmt.Sprintf("%012d", number%1_000_000_000_000),
		BirthDate:      fmt.Sprintf("%d-%02d-%02d", 1950+int(sum[10])%50, 1+int(sum[11])%12, 1+int(sum[12])%28),
	}
}

// ids makes ids of one kind after another from a seed.
type ids struct {
	seed string
	next int
}

func (i *ids) hash(kind string) [32]byte {
	i.next++
	return sha256.Sum256([]byte(i.seed + "\x00" + kind + "\x00" + strconv.Itoa(i.next)))
}

// journey looks like the 24 hex digits of the vendor's samples.
func (i *ids) journey() string {
	sum := i.hash("journey")
	return hex.EncodeToString(sum[:12])
}

// event looks like a UUID.
func (i *ids) event() string {
	h := i.hash("event")
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
