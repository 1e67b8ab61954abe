package idwisetest

import (
	"encoding/json"
	"io"
	"net/http"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"idjourney/idwise"

	"github.com/google/go-cmp/cmp"
)

// call makes one raw request and answers status and body.
func (r *rig) call(method, path, body string, headers ...string) (int, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth("key", "secret")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Del(headers[i])
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var fields map[string]any
	_ = json.Unmarshal(raw, &fields) // a bare answer has no fields
	return resp.StatusCode, fields
}

func TestAPIRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	open, foreign := r.vendor.Start("never-finish", ""), ""
	var err error
	if foreign, err = r.vendor.Begin(StartRequest{Account: "other", Script: "never-finish"}); err != nil {
		t.Fatal(err)
	}
	const auth = "Authorization"
	cases := []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     any
	}{
		{"no header", "GET", "/journey/v2/" + open, "", []string{auth, ""}, 401, "missing_authorization_header"},
		{"bearer", "GET", "/journey/v2/" + open, "", []string{auth, "Bearer x"}, 401, "invalid_authentication_format"},
		{"wrong secret", "GET", "/journey/v2/" + open, "", []string{auth, "Basic a2V5Ong="}, 401, "invalid_credentials"},
		{"another account's journey", "GET", "/journey/v2/" + foreign, "", nil, 403, "unauthorized"},
		{"unknown journey", "GET", "/journey/v2/unknown", "", nil, 404, "missing_requested_resource"},
		{"unknown path", "GET", "/journey/v3/" + open, "", nil, 404, nil},
		{"wrong method", "DELETE", "/journey/v2/" + open, "", nil, 405, nil},
		{"not JSON", "POST", "/journey/v2/complete-custom-step", "x", nil, 400, codeInvalidRequest},
		{"too early", "POST", "/journey/v2/complete-custom-step", `{"journey_id":"` + open + `"}`, nil, 400, codeInvalidRequest},
		{"review too early", "POST", "/journey/v2/manual-review/" + open, `{"new_decision":"Approved"}`, nil, 400, codeInvalidRequest},
		{"start without flow", "POST", "/journey/v2/start-journey", `{"reference_no":"x"}`, nil, 400, codeInvalidRequest},
	}
	for _, c := range cases {
		status, fields := r.call(c.method, c.path, c.body, c.headers...)
		if status != c.status || fields["error_code"] != c.code {
			t.Errorf("%s: got %d %v, want %d %v", c.name, status, fields["error_code"], c.status, c.code)
		}
		if c.code != nil && (fields["success"] != false || len(fields) != 3) {
			t.Errorf("%s: got %v, want the vendor's envelope", c.name, fields)
		}
	}
}

func TestResultHasOnlyTheContractsFields(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("aml-after-approval", "r-1")
	want := strings.Fields(`aml applicant customer_id device_intelligence documents end_time final_decision flow_id journey_id
		manual_decision model_version reference_number rule_results screening_checks selfie start_time system_decision`)
	for _, phase := range []Phase{PhaseUserDone, PhaseFinished} {
		r.await(id, inPhase(phase))
		_, fields := r.call("GET", "/journey/v2/"+id, "")
		if diff := cmp.Diff(want, keys(fields)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", phase, diff)
		}
		if phase == PhaseUserDone {
			if fields["end_time"] != nil || fields["system_decision"] != "Incomplete" {
				t.Errorf("before the end: got end %v, system %v", fields["end_time"], fields["system_decision"])
			}
			r.customSteps(id, true)
		}
	}
	r.delivered(id, 6)
	_, fields := r.call("GET", "/journey/v2/"+id, "")
	match := fields["aml"].(map[string]any)["matches"].([]any)[0].(map[string]any)
	wantMatch := strings.Fields(`addresses aliases aml_record_version countries datasets datesOfBirth is_whitelisted match_id
		match_status name ongoing_monitor_update_type resource_id score sex`)
	if diff := cmp.Diff(wantMatch, keys(match)); diff != "" {
		t.Errorf("match (-want +got):\n%s", diff)
	}
}

func keys(fields map[string]any) []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func TestNoFaceIsAcceptedAfterCompletion(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("approve", "")
	r.customSteps(id, false)
	if err := r.client.ProcessCustomStep(t.Context(), id, "30", []byte("late"), "image/png"); !idwise.IsDenied(err) {
		t.Errorf("got %v, want a refusal", err)
	}
	r.await(id, inPhase(PhaseFinished))
	if err := r.client.CompleteCustomStep(t.Context(), id); err != nil {
		t.Errorf("completing again: %v", err)
	}
	snap := r.vendor.Journey(id)
	if snap.CustomStepSubmissions != 0 || snap.CompleteCalls != 2 || snap.Final != "Complete" {
		t.Errorf("got %d submissions, %d completions, final %s", snap.CustomStepSubmissions, snap.CompleteCalls, snap.Final)
	}
}

func TestProcessTakesJSONToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("approve", "")
	r.await(id, inPhase(PhaseUserDone))
	for body, want := range map[string]int{
		`{"journey_id":"` + id + `","step_id":"30","image":"YQ=="}`: 200,
		`{"journey_id":"` + id + `","step_id":"10","image":"YQ=="}`: 400,
		`{"journey_id":"` + id + `","step_id":"30","image":"%"}`:    400,
		`{"journey_id":"` + id + `","step_id":"30"}`:                400,
	} {
		if got, _ := r.call("POST", "/journey/v2/process-custom-journey-step", body); got != want {
			t.Errorf("%s: got %d, want %d", body, got, want)
		}
	}
	if got := r.vendor.Journey(id).CustomStepSubmissions; got != 1 {
		t.Errorf("got %d submissions, want 1", got)
	}
}

func TestSummaryTwiceIsRefused(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	r := newRig(t, func(c *Config) { c.Now = func() time.Time { return time.Unix(clock.Load(), 0) } })
	id := r.vendor.Start("never-finish", "")
	for _, c := range []struct{ at, want int64 }{{100, 200}, {101, 429}, {102, 200}} {
		clock.Store(c.at)
		status, fields := r.call("GET", "/journey/v2/summary/"+id, "")
		if int64(status) != c.want {
			t.Errorf("at %d s: got %d, want %d", c.at, status, c.want)
		}
		if _, ok := fields["system_decision"]; ok {
			t.Error("the summary shows a decision")
		}
	}
}

func TestStartThroughTheAPI(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	status, fields := r.call("POST", "/journey/v2/start-journey", `{"flow_id":"flow-9","reference_no":"refer-approve-5"}`)
	id, _ := fields["journey_id"].(string)
	if status != 200 || fields["is_completed"] != false || fields["reference_no"] != "refer-approve-5" {
		t.Fatalf("got %d %v", status, fields)
	}
	if snap := r.vendor.Journey(id); snap.Script != "refer-approve" || snap.FlowID != "flow-9" {
		t.Errorf("got script %q of flow %q", snap.Script, snap.FlowID)
	}
	if got := r.result(id); got.FlowID != "flow-9" || got.ReferenceNumber != "refer-approve-5" {
		t.Errorf("got flow %q, reference %q", got.FlowID, got.ReferenceNumber)
	}
}
