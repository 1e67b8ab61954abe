package idwisetest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
)

// input holds the fields of all requests of the API.
type input struct {
	JourneyID   string `json:"journey_id"`
	StepID      string `json:"step_id"`
	FlowID      string `json:"flow_id"`
	ReferenceNo string `json:"reference_no"`
	NewDecision string `json:"new_decision"`
	Image       string `json:"image"` // base64 in JSON, bytes in a form
}

// readInput reads a JSON body, a multipart form, or nothing.
func readInput(body io.ReadCloser, r *http.Request) (input, error) {
	var in input
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return in, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return in, err
	}
	switch kind {
	case "application/json":
		return readJSON(body)
	case "multipart/form-data":
		r.Body = body
		return readForm(r)
	}
	return in, errors.New("neither JSON nor a form")
}

func readJSON(body io.Reader) (input, error) {
	var in input
	if err := json.NewDecoder(body).Decode(&in); err != nil {
		return in, err
	}
	image, err := base64.StdEncoding.DecodeString(in.Image)
	in.Image = string(image)
	return in, err
}

func readForm(r *http.Request) (input, error) {
	if err := r.ParseMultipartForm(maxRequest); err != nil {
		return input{}, err
	}
	in := input{JourneyID: r.PostFormValue("journey_id"), StepID: r.PostFormValue("step_id")}
	file, _, err := r.FormFile("image")
	if err != nil {
		return in, err
	}
	defer func() { _ = file.Close() }()
	image, err := io.ReadAll(file)
	in.Image = string(image)
	return in, err
}
