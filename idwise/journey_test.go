package idwise

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestProcessCustomStep(t *testing.T) {
	t.Parallel()
	picture := []byte("\x89PNG\r\n--binary\x00bytes")
	var path, journey, step, kind, name string
	var got []byte
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.Method + " " + r.URL.Path
		journey, step = r.FormValue("journey_id"), r.FormValue("step_id")
		file, header, err := r.FormFile("image")
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		kind, name = header.Header.Get("Content-Type"), header.Filename
		got, _ = io.ReadAll(file)
	}, nil)
	if err := c.ProcessCustomStep(t.Context(), "j-1", "30", picture, "image/png"); err != nil {
		t.Fatal(err)
	}
	if path != "POST /journey/v2/process-custom-journey-step" || journey != "j-1" || step != "30" {
		t.Errorf("got %q for journey %q step %q", path, journey, step)
	}
	if !bytes.Equal(got, picture) || kind != "image/png" || name != "image.png" {
		t.Errorf("got %d bytes of %q named %q, want the picture", len(got), kind, name)
	}
}

func TestCompleteCustomStep(t *testing.T) {
	t.Parallel()
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = strings.Join([]string{r.Method, r.URL.Path, r.Header.Get("Content-Type"), string(body)}, " ")
		w.WriteHeader(http.StatusNoContent)
	}, nil)
	if err := c.CompleteCustomStep(t.Context(), "j-1"); err != nil {
		t.Fatal(err)
	}
	if want := `POST /journey/v2/complete-custom-step application/json {"journey_id":"j-1"}`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
