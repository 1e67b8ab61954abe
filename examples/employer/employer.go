// Package employer is an example of a custom step: does the person behind a journey still
// work for the employer that they named? It imports nothing of idjourney: the contract is
// two small JSON documents.
//
// employer-worker runs it as a Temporal activity, employer-service as an HTTP service that
// answers later. One of the two is enough.
package employer

import (
	"bytes"
	"fmt"
	"os"
)

// Question is the part of idjourney's question that this step needs.
type Question struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
	// CallbackURL is where a later answer is posted; only over HTTP.
	CallbackURL string `json:"callbackUrl,omitempty"`
}

// Answer is a step's answer: passed, failed, inconclusive or pending, with a code. It is
// stored forever: put no personal data in it.
type Answer struct {
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
}

// Register is a register of employees: a file with the journey ids, one a line, of those who
// have left. In the register with the empty name, everybody is employed.
type Register string

// LookUp answers a question. After an error, idjourney asks again.
func (r Register) LookUp(q Question) (Answer, error) {
	if r == "" {
		return Answer{Outcome: "passed"}, nil
	}
	left, err := os.ReadFile(string(r))
	if err != nil {
		return Answer{}, fmt.Errorf("asking the register: %w", err)
	}
	for line := range bytes.Lines(left) {
		if string(bytes.TrimSpace(line)) == q.JourneyID {
			return Answer{Outcome: "failed", Reason: "left_employer"}, nil
		}
	}
	return Answer{Outcome: "passed"}, nil
}
