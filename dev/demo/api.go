package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"idjourney/journey"
)

// apiJourney is the part of the API's journey that scenarios check.
type apiJourney struct {
	Phase          journey.Phase          `json:"phase"`
	CustomerStatus journey.CustomerStatus `json:"customerStatus"`
	Standing       *journey.Standing      `json:"standing"`
	Adopted        bool                   `json:"adopted"`
	RequiredFor    string                 `json:"requiredFor"`
	RequiredSteps  []journey.RequiredStep `json:"requiredSteps"`
	Review         *journey.Review        `json:"review"`
	Alerts         []journey.Alert        `json:"alerts"`
}

// says compares what the customer's app would show, and on which decision it rests.
func (j apiJourney) says(status journey.CustomerStatus, standing journey.Outcome, sequence int) error {
	if j.CustomerStatus != status || j.Standing == nil || j.Standing.Outcome != standing || j.Standing.Sequence != sequence {
		return fmt.Errorf("the API says %s, standing %+v; want %s, %s by decision %d", j.CustomerStatus, j.Standing, status, standing, sequence)
	}
	return nil
}

// apiAnswer is an answer of the API without its body.
type apiAnswer struct {
	code int
	text string // of the status
	etag string
}

// ask calls the customer's API with the back office's token. The answer's body is
// read into into if that is not nil and the status is 2xx.
func (r *run) ask(ctx context.Context, method, path string, header http.Header, body, into any) (apiAnswer, error) {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return apiAnswer{}, fmt.Errorf("asking the API: %w", err)
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.world.APIURL+"/v1"+path, sent)
	if err != nil {
		return apiAnswer{}, fmt.Errorf("asking the API: %w", err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+r.world.Keys.BackofficeToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return apiAnswer{}, fmt.Errorf("asking the API: %w", err)
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // it was read to its end, or that failed
	if err == nil && into != nil && resp.StatusCode < 300 {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return apiAnswer{}, fmt.Errorf("reading the API's answer to %s %s: %w", method, path, err)
	}
	return apiAnswer{resp.StatusCode, resp.Status, resp.Header.Get("Etag")}, nil
}

// own is the journey's path at the API.
func (r *run) own() string { return "/journeys/" + r.account + "/" + r.journeyID }

// shown waits, by the API's long poll, until it shows the journey as wanted.
func (r *run) shown(ctx context.Context, wanted func(apiJourney) bool) (apiJourney, error) {
	path, header := r.own(), http.Header{}
	for {
		var j apiJourney
		resp, err := r.ask(ctx, http.MethodGet, path, header, nil, &j)
		switch {
		case err != nil:
			return j, err
		case resp.code == http.StatusOK && wanted(j):
			return j, nil
		case resp.code != http.StatusOK && resp.code != http.StatusNotModified:
			return j, fmt.Errorf("the API answers %s", resp.text)
		}
		header.Set("If-None-Match", resp.etag)
		path = r.own() + "?wait=10"
	}
}

// act does something to the journey as an operator does; it must be taken.
func (r *run) act(ctx context.Context, what string, body any) error {
	resp, err := r.ask(ctx, http.MethodPost, r.own()+"/"+what, nil, body, nil)
	if err == nil && resp.code != http.StatusOK {
		err = fmt.Errorf("the API answers %s to %s", resp.text, what)
	}
	return err
}
