package journey_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"idjourney/journey"
	"idjourney/journey/journeytest"
)

func js(t *rapid.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func reviewID(s journey.State) string {
	if s.Reviews.Open == nil {
		return ""
	}
	return s.Reviews.Open.ID
}

func genVerdict(t *rapid.T) journey.Verdict {
	v := journey.Verdict{Ended: rapid.Bool().Draw(t, "ended"), Documents: rapid.IntRange(0, 1).Draw(t, "docs"),
		Selfie:  rapid.SampledFrom([]string{"", "Not Started", "Complete"}).Draw(t, "selfie"),
		System:  rapid.SampledFrom([]string{"Incomplete", "Complete", "Refer"}).Draw(t, "sys"),
		Manual:  rapid.SampledFrom([]string{"", "", "Approved", "Rejected", "Resubmission Requested", "Odd"}).Draw(t, "man"),
		Subject: rapid.SampledFrom([]string{"", "s1", "s2"}).Draw(t, "subj")}
	v.Final = v.System
	if v.Manual != "" {
		v.Final = v.Manual
	}
	if rapid.Bool().Draw(t, "rules") {
		v.FailedRules = []string{"x"}
	}
	switch rapid.IntRange(0, 2).Draw(t, "face") {
	case 1:
		v.Face = face(true)
	case 2:
		v.Face = face(false)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "n") {
		m := journey.AMLMatch{ID: string(rune('a' + i)), Version: rapid.IntRange(0, 3).Draw(t, "ver")}
		if rapid.Bool().Draw(t, "mon") {
			m.MonitorUpdate = "Added"
		}
		v.AML.Version = max(v.AML.Version, m.Version)
		v.AML.Matches = append(v.AML.Matches, m)
	}
	return v
}

func invariants(t *rapid.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	p := journeytest.Policy()
	second := journey.StepPolicy{Name: "b", Activity: "B", When: journey.WhenAlways, OnFailed: journey.MeansOnHold, OnInconclusive: journey.MeansReview}
	unlisted := p
	unlisted.Version, unlisted.Unlisted, unlisted.Steps, unlisted.HasCustomStep = "u", true, nil, false
	s := journey.Open(journey.Start{Account: "acme", JourneyID: "j", Rules: journey.Rules}, now)
	var pending []journey.Effect
	based := false
	maxLen := 0
	step := func(in journey.Input) {
		before := js(t, s)
		var copyOf journey.State
		if err := json.Unmarshal([]byte(before), &copyOf); err != nil {
			t.Fatal(err)
		}
		old := s
		n, eff := journey.Apply(s, in, now)
		changes.add(old.Phase, n.Phase)
		n2, eff2 := journey.Apply(copyOf, in, now)
		if js(t, n) != js(t, n2) || js(t, eff) != js(t, eff2) {
			t.Fatalf("round trip differs:\n%s\n%s", js(t, n), js(t, n2))
		}
		if js(t, old) != before {
			t.Fatal("input was changed")
		}
		var ds []*journey.Decision
		seen := map[string]bool{}
		for _, e := range eff {
			if e.Publish != nil && e.Publish.Message.Decision != nil && !seen[e.Publish.Message.ID] {
				seen[e.Publish.Message.ID] = true
				ds = append(ds, e.Publish.Message.Decision)
			}
		}
		baselined := in.Fetched != nil && in.Fetched.Baseline != nil && old.Standing.Sequence == 0
		prev := old.Standing.Sequence
		if baselined {
			prev = in.Fetched.Baseline.Sequence
		}
		if len(ds) > 1 && !ds[0].Adopted {
			t.Fatal("two decisions in one step")
		}
		for _, d := range ds {
			if d.Sequence != prev+1 || d.Supersedes != prev {
				t.Fatalf("sequence %+v after %d", d, prev)
			}
			prev = d.Sequence
		}
		if len(ds) > 0 {
			if last := ds[len(ds)-1]; n.Standing.Sequence != last.Sequence || n.Standing.Outcome != last.Outcome {
				t.Fatalf("the standing %+v is not that of %+v", n.Standing, last)
			}
		} else if !baselined && n.Standing != old.Standing {
			t.Fatal("standing changed without a decision")
		}
		s = n
		pending = append(pending, eff...)
		has := func(k journey.EffectKind) bool {
			for _, e := range pending {
				if e.Kind == k {
					return true
				}
			}
			return false
		}
		if s.Look.UnderWay != has(journey.EffectFetch) {
			t.Fatalf("Looking=%v, pending fetch %v", s.Look.UnderWay, has(journey.EffectFetch))
		}
		if (s.Steps.Running != "") != has(journey.EffectStep) {
			t.Fatalf("Running=%q, pending step %v", s.Steps.Running, has(journey.EffectStep))
		}
		if s.Steps.Completing != has(journey.EffectComplete) {
			t.Fatalf("Completing=%v", s.Steps.Completing)
		}
		maxLen = max(maxLen, len(js(t, s)))
		if len(js(t, s)) > 40000 {
			t.Fatalf("state grows: %d bytes\n%s", len(js(t, s)), js(t, s))
		}
	}
	check := func() {
		alive := !s.Deadline().IsZero() || s.Look.UnderWay || s.Steps.Running != "" || s.Steps.Completing || s.Erasing
		local := s.Reviews.Open != nil && s.Reviews.Open.Kind == journey.ReviewLocal && s.Phase == journey.AwaitingReview
		if !s.Closed() && !alive && s.Phase != journey.Settled && !local {
			t.Fatalf("stuck: %s", js(t, s))
		}
		if s.Reviews.Open != nil && s.Phase != journey.AwaitingReview {
			t.Fatalf("a review is open in phase %s: %s", s.Phase, js(t, s))
		}
		if s.Phase == journey.AwaitingReview && s.Reviews.Open == nil {
			t.Fatalf("awaiting_review without review")
		}
		if s.Phase == journey.Settled && s.Standing.Sequence == 0 {
			t.Fatalf("settled and nothing decided: %s", js(t, s))
		}
		if (s.Phase == journey.Unknown || s.Phase == journey.Expired) && (s.Look.UnderWay || s.Steps.Running != "" || s.Steps.Completing) {
			t.Fatalf("closed with work under way: %s", js(t, s))
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"event": func(t *rapid.T) {
			step(journey.Input{Event: &journey.Event{EventID: rapid.SampledFrom([]string{"", "1", "2", "3", "4", "5"}).Draw(t, "id"),
				Type: rapid.SampledFrom([]journey.EventType{journey.FinishedUserSteps, journey.FinishedJourney, journey.ManuallyReviewed, journey.UpdatedJourney, journey.AMLMonitorUpdate, journey.Refresh,
					journey.VerificationUpdateRequired, journey.KYCRenewalDeadlineExceeded, journey.Adopt, journey.SpotCheckFailed, journey.StepAnswered}).Draw(t, "type"),
				ReceivedAt: now,
				Hint: journey.Hint{Trigger: rapid.SampledFrom([]string{"", "KYC Renewal"}).Draw(t, "tr"), Step: "government-face", SpotCheck: "spot",
					RequiredSteps: []journey.RequiredStep{{StepID: "10", RenewalDeadline: rapid.SampledFrom([]string{"", "2026-01-06", "x"}).Draw(t, "dl")}},
					AMLVersion:    rapid.IntRange(0, 4).Draw(t, "aml"), Manual: rapid.SampledFrom([]string{"", "Approved"}).Draw(t, "m"), Action: rapid.SampledFrom([]string{"", "Manual Review"}).Draw(t, "a")}, TraceParent: "00-x"}})
			step(journey.Input{Tick: true})
			check()
		},
		"answer": func(t *rapid.T) {
			if len(pending) == 0 {
				t.Skip()
			}
			i := rapid.IntRange(0, len(pending)-1).Draw(t, "i")
			e := pending[i]
			pending = append(pending[:i:i], pending[i+1:]...)
			switch e.Kind {
			case journey.EffectFetch:
				a := journey.FetchAnswer{Policy: p}
				if rapid.IntRange(0, 3).Draw(t, "two") == 0 {
					a.Policy.Steps = append(a.Policy.Steps[:1:1], second)
					a.Policy.Version = "2"
				}
				switch rapid.IntRange(0, 9).Draw(t, "kind") {
				case 0:
					a.Problem, a.Policy = rapid.SampledFrom([]journey.Problem{journey.ProblemMissing, journey.ProblemDenied, journey.ProblemUnreadable}).Draw(t, "p"), unlisted
				case 1:
					a = journey.FetchAnswer{Problem: journey.ProblemUnreachable}
				case 2:
					a.Policy = unlisted
					fallthrough
				default:
					v := genVerdict(t)
					a.Verdict = &v
				}
				if e.Fetch.WantBaseline && !based && rapid.IntRange(0, 3).Draw(t, "b") == 0 {
					based = true
					a.Baseline = &journey.Standing{Outcome: rapid.SampledFrom([]journey.Outcome{"approved", "rejected", "on_hold", "expired"}).Draw(t, "o"), Sequence: 3}
				}
				step(journey.Input{Fetched: &a})
			case journey.EffectStep:
				subj := e.StepIn.Subject
				subj = rapid.SampledFrom([]string{"", subj, "s2"}).Draw(t, "ss")
				step(journey.Input{Stepped: &journey.Stepped{Step: e.StepIn.Step, Answer: journey.StepAnswer{Outcome: rapid.SampledFrom([]journey.StepOutcome{"passed", "failed", "inconclusive", "", "approve", "pending"}).Draw(t, "so"), Subject: subj}}})
			case journey.EffectComplete:
				step(journey.Input{Completed: &journey.CompleteAnswer{Problem: rapid.SampledFrom([]string{"", "refused", "unreachable"}).Draw(t, "cp")}})
			case journey.EffectAML:
				step(journey.Input{AMLFetched: &journey.AMLHistory{Problem: rapid.SampledFrom([]journey.Problem{"", journey.ProblemDenied}).Draw(t, "ap"),
					Changes: []journey.AMLChange{{Version: rapid.IntRange(1, 4).Draw(t, "av"), Added: []string{"a"}}}}})
			case journey.EffectErase:
				step(journey.Input{Erased: &journey.EraseAnswer{Problem: rapid.SampledFrom([]string{"denied", ""}).Draw(t, "ep")}})
			default:
				step(journey.Input{Published: &journey.Published{MessageID: e.Publish.Message.ID, Endpoint: e.Publish.Endpoint, Lane: e.Lane, Answer: journey.PublishAnswer{Parked: rapid.Bool().Draw(t, "pk")}}})
			}
			step(journey.Input{Tick: true})
			check()
		},
		"wait": func(t *rapid.T) {
			if s.Counts.Events == 0 {
				t.Skip()
			}
			if d := s.Deadline(); !d.IsZero() && rapid.Bool().Draw(t, "todue") {
				if d.After(now) {
					now = d
				}
			} else {
				now = now.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "m")) * time.Minute)
			}
			step(journey.Input{Tick: true})
			check()
		},
		"review": func(t *rapid.T) {
			if s.Counts.Events == 0 {
				t.Skip()
			}
			step(journey.Input{Reviewed: &journey.Reviewed{Review: reviewID(s), Outcome: rapid.SampledFrom([]journey.Outcome{"approved", "rejected", "on_hold"}).Draw(t, "ro"), Actor: "a", Reason: "r"}})
			step(journey.Input{Tick: true})
			check()
		},
		"act": func(t *rapid.T) {
			if s.Counts.Events == 0 {
				t.Skip()
			}
			kinds := []string{journey.UpdateOverride, journey.UpdateRefresh, journey.UpdateRetryStep, journey.UpdateOverride}
			if rapid.IntRange(0, 30).Draw(t, "last") == 0 {
				kinds = []string{journey.UpdateEnd, journey.UpdateErase}
			}
			step(journey.Input{Acted: &journey.Act{Kind: rapid.SampledFrom(kinds).Draw(t, "act"), Actor: "a", Reason: "r", Sequence: s.Standing.Sequence,
				Outcome: rapid.SampledFrom([]journey.Outcome{"approved", "rejected", "on_hold", "expired"}).Draw(t, "ao"), Step: rapid.SampledFrom([]string{"b", "government-face"}).Draw(t, "as")}})
			step(journey.Input{Tick: true})
			check()
		},
		"dispose": func(t *rapid.T) {
			if len(s.AML.Alerts) == 0 {
				t.Skip()
			}
			step(journey.Input{Reviewed: &journey.Reviewed{Review: s.AML.Alerts[0].ID, Actor: "a", Reason: "r",
				Disposition: rapid.SampledFrom([]journey.Disposition{journey.TrueMatch, journey.FalsePositive, journey.AcceptedMatch, "?"}).Draw(t, "di")}})
			step(journey.Input{Tick: true})
			check()
		},
		"quarantine": func(t *rapid.T) {
			if s.Counts.Events == 0 {
				t.Skip()
			}
			step(journey.Input{Quarantined: "unreadable"})
			step(journey.Input{Tick: true})
			check()
		},
	})
}

// Whatever comes in whatever order: Apply does not panic or change its input, an open
// journey always waits for something that has a deadline or a person, decisions are
// numbered without a gap, only they change the standing, and the state stays small.
func TestInvariants(t *testing.T) { rapid.Check(t, invariants) }
