package journey_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

// The names and codes of the vendor's samples are kept; free text, markup and
// addresses are not.
func TestOnlyKnownFormsOfAWebhookAreKept(t *testing.T) {
	t.Parallel()
	kept := journey.Hint{
		System: "Refer", PreviousSystem: "Complete", Manual: "Resubmission Requested", Final: "Approved",
		Action: "AML OGM Update", Trigger: "KYC Renewal", AMLVersion: 4,
		RequiredSteps: []journey.RequiredStep{
			{StepID: "10", ReasonCode: "expired_document", RenewalDeadline: "2026-10-01T00:00:00"},
			{StepID: "6b5c0a56-9c3e-4d8f-9a2b-7f1f3c2d1e0a", ReasonCode: "EXPIRED", RenewalDeadline: "2026-10-01T00:00:00.123+04:00"},
			{StepID: "20"},
		},
	}
	if diff := cmp.Diff(kept, kept.Known()); diff != "" {
		t.Errorf("a sample (-want +got):\n%s", diff)
	}
	for _, text := range []string{
		"account blocked, pay at evil.example", "https://evil.example", "<b>10</b>", "[pay](evil)", "a\nb",
		"pаy", "\u202e01", "call 0900 123456", strings.Repeat("x", 65),
	} {
		got := journey.Hint{Trigger: "see " + text + "!", RequiredSteps: []journey.RequiredStep{{text, text, "<" + text}}}.Known()
		want := journey.Hint{Trigger: journey.Unreadable, RequiredSteps: []journey.RequiredStep{{journey.Unreadable, journey.Unreadable, journey.Unreadable}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// Somebody knows an eventId before the vendor sends it, and sends it with a body of
// their own: the real webhook still leads to a fetch.
func TestAClaimedEventIDKeepsTheRealEventIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.look(fin("Complete"))
	send := func(h journey.Hint) {
		r.in(journey.Input{Event: &journey.Event{EventID: "known", Type: journey.AMLMonitorUpdate, Account: "acme", JourneyID: "j", Hint: h}})
	}
	send(journey.Hint{System: "Complete"})
	r.fetched(fin("Complete"))
	genuine := journey.Hint{System: "Refer", AMLVersion: 1}
	send(genuine)
	if !r.s.Look.UnderWay {
		t.Fatal("the real event leads to no fetch")
	}
	r.fetched(matches(fin("Refer"), mon))
	r.standing(journey.OutcomeOnHold, "the real event told of a match")
	fetches := r.s.Counts.Fetches
	send(genuine)
	if r.s.Counts.Fetches != fetches || r.s.Counts.Duplicates != 1 {
		t.Errorf("a retry of the same webhook leads to a fetch")
	}
}

// forgery plays somebody who has the webhook secret, while the API answers v.
type forgery struct {
	*rig
	v        journey.Verdict
	messages map[journey.MessageType]int
	forged   int
}

func forge(t *testing.T, v journey.Verdict) *forgery {
	return &forgery{rig: newRig(t), v: v, messages: map[journey.MessageType]int{}}
}

// send forges a webhook, and answers what it leads to.
func (f *forgery) send(ty journey.EventType, h journey.Hint) {
	f.forged++
	f.do(journey.Input{Event: &journey.Event{
		EventID: fmt.Sprint(f.forged), Type: ty, Account: "acme", JourneyID: "j", Hint: h, ReceivedAt: f.now,
	}})
}

func (f *forgery) do(in journey.Input) {
	f.tell(f.in(in))
	for f.s.Look.UnderWay {
		f.tell(f.fetched(f.v))
	}
}

func (f *forgery) tell(effects []journey.Effect) {
	for _, e := range effects {
		if e.Publish != nil && e.Publish.Message.Type != "" {
			f.messages[e.Publish.Message.Type]++
		}
	}
}

// pass lets time pass, with every deadline of the journey's own.
func (f *forgery) pass(d time.Duration) {
	end := f.now.Add(d)
	for {
		due := f.s.Deadline()
		if due.IsZero() || due.After(end) {
			f.now = end
			return
		}
		if due.After(f.now) {
			f.now = due
		}
		f.do(journey.Input{Tick: true})
	}
}

// any forges a webhook of any kind.
func (f *forgery) any(random *rand.Rand) {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	types := []journey.EventType{
		journey.FinishedUserSteps, journey.FinishedJourney, journey.ManuallyReviewed, journey.UpdatedJourney,
		journey.AMLMonitorUpdate, journey.VerificationUpdateRequired, journey.KYCRenewalDeadlineExceeded,
	}
	f.send(types[random.IntN(len(types))], journey.Hint{
		System: pick("", "Complete", "Refer", "Incomplete"), Manual: pick("", "Approved", "Rejected", "Resubmission Requested"),
		Final: pick("", "Rejected", "Approved"), Action: pick("", "Manual Review", "Step Update"),
		Trigger: pick("KYC Renewal", "Reviewer", "pay at evil.example"), AMLVersion: random.IntN(5),
		RequiredSteps: []journey.RequiredStep{{
			StepID: pick("10", "20", "<b>"), ReasonCode: pick("", "expired", "account blocked, pay at evil.example"),
			RenewalDeadline: pick("", f.now.Add(-day).Format(time.DateOnly), f.now.Add(day).Format(time.DateOnly), "soon"),
		}},
	})
}

// Whoever has the webhook secret forges what they like for two years, while the API
// goes on answering Complete: nothing is decided, the user is asked for nothing, and
// the fetches stay within what is declared.
func TestForgedWebhooksDecideNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		f := forge(t, fin("Complete"))
		f.p.Renewal.OnMissed, f.p.Resubmission.OnMissed = journey.MeansReject, journey.MeansReject
		f.p.Hints = journey.HintBudget{Looks: 4, Per: journey.Duration(day)}
		f.send(journey.FinishedJourney, journey.Hint{})
		began, before := f.now, f.s.Counts.Fetches
		for f.now.Sub(began) < 2*365*day {
			f.any(random)
			if got := journey.StatusOf(f.s.Phase, f.s.Standing.Outcome); got != journey.StatusApproved {
				t.Fatalf("seed %d: the user sees %s: %s", seed, got, f.s.Describe())
			}
			f.pass(time.Duration(random.Int64N(int64(3 * day))))
		}
		if f.s.Standing.Sequence != 1 {
			t.Errorf("seed %d: %d decisions, want 1", seed, f.s.Standing.Sequence)
		}
		for ty := range f.messages {
			if !slices.Contains([]journey.MessageType{journey.MessageDecided, journey.MessageReviewRequired, journey.MessageAttention}, ty) {
				t.Errorf("seed %d: %s was sent", seed, ty)
			}
		}
		if n := f.messages[journey.MessageReviewRequired]; n > 1 {
			t.Errorf("seed %d: %d reviews of what a person has not looked at yet", seed, n)
		}
		if n := f.messages[journey.MessageAttention]; n > 2 {
			t.Errorf("seed %d: %d calls for a person, want one for each of two codes", seed, n)
		}
		days := int(f.now.Sub(began)/day) + 1
		own := days*int(day)/int(f.p.Renewal.Within) + 1
		if got, most := f.s.Counts.Fetches-before, 4+4*days+own; got > most {
			t.Errorf("seed %d: %d fetches in %d days, want at most %d", seed, got, days, most)
		}
	}
}

// A person has looked at the first one, again and again.
func TestUnconfirmedRenewalsOpenOneReview(t *testing.T) {
	t.Parallel()
	f := forge(t, fin("Complete"))
	f.send(journey.FinishedJourney, journey.Hint{})
	for range 120 {
		f.send(journey.KYCRenewalDeadlineExceeded, journey.Hint{})
		f.send(journey.VerificationUpdateRequired, journey.Hint{Trigger: "KYC Renewal"})
		if f.s.Reviews.Open != nil {
			f.review(journey.OutcomeApproved)
		}
		f.pass(day)
	}
	if n := f.messages[journey.MessageReviewRequired]; n < 2 || n > 5 {
		t.Errorf("%d reviews in 120 days, want one in each 30", n)
	}
}

// Hints in a flood cause the declared fetches; the rest waits, and what was real in it
// is followed as soon as the budget allows.
func TestFetchesThatHintsCauseAreBudgeted(t *testing.T) {
	t.Parallel()
	f := forge(t, fin("Complete"))
	f.p.Hints = journey.HintBudget{Looks: 5, Per: journey.Duration(time.Hour)}
	f.send(journey.FinishedJourney, journey.Hint{})
	for range 500 {
		f.send(journey.UpdatedJourney, journey.Hint{})
	}
	if n := f.s.Counts.Fetches; n != 1+5 {
		t.Errorf("%d fetches, want the first, which brought the policy, and 5", n)
	}
	if n := f.messages[journey.MessageAttention]; n != 1 || f.s.Attention[0].Code != journey.AttentionHintsOverBudget {
		t.Errorf("%d calls for a person (%v), want one that says why", n, f.s.Attention)
	}
	f.v = matches(fin("Refer"), mon) // true, and told in the middle of the flood
	f.send(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 1})
	f.standing(journey.OutcomeApproved, "the budget is used up")
	f.pass(13 * time.Minute)
	f.standing(journey.OutcomeOnHold, "a share of the budget is free again")
	f.act(journey.Act{Kind: journey.UpdateRefresh})
	if len(f.s.Attention) != 0 || !f.s.Look.UnderWay {
		t.Error("an operator's refresh neither fetches at once nor clears the attention")
	}
}

// A stream of hints all the while postpones nothing.
func TestHintsPostponeNoDeadline(t *testing.T) {
	t.Parallel()
	storm := func(f *forgery, d time.Duration) {
		for end := f.now.Add(d); f.now.Before(end); f.pass(7 * time.Minute) {
			f.in(journey.Input{Event: &journey.Event{Type: journey.UpdatedJourney, Account: "acme", JourneyID: "j"}})
			f.in(journey.Input{Event: &journey.Event{Type: journey.FinishedJourney, Account: "acme", JourneyID: "j"}}) // while it fetches
			for f.s.Look.UnderWay {
				f.tell(f.fetched(f.v))
			}
		}
	}
	atWork := submitted()
	atWork.Selfie = "Not Started"

	f := forge(t, atWork)
	f.send(journey.UpdatedJourney, journey.Hint{})
	expires := f.s.OpenedAt.Add(time.Duration(f.p.ExpireAfter))
	storm(f, expires.Add(time.Hour).Sub(f.now))
	if d := f.s.Decided.Last; d == nil || d.Outcome != journey.OutcomeExpired || d.DecidedAt.Sub(expires) > time.Minute {
		t.Errorf("the journey expires by %+v, want at %s", d, expires)
	}

	f = forge(t, submitted()) // Finished User Steps was lost
	f.send(journey.UpdatedJourney, journey.Hint{})
	storm(f, 61*time.Minute)
	if f.s.Steps.Running == "" {
		t.Error("the custom step has not begun after the declared silence")
	}

	f = forge(t, fin("Resubmission Requested"))
	f.send(journey.UpdatedJourney, journey.Hint{})
	storm(f, time.Duration(f.p.Resubmission.Within)+time.Hour)
	if f.s.Reviews.Open == nil || f.s.Reviews.Open.Reason != "resubmission_missed" {
		t.Errorf("the resubmission is not missed: %s", f.s.Describe())
	}
}

// The clock of a vendor review counts on, whatever webhooks ask the user for.
func TestWebhooksStopNoReviewsClock(t *testing.T) {
	t.Parallel()
	f := forge(t, fin("Refer"))
	end := f.now.Add(72 * time.Hour)
	ladders := []journey.Ladder{{Name: journey.LadderReview, EscalateAt: end}}
	f.event(journey.FinishedJourney, journey.Hint{})
	f.answered(journey.FetchAnswer{Verdict: &f.v, Ladders: ladders})
	for f.now.Before(end) {
		f.send(journey.VerificationUpdateRequired, journey.Hint{Trigger: "Reviewer", RequiredSteps: []journey.RequiredStep{{StepID: fmt.Sprint(f.forged)}}})
		f.pass(6 * time.Hour)
	}
	f.pass(time.Minute)
	if n := f.messages[journey.MessageReviewOverdue]; n != 1 || f.s.Phase != journey.AwaitingReview {
		t.Errorf("called overdue %d times in phase %s, want once in the review", n, f.s.Phase)
	}
}

// An unconfirmed renewal is before a person when a match comes: that review counts its
// own time.
func TestAReviewThatWebhooksOpenedShortensNoOther(t *testing.T) {
	t.Parallel()
	f := forge(t, fin("Complete"))
	f.send(journey.FinishedJourney, journey.Hint{})
	f.send(journey.KYCRenewalDeadlineExceeded, journey.Hint{})
	f.pass(10 * day)
	v := matches(fin("Complete"), mon)
	end := f.now.Add(72 * time.Hour)
	f.event(journey.UpdatedJourney, journey.Hint{})
	f.answered(journey.FetchAnswer{Verdict: &v, Ladders: []journey.Ladder{{Name: journey.LadderReview, EscalateAt: end}}})
	if rev := f.s.Reviews.Open; rev == nil || rev.Reason != "aml_match" || !rev.Ladder.EscalateAt.Equal(end) || !f.s.Reviews.Clock.Since.Equal(f.now) {
		t.Errorf("the match's review is %+v, its clock %+v", rev, f.s.Reviews.Clock)
	}
}

// The user is still at work on a step that the flow names.
func TestAForgedFinishedUserStepsStartsNoStep(t *testing.T) {
	t.Parallel()
	f := forge(t, submitted())
	f.p.UserSteps = []string{"document", "selfie", "document:address-proof"}
	f.v.DocumentSteps = []string{"10"}
	for range 10 {
		f.send(journey.FinishedUserSteps, journey.Hint{})
		f.pass(time.Hour)
	}
	if f.s.Phase != journey.AwaitingUserSteps {
		t.Fatalf("in phase %s, want the user's", f.s.Phase)
	}
	f.v.DocumentSteps = []string{"10", "address-proof"}
	f.send(journey.FinishedUserSteps, journey.Hint{})
	if f.s.Steps.Running == "" {
		t.Error("the custom step has not begun though everything is submitted")
	}

	f = forge(t, journey.Verdict{System: "Incomplete", Final: "Incomplete"})
	f.p.UserSteps = []string{}
	f.send(journey.FinishedUserSteps, journey.Hint{})
	if f.s.Phase != journey.AwaitingUserSteps {
		t.Errorf("in phase %s though nothing is submitted", f.s.Phase)
	}
}

// The first screening found a match, which is no change, whatever a webhook calls it.
func TestAForgedAMLUpdateMakesNoChange(t *testing.T) {
	t.Parallel()
	for _, v := range []journey.Verdict{
		matches(fin("Approved"), journey.AMLMatch{ID: "m1", Datasets: []string{"SAN"}, Version: 1}),
		matches(fin("Complete"), journey.AMLMatch{ID: "m1", Datasets: []string{"SAN"}, Version: 1}),
	} {
		v.AML.Version = 1
		f := forge(t, submitted())
		f.send(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 1})
		f.v = v
		f.send(journey.FinishedJourney, journey.Hint{})
		f.send(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 2})
		f.pass(60 * day)
		if n := f.messages[journey.MessageAMLChanged]; n != 0 || len(f.s.AML.Alerts) != 0 {
			t.Errorf("%s: told %d times of a change", v.Final, n)
		}
	}
}

// A change that is real, and a webhook that gives it a number of its own.
func TestAForgedAMLVersionMakesNoGap(t *testing.T) {
	t.Parallel()
	f := forge(t, matches(fin("Approved"), versioned("m1", 1)))
	f.v.AML.Version = 1
	f.send(journey.FinishedJourney, journey.Hint{})
	f.v = matches(f.v, f.v.AML.Matches[0], versioned("m2", 2))
	f.v.AML.Version = 2
	f.send(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 15})
	if f.s.AML.Asking != 0 || f.s.AML.Version != 2 {
		t.Errorf("at version %d, asking for %d; want 2, as the result shows", f.s.AML.Version, f.s.AML.Asking)
	}
}

// A fetch says whether only a webhook asked for it: the worker budgets those of an account.
func TestAFetchSaysWhetherAHintCausedIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	fetch := func(e journey.Event) *journey.FetchInput {
		s := journey.Open(journey.Start{Account: "acme", JourneyID: "j", Rules: journey.Rules}, now)
		s, _ = journey.Apply(s, journey.Input{Event: &e}, now)
		_, effects := journey.Apply(s, journey.Input{Tick: true}, now)
		for _, effect := range effects {
			if effect.Fetch != nil {
				return effect.Fetch
			}
		}
		return nil
	}
	webhook := fetch(journey.Event{EventID: "e", Type: journey.FinishedJourney, Account: "acme", JourneyID: "j"})
	operator := fetch(journey.Event{Type: journey.Refresh, Account: "acme", JourneyID: "j"})
	if webhook == nil || !webhook.Hinted || operator == nil || operator.Hinted {
		t.Errorf("got %+v for a webhook and %+v for a refresh, want the first hinted alone", webhook, operator)
	}
}
