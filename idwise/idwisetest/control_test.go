package idwisetest

import (
	"testing"
)

func TestControlAPI(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	status, fields := r.call("POST", "/control/journeys", `{"script":"refer","reference":"r-1","flow_id":"flow-9"}`)
	id, _ := fields["journey_id"].(string)
	if status != 201 || id == "" {
		t.Fatalf("got %d %v", status, fields)
	}
	if status, _ := r.call("POST", "/control/journeys/"+id+"/review", `{"decision":"Approved"}`); status != 409 {
		t.Errorf("a review too early: got %d, want 409", status)
	}
	r.customSteps(id, true)
	r.await(id, inPhase(PhaseFinished))
	if status, fields = r.call("POST", "/control/journeys/"+id+"/review", `{"decision":"Approved"}`); status != 200 || fields["final_decision"] != "Approved" {
		t.Errorf("review: got %d %v", status, fields["final_decision"])
	}
	if status, fields = r.call("POST", "/control/journeys/"+id+"/aml-match", ""); status != 200 || fields["aml_version"] != float64(1) {
		t.Errorf("match: got %d %v", status, fields["aml_version"])
	}
	if status, fields = r.call("GET", "/control/journeys/"+id, ""); status != 200 || fields["custom_step_submissions"] != float64(1) {
		t.Errorf("journey: got %d %v", status, fields)
	}
	if status, _ = r.call("GET", "/control/journeys/unknown", ""); status != 404 {
		t.Errorf("an unknown journey: got %d, want 404", status)
	}
	if status, _ = r.call("POST", "/control/journeys", `{"script":"nonsense"}`); status != 400 {
		t.Errorf("an unknown script: got %d, want 400", status)
	}
	if status, fields = r.call("POST", "/control/test-event", ""); status != 200 || fields["status"] != float64(200) {
		t.Errorf("test event: got %d %v", status, fields)
	}
}

func TestControlFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("never-finish", "")
	for body, want := range map[string]int{
		`{"api_status":500,"api_slow_ms":1}`: 204, `{"api_statsu":500}`: 400, `{"api_status":7}`: 400, `[]`: 400,
	} {
		if got, _ := r.call("PUT", "/control/faults", body); got != want {
			t.Errorf("%s: got %d, want %d", body, got, want)
		}
	}
	if got, _ := r.call("GET", "/journey/v2/"+id, ""); got != 500 {
		t.Errorf("with the fault: got %d, want 500", got)
	}
	if got, _ := r.call("PUT", "/control/journeys/"+id+"/faults", `{}`); got != 204 {
		t.Errorf("one journey's faults: got %d, want 204", got)
	}
	if got, _ := r.call("GET", "/journey/v2/"+id, ""); got != 200 {
		t.Errorf("this journey without faults: got %d, want 200", got)
	}
}

func TestSeedMakesIDsAndPeopleTheSame(t *testing.T) {
	t.Parallel()
	first, second := New(Config{Accounts: []Account{{}}, Seed: 7}), New(Config{Accounts: []Account{{}}, Seed: 7})
	other := New(Config{Accounts: []Account{{}}})
	defer first.Close()
	defer second.Close()
	defer other.Close()
	a, b, c := first.Start("", "x"), second.Start("", "x"), other.Start("", "x")
	if a != b || a == c {
		t.Errorf("got ids %s, %s and %s, want the first two the same", a, b, c)
	}
	if first.Journey(a).Applicant != second.Journey(b).Applicant {
		t.Error("got different people for the same journey")
	}
	if _, err := first.Begin(StartRequest{Account: "unknown"}); err == nil {
		t.Error("an account that does not exist: got no error")
	}
}
