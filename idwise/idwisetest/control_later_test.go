package idwisetest

import (
	"testing"

	"idjourney/idwise"
)

func TestControlOfDecidedJourneys(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("refer-approve", "r-1")
	r.await(id, func(s Snapshot) bool { return s.Manual == "Approved" })
	for _, c := range []struct {
		path, body string
		status     int
		field      string
		want       any
	}{
		{"renewal-missed", "", 409, "", nil},
		{"renewal-due", "", 200, "awaits", "renewal"},
		{"renewal-missed", "", 200, "awaits", "renewal"},
		{"resubmit", `{"failed_rule":"nonsense"}`, 409, "", nil},
		{"resubmit", `{"failed_rule":"under_age"}`, 200, "awaits", ""},
		{"resubmit", `{}`, 409, "", nil},
		{"aml", `{"change":"removed"}`, 409, "", nil},
		{"aml", `{"change":"added","lost":true}`, 200, "aml_version", float64(1)},
		{"aml", `{"change":"whitelisted","match_id":"match-` + id + `-1"}`, 200, "aml_version", float64(2)},
		{"aml", `{"change":"invented"}`, 409, "", nil},
		{"aml", `{"chance":"added"}`, 400, "", nil},
		{"update", `{"action":"AML Made Up"}`, 200, "final_decision", "Approved"},
		{"spot-check", `{"passed":true,"older_name":true}`, 200, "final_decision", "Approved"},
		{"review", `{"decision":"Resubmission Requested"}`, 200, "awaits", "resubmission"},
		{"spot-check", `{"passed":true}`, 409, "", nil},
		{"review", `{"decision":"Rejected"}`, 200, "awaits", ""},
		{"resubmission-request", "", 200, "final_decision", "Resubmission Requested"},
		{"resubmit", `{}`, 200, "phase", string(PhaseUserDone)},
		{"resubmission-request", "", 409, "", nil},
	} {
		status, fields := r.call("POST", "/control/journeys/"+id+"/"+c.path, c.body)
		if status != c.status || (c.field != "" && fields[c.field] != c.want) {
			t.Errorf("%s %s: got %d, %s %v, want %d, %v", c.path, c.body, status, c.field, fields[c.field], c.status, c.want)
		}
	}
	if got := len(r.vendor.Journey(id).SpotChecks); got != 1 {
		t.Errorf("got %d spot checks, want 1", got)
	}
}

func TestReviewAPIRequestsResubmission(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.finished("refer", "r-1")
	status, _ := r.call("POST", "/journey/v2/manual-review/"+id, `{"new_decision":"Resubmission Requested","comment":"x","step_reviews":[]}`)
	if w := r.hook(id, 3, idwise.EventVerificationUpdateRequired); status != 200 || len(w.RequiredSteps) != 2 {
		t.Errorf("got %d and %+v", status, w)
	}
}
