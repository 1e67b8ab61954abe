package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestActivityOptionsAreMerged(t *testing.T) {
	t.Parallel()
	text := "activities:\n  - name: Publish\n    start_to_close: 5s\n    retry: {attempts: 3, non_retryable: [Refused]}\n" + exampleText(t)
	c := mustRead(t, text, baseEnviron())
	want := ActivityOptions{
		Name: "Publish", StartToClose: 5 * time.Second, ScheduleToClose: 120 * time.Hour,
		Retry: Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: 10 * time.Minute, Attempts: 3, NonRetryable: []string{"Refused"}},
	}
	if diff := cmp.Diff(want, c.ActivityOptions(ActivityPublish)); diff != "" {
		t.Errorf("Publish (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(defaultActivities()[0], c.ActivityOptions(ActivityFetch)); diff != "" {
		t.Errorf("Fetch (-want +got):\n%s", diff)
	}
}

// Every activity has a bounded run time.
func TestEveryActivityIsBounded(t *testing.T) {
	t.Parallel()
	c := mustRead(t, exampleText(t), baseEnviron())
	for _, name := range []string{ActivityFetch, ActivityCompleteCustomStep, ActivityPublish, "unheard of"} {
		o := c.ActivityOptions(name)
		if o.Name != name || o.StartToClose <= 0 || o.ScheduleToClose <= 0 || o.Retry.Coefficient < 1 {
			t.Errorf("%s is not bounded: %+v", name, o)
		}
	}
	o, ok := c.StepOptions("acme-sandbox", "government_face")
	if !ok || o.Name != ActivityCompareGovernmentFace || o.ScheduleToClose != 24*time.Hour || o.StartToClose != 5*time.Minute || o.Heartbeat != 30*time.Second {
		t.Errorf("government_face = %+v, %v", o, ok)
	}
	for _, missing := range [][2]string{{"other", "government_face"}, {"acme-sandbox", "other"}} {
		if _, ok := c.StepOptions(missing[0], missing[1]); ok {
			t.Errorf("StepOptions%q found something", missing)
		}
	}
}

// A short patience, as in the demo, must not require every other time-out to be set.
func TestStepDefaultsStayBelowPatience(t *testing.T) {
	t.Parallel()
	for _, patience := range []string{"300ms", "5s", "1m", "3m", "72h"} {
		c := mustRead(t, changed(t, "patience: 24h", "patience: "+patience), baseEnviron())
		s, ok := c.Accounts[0].Step("government_face")
		if !ok || s.MatchWait >= s.StartToClose || s.StartToClose > s.Patience || s.MatchPoll > s.MatchWait || s.MatchPoll <= 0 {
			t.Errorf("patience %s: %+v", patience, s)
		}
	}
}
