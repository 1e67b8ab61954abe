package main

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"log"
	"net/http"
	"sync"
	"time"

	"idjourney/examples/employer"
)

// service answers questions. It remembers them by the Idempotency-Key, because a question
// may be repeated, during the look-up and afterwards.
type service struct {
	register employer.Register
	token    string
	takes    time.Duration
	again    time.Duration // wait before a callback that failed is tried again

	mu       sync.Mutex
	underWay map[string]*employer.Answer // nil while it is looked up
}

// ServeHTTP answers 200 with the answer if it is known, otherwise 202.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.token)) != 1 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var q employer.Question
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<10)).Decode(&q); err != nil || q.CallbackURL == "" {
		w.WriteHeader(http.StatusUnprocessableEntity) // we answer by callback only
		return
	}
	key := r.Header.Get("Idempotency-Key")
	s.mu.Lock()
	answer, known := s.underWay[key]
	if !known {
		s.underWay[key] = nil
	}
	s.mu.Unlock()
	if answer != nil {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // idjourney asks again
		return
	}
	if !known {
		go s.lookUp(key, q) //nolint:contextcheck,gosec // it outlives the request on purpose
	}
	w.WriteHeader(http.StatusAccepted)
}

// lookUp finds the answer and posts it until it is accepted.
func (s *service) lookUp(key string, q employer.Question) {
	for ; ; time.Sleep(s.again) {
		time.Sleep(s.takes)
		answer, err := s.register.LookUp(q)
		if err != nil {
			log.Print(err)
			continue
		}
		s.mu.Lock()
		s.underWay[key] = &answer
		s.mu.Unlock()
		if callBack(q.CallbackURL, answer) {
			return
		}
	}
}

// callBack posts the answer. 200 is final, and so are 404 (too late) and 409 (another answer
// was first). The URL is a secret and is not logged.
func callBack(url string, answer employer.Answer) (done bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	body, _ := json.Marshal(answer) // two texts: this cannot fail
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return true
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Print("the callback did not arrive, it is tried again")
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	log.Printf("the callback was answered %d", resp.StatusCode)
	return resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests
}
