package idwise

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
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

func TestStartJourney(t *testing.T) {
	t.Parallel()
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.Join([]string{r.Method, r.URL.Path, r.Header.Get("Content-Type"), string(body)}, " "))
		_, _ = io.WriteString(w, `{"journey_id":"j-9","reference_no":"order-17","is_completed":false,"step_summaries":[]}`)
	}, nil)
	for _, request := range []StartRequest{{FlowID: "flow-1", ReferenceNo: "order-17"}, {FlowID: "flow-1"}} {
		if got, err := c.StartJourney(t.Context(), request); err != nil || got.JourneyID != "j-9" {
			t.Errorf("got %v, %v", got, err)
		}
	}
	const call = "POST /journey/v2/start-journey application/json "
	if len(asked) != 2 || asked[0] != call+`{"flow_id":"flow-1","reference_no":"order-17"}` || asked[1] != call+`{"flow_id":"flow-1"}` {
		t.Errorf("the vendor was asked %q", asked)
	}
	if _, err := c.StartJourney(t.Context(), StartRequest{ReferenceNo: "order-17"}); !errors.Is(err, ErrNotSent) || len(asked) != 2 {
		t.Errorf("without a flow: got %v and %d calls", err, len(asked))
	}
	r := StartRequest{FlowID: "flow-1", ReferenceNo: "order-17"}
	if printed := fmt.Sprintf("%v %+v %#v", r, r, r); strings.Contains(printed, "order-17") {
		t.Errorf("printing shows the reference: %s", printed)
	}
}

// A start may have happened although no id came back. The error must not be definite,
// and the request must not be sent again.
func TestStartJourneyIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"hangs up":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no id":        fixed(200, `{"reference_no":"order-17"}`),
		"unusable id":  fixed(200, `{"journey_id":"../x"}`),
		"gateway page": fixed(502, "<html>"),
	} {
		var calls atomic.Int32
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			answer(w, r)
		}, nil)
		if _, err := c.StartJourney(t.Context(), StartRequest{FlowID: "flow-1"}); err == nil || Definite(err) || calls.Load() != 1 {
			t.Errorf("%s: got %v after %d calls, want an error that is not definite after one", name, err, calls.Load())
		}
	}
}

func TestDeleteJourney(t *testing.T) {
	t.Parallel()
	missing := fmt.Sprintf(envelope, "missing_requested_resource")
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   Deletion
		denied bool
	}{
		"200":               {fixed(200, "{}"), Deleted, false},
		"202":               {fixed(202, ""), Deleted, false},
		"204":               {fixed(204, ""), Deleted, false},
		"missing":           {fixed(404, missing), AlreadyGone, false},
		"missing as 200":    {fixed(200, missing), AlreadyGone, false},
		"bare 404":          {fixed(404, "not here"), "", true},
		"forbidden":         {fixed(403, fmt.Sprintf(envelope, "unauthorized")), "", true},
		"a refusal in 2xx":  {fixed(200, fmt.Sprintf(envelope, "locked")), "", false},
		"the vendor's 500":  {fixed(500, ""), "", false},
		"missing as a 5xx":  {fixed(503, missing), "", false},
		"too many requests": {fixed(429, ""), "", false},
	} {
		var asked string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.Method + " " + r.URL.Path
			tt.answer(w, r)
		}, nil)
		got, err := c.DeleteJourney(t.Context(), "j-1")
		if got != tt.want || (err == nil) != (tt.want != "") || IsDenied(err) != tt.denied {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		if asked != "DELETE /journey/j-1" {
			t.Errorf("%s: the vendor was asked %q", name, asked)
		}
	}
}
