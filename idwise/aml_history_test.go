package idwise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAMLHistory(t *testing.T) {
	t.Parallel()
	var asked string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.String()
		_, _ = io.WriteString(w, `{"check_id":"j-1","reference_number":"order-17","aml_matches":[
			{"match_id":7,"name":"Listed Person","datasets":["SAN"],"is_whitelisted":true,"aml_record_version":"2","ongoing_monitor_update_type":"Changed"}]}`)
	}, nil)
	got, err := c.AMLHistory(t.Context(), "j-1", 2)
	if err != nil {
		t.Fatal(err)
	}
	if want := "GET /checks/aml/j-1/history?version=2"; asked != want {
		t.Errorf("the vendor was asked %q, want %q", asked, want)
	}
	want := AMLHistory{CheckID: "j-1", Version: 2, Matches: []AMLMatch{{
		MatchID: "7", Name: "Listed Person", Datasets: []string{"SAN"}, IsWhitelisted: true,
		AMLRecordVersion: 2, OngoingMonitorUpdateType: "Changed",
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if printed := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(printed, "Listed") {
		t.Errorf("printing shows a name: %s", printed)
	}
	if encoded, err := json.Marshal(got); err == nil {
		t.Errorf("got %s, want a refusal to serialise", encoded)
	}
}

// An answer without a list of matches must not be read as an empty list.
func TestAMLHistoryUnreadable(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]error{
		`{"check_id":"j-1"}`:                            ErrUnreadable,
		`{"check_id":"j-1","aml_matches":null}`:         ErrUnreadable,
		`{"check_id":"j-1","aml_matches":{"a":1}}`:      ErrUnreadable,
		`{"aml_matches":[]}`:                            ErrUnreadable,
		`null`:                                          ErrUnreadable,
		`{"check_id":"j-2","aml_matches":[]}`:           ErrOtherJourney,
		`{"success":true,"check_id":1,"aml_matches":0}`: ErrUnreadable,
		`{"check_id":"j-1","aml_matches":[]}`:           nil,
	} {
		_, err := serve(t, fixed(200, body), nil).AMLHistory(t.Context(), "j-1", 1)
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", body, err, want)
		}
	}
	c := serve(t, fixed(200, ""), nil)
	if _, err := c.AMLHistory(t.Context(), "j-1", 0); !errors.Is(err, ErrNotSent) {
		t.Errorf("version 0: got %v, want ErrNotSent", err)
	}
}
