package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"idjourney/journey"
)

func TestHTTPStep(t *testing.T) {
	t.Parallel()
	c := mustRead(t, uncommented(t), uncommentedEnviron())
	s, ok := c.Accounts[0].Step("risk_score")
	if !ok || s.Kind != KindHTTP || s.Activity != "" || s.HTTP.Token.Reveal() != "risk-"+secretMarker || s.HTTP.Timeout != 15*time.Second {
		t.Fatalf("step = %+v, %v", s, ok)
	}
	steps := c.Accounts[0].Policy("your-flow-id").Steps
	want := journey.StepPolicy{
		Name: "risk_score", Activity: "CallStep", When: journey.WhenRulesPassed, AnswerWithin: journey.Duration(48 * time.Hour),
		OnFailed: journey.MeansReview, OnInconclusive: journey.MeansReview,
	}
	if got := steps[len(steps)-1]; got != want {
		t.Errorf("policy = %+v, want %+v", got, want)
	}
	o, ok := c.StepOptions("acme-sandbox", "risk_score")
	if !ok || o.Name != ActivityCallStep || o.StartToClose != time.Minute || o.ScheduleToClose != time.Hour || o.Heartbeat != 0 {
		t.Errorf("options = %+v, %v", o, ok)
	}
}

// An activity may also answer pending, and a short patience needs no other time-outs.
func TestStepTimesFit(t *testing.T) {
	t.Parallel()
	c := mustRead(t, strings.Replace(uncommented(t), "activity: CheckCredit", "activity: CheckCredit\n            answer_within: 72h", 1), uncommentedEnviron())
	if s, _ := c.Accounts[0].Step("credit_check"); s.policy().AnswerWithin != journey.Duration(72*time.Hour) {
		t.Errorf("step = %+v, want it to be awaited for 72h", s)
	}
	for _, change := range []string{"patience: 300ms", "patience: 20s", "patience: 3m\n            start_to_close: 2s"} {
		c := mustRead(t, strings.Replace(uncommented(t), "patience: 1h", change, 1), uncommentedEnviron())
		if s, _ := c.Accounts[0].Step("risk_score"); s.HTTP.Timeout <= 0 || s.HTTP.Timeout > s.StartToClose || s.StartToClose > s.Patience {
			t.Errorf("%s: timeout %s, start_to_close %s", change, s.HTTP.Timeout, s.StartToClose)
		}
	}
	text := strings.Replace(uncommented(t), "callback: true", "timeout: 4m\n              callback: true", 1)
	if s, _ := mustRead(t, text, uncommentedEnviron()).Accounts[0].Step("risk_score"); s.StartToClose < 4*time.Minute {
		t.Errorf("start_to_close = %s, want a try to last for a call of 4m", s.StartToClose)
	}
}

func TestHTTPStepFaults(t *testing.T) {
	t.Parallel()
	const (
		at    = "steps[risk_score]"
		block = `            http:
              url: https://risk.example.com/check
              token: { secret_env: RISK_TOKEN }
              callback: true # it may answer pending, and call back
`
		api = `api:
  url: https://idjourney.example.com # where services that call back reach listen.api
`
	)
	wantFaults(t, map[string]faultRow{
		"another kind":          {"kind: http\n            http", "kind: grpc\n            http", at + `.kind is "grpc"`},
		"kind left out":         {"            kind: http\n            http", "            http", at + ".http is set, but the step's kind is activity"},
		"with an activity":      {"kind: http\n            http", "kind: http\n            activity: X\n            http", at + " is of kind http and has an activity or a task_queue"},
		"on a task queue":       {"kind: http\n            http", "kind: http\n            task_queue: x\n            http", at + " is of kind http and has an activity or a task_queue"},
		"nothing to call":       {block, "", at + ".http is missing"},
		"no url":                {"              url: https://risk.example.com/check\n", "", at + ".http.url is missing"},
		"no address":            {"https://risk.example.com/check", "risk", at + ".http.url is not an address"},
		"token in the url":      {"https://risk", "https://u:" + secretMarker + "@risk", at + ".http.url has a user or password"},
		"no token":              {"              token: { secret_env: RISK_TOKEN }\n", "", at + ".http.token is missing"},
		"slow call":             {"callback: true", "timeout: 2m\n              callback: true\n            start_to_close: 1m", at + ".http.timeout is longer than start_to_close (1m)"},
		"no patience":           {"            patience: 1h # for the calls\n", "", at + ".patience is missing"},
		"awaited for ever":      {"            answer_within: 48h # for the call back\n", "", at + ".answer_within is missing"},
		"never awaited":         {"              callback: true # it may answer pending, and call back\n", "", at + ".answer_within has no effect"},
		"call back to nowhere":  {api, "api:\n", at + ".http.callback needs the API"},
		"activity is ours":      {"activity: CheckCredit", "activity: CallStep", "steps[credit_check].activity is CallStep, which is run by itself"},
		"activity is no step":   {"activity: CheckCredit", "activity: Erase", "steps[credit_check].activity is Erase, which is no step"},
		"face that is pending":  {"patience: 24h", "answer_within: 1h\n            patience: 24h", "steps[government_face].answer_within is set, but CompareGovernmentFace never answers pending"},
		"wait for a comparison": {"            patience: 1h", "            match_wait: 1m\n            patience: 1h", at + " has match_wait"},
	})
}

func TestLiveHTTPStep(t *testing.T) {
	t.Parallel()
	const call = `{ name: risk, kind: http, http: { url: "https://risk.example.com", token: { secret_env: LIVE_RISK }, callback: true }, patience: 1h, answer_within: 1h }`
	text := uncommented(t) + strings.Replace(live, `{ id: "f", custom_step: true }`, `{ id: "f", custom_step: true, steps: [`+call+`] }`, 1)
	environ := slices.Concat(uncommentedEnviron(), liveEnviron(), []string{"LIVE_RISK=lr-" + secretMarker})
	mustRead(t, text, environ)
	wantFault(t, strings.Replace(text, `"https://risk`, `"http://risk`, 1), environ, "accounts[acme].flows[f].steps[risk].http.url must begin with https:// for a live account")
	wantFault(t, strings.Replace(text, "https://idjourney", "http://idjourney", 1), environ, "api.url must begin with https:// for a live account")
	wantFault(t, strings.Replace(text, "LIVE_RISK", "RISK_TOKEN", 1), environ, "accounts[acme].flows[f].steps[risk].http.token is the same secret as")
}
