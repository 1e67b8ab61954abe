package config

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

func TestPolicyOfListedFlow(t *testing.T) {
	t.Parallel()
	c := mustRead(t, exampleText(t), baseEnviron())
	got := c.Accounts[0].Policy("your-flow-id")
	d := func(x time.Duration) journey.Duration { return journey.Duration(x) }
	want := journey.Policy{
		Version: got.Version, Flow: "onboarding", UserSteps: []string{"document", "selfie"}, HasCustomStep: true,
		Steps: []journey.StepPolicy{{
			Name: "government_face", Activity: "CompareGovernmentFace", When: journey.WhenRulesPassed,
			OnFailed: journey.MeansReview, OnInconclusive: journey.MeansReview, ShownBy: "face",
		}},
		Endpoints:       []string{"core"},
		AskAgain:        []journey.Duration{d(2 * time.Second), d(time.Minute), d(10 * time.Minute), d(time.Hour), d(24 * time.Hour)},
		Hints:           journey.HintBudget{Looks: 20, Per: d(time.Hour)},
		UserStepsWithin: d(time.Hour), ResultWithin: d(30 * time.Minute), ReviewLook: d(24 * time.Hour),
		ExpireAfter: d(168 * time.Hour), UnknownAfter: d(time.Hour), AMLMatch: journey.AMLMeansOnHold,
		AML:             []journey.DatasetSeverity{{Dataset: "SAN", Severity: journey.SeverityHigh}, {Dataset: "PEP", Severity: journey.SeverityMedium}},
		Resubmission:    journey.DeadlinePolicy{Within: d(14 * 24 * time.Hour), OnMissed: journey.MeansReview},
		Renewal:         journey.DeadlinePolicy{Within: d(30 * 24 * time.Hour), OnMissed: journey.MeansOnHold},
		AdoptAfter:      d(72 * time.Hour),
		SpotCheckFailed: journey.SpotCheckMeansReview,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Policy (-want +got):\n%s", diff)
	}
	if len(got.Version) != 12 {
		t.Errorf("Version = %q, want 12 hex digits", got.Version)
	}
}

func TestPolicyOfUnlistedFlow(t *testing.T) {
	t.Parallel()
	text := changed(t, "    flows:", "    policy: {expire_after: 48h}\n    flows:")
	c := mustRead(t, text, baseEnviron())
	got := c.Accounts[0].Policy("another")
	if !got.Unlisted || got.Flow != "another" || len(got.Steps) != 0 || got.HasCustomStep || got.ExpireAfter != journey.Duration(48*time.Hour) {
		t.Errorf("Policy = %+v, want the account's defaults, unlisted and without steps", got)
	}
}

func TestPolicyInheritance(t *testing.T) {
	t.Parallel()
	text := "policy: {expire_after: 1h, result_within: 1m, ask_again: [1s]}\n" +
		changed(t, "    flows:", "    policy: {expire_after: 2h, user_steps: []}\n    flows:")
	text = strings.Replace(text, "        custom_step: true", "        policy: {expire_after: 3h, aml_match: tell}\n        custom_step: true", 1)
	c := mustRead(t, text, baseEnviron())
	got := c.Accounts[0].Policy("your-flow-id")
	if got.ExpireAfter != journey.Duration(3*time.Hour) || got.ResultWithin != journey.Duration(time.Minute) || got.AMLMatch != journey.AMLMeansTell {
		t.Errorf("Policy = %+v, want the flow's expire_after, the top level's result_within", got)
	}
	if len(got.UserSteps) != 0 || len(got.AskAgain) != 1 {
		t.Errorf("UserSteps %v, AskAgain %v: an empty list overrides, an absent one is inherited", got.UserSteps, got.AskAgain)
	}
}

// Decisions name the version: it changes with the policy and with nothing else.
func TestPolicyVersion(t *testing.T) {
	t.Parallel()
	version := func(text string) string {
		return mustRead(t, text, baseEnviron()).Accounts[0].Policy("your-flow-id").Version
	}
	base := version(exampleText(t))
	if got := version(exampleText(t)); got != base {
		t.Errorf("the same configuration has versions %s and %s", base, got)
	}
	if got := version(changed(t, "https://faces.example.com/lookup", "https://other.example.com/lookup")); got != base {
		t.Error("an address changes the version, though no journey reads it")
	}
	for _, change := range [][2]string{{"on_failed: review", "on_failed: reject"}, {"name: core", "name: other"}, {"listen:", "policy: {expire_after: 1h}\nlisten:"}} {
		if got := version(changed(t, change[0], change[1])); got == base {
			t.Errorf("%q does not change the version", change[1])
		}
	}
}

func TestPolicySurvivesJSON(t *testing.T) {
	t.Parallel()
	c := mustRead(t, exampleText(t), baseEnviron())
	want := c.Accounts[0].Policy("your-flow-id")
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got journey.Policy
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if len(text) > maxPolicy {
		t.Errorf("the example's policy has %d bytes, want at most %d", len(text), maxPolicy)
	}
}

// A large but plausible policy is within the bound: several steps with long names, some
// endpoints, every known dataset, a dozen waits.
func TestRichPolicyIsWithinTheBound(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer(
		"name: onboarding", "name: onboarding-retail-customers-germany",
		"severities: [{ dataset: SAN, severity: high }", "severities: [{ dataset: SAN, severity: high }, { dataset: SAN-CURRENT, severity: high }, { dataset: SAN-FORMER, severity: medium }, "+
			"{ dataset: PEP-CURRENT, severity: medium }, { dataset: PEP-FORMER, severity: low }, { dataset: PEP-LINKED, severity: low }, "+
			"{ dataset: RRE, severity: medium }, { dataset: INS, severity: low }, { dataset: DD, severity: low }, { dataset: POI, severity: low }, { dataset: REL, severity: low }",
		"  calendar: office\n", "  calendar: office\n  ask_again: [2s, 10s, 30s, 1m, 5m, 10m, 30m, 1h, 3h, 12h, 24h, 48h]\n",
		"    endpoints:\n", "    endpoints:\n"+
			"      - { name: case-management, url: \"https://cases.example.com\", secrets: [{ secret_env: CORE_WEBHOOK_SECRET }] }\n"+
			"      - { name: customer-relationship-system, url: \"https://crm.example.com\", secrets: [{ secret_env: CORE_WEBHOOK_SECRET }] }\n",
		"          - name: credit_check\n", "          - { name: fraud_screening_by_device, activity: ScreenDevice, task_queue: fraud-screening, when: always, on_failed: reject, patience: 1h, answer_within: 24h, vendor_review_settles: true }\n"+
			"          - name: credit_check\n",
	).Replace(uncommented(t))
	p := mustRead(t, text, uncommentedEnviron()).Accounts[0].Policy("your-flow-id")
	if len(p.Steps) != 4 || len(p.Endpoints) != 3 || len(p.AML) != 12 || len(p.AskAgain) != 12 {
		t.Fatalf("policy = %+v, want it to be rich", p)
	}
	size := len(mustJSON(p))
	t.Logf("%d of %d bytes", size, maxPolicy)
	if size > maxPolicy {
		t.Errorf("the policy has %d bytes, want at most %d", size, maxPolicy)
	}
}
