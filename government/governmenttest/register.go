// Package governmenttest is a stand-in for a government's register of faces, in the
// protocol of [government.HTTP].
package governmenttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"sync"
)

// Register is an http.Handler that has a face for every number.
type Register struct {
	token string

	mu       sync.Mutex
	down     bool
	without  map[string]bool
	requests int
}

var _ http.Handler = (*Register)(nil)

// New makes a register that wants the bearer token; an empty token opens it to all.
func New(token string) *Register {
	return &Register{token: token, without: map[string]bool{}}
}

// SetDown makes the register answer 503, or work again.
func (r *Register) SetDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// NoRecord takes the face of a number out of the register.
func (r *Register) NoRecord(number string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.without[number] = true
}

// Requests counts the requests so far, whatever their answers.
func (r *Register) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// ServeHTTP answers one request.
func (r *Register) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.requests++
	down := r.down
	r.mu.Unlock()
	switch {
	case down:
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	case req.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	case r.token != "" && req.Header.Get("Authorization") != "Bearer "+r.token:
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	r.lookUp(w, req)
}

func (r *Register) lookUp(w http.ResponseWriter, req *http.Request) {
	var query struct {
		PersonalNumber string `json:"personal_number"`
	}
	if json.NewDecoder(http.MaxBytesReader(w, req.Body, 4<<10)).Decode(&query) != nil || query.PersonalNumber == "" {
		http.Error(w, "no personal number", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	none := r.without[query.PersonalNumber]
	r.mu.Unlock()
	if none {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"code":"no_record"}`))
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(Face(query.PersonalNumber)) // an error means that the caller has disconnected
}

// Face is the register's picture for a number: always the same for the same number.
func Face(number string) []byte {
	sum := sha256.Sum256([]byte(number))
	picture := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		picture.SetGray(i%16, i/16, color.Gray{Y: sum[(i/8)%32] ^ byte(i)})
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		panic("governmenttest: encoding a picture: " + err.Error()) // a small gray picture always encodes
	}
	return out.Bytes()
}
