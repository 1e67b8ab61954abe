package idwise

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

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
