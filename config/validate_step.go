package config

import (
	"regexp"
	"slices"

	"idjourney/journey"
)

var stepNameForm = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

func (s Step) validate(path string, found *faults) {
	if !stepNameForm.MatchString(s.Name) {
		found.add(path+".name", "must be 1 to 64 characters of a-z, 0-9, _ and -")
	}
	s.validateKind(path, found)
	oneOf(found, path+".when", string(s.When), string(journey.WhenRulesPassed), string(journey.WhenAlways))
	const failure = "a step that did not pass"
	validateMeaning(found, path+".on_failed", s.OnFailed, failure)
	validateMeaning(found, path+".on_inconclusive", s.OnInconclusive, failure)
	if s.ShownBy != "" {
		oneOf(found, path+".shown_by", s.ShownBy, "face")
	}
	if s.Patience <= 0 {
		found.add(path+".patience", "is missing: say how long the step may take before it is inconclusive, for example 24h; without it, it could wait for ever")
	} else {
		s.validateTimes(path, found)
	}
	s.Retry.validate(path+".retry", found)
}

func (s Step) validateKind(path string, found *faults) {
	oneOf(found, path+".kind", string(s.Kind), string(KindActivity), string(KindHTTP))
	switch {
	case s.Kind == KindHTTP && (s.Activity != "" || s.TaskQueue != ""):
		found.add(path, "is of kind http and has an activity or a task_queue: keep one or the other")
	case s.Kind == KindActivity && s.HTTP != nil:
		found.add(path+".http", "is set, but the step's kind is activity: write kind: http, or take it out")
	case s.Kind == KindActivity && s.Activity == "":
		found.add(path+".activity", "is missing: write %s, or the name of an activity of yours", ActivityCompareGovernmentFace)
	case s.Activity == ActivityCallStep:
		found.add(path+".activity", "is %s, which is run by itself: write kind: http instead", s.Activity)
	case s.Activity != ActivityCompareGovernmentFace && isOwn(s.Activity):
		found.add(path+".activity", "is %s, which is no step: write %s, or the name of an activity of yours", s.Activity, ActivityCompareGovernmentFace)
	}
	if s.AnswerWithin != 0 && s.Activity == ActivityCompareGovernmentFace {
		found.add(path+".answer_within", "is set, but %s never answers pending: take it out", s.Activity)
	}
}

func isOwn(activity string) bool {
	return slices.ContainsFunc(Defaults(), func(o ActivityOptions) bool { return o.Name == activity })
}

// validateHTTP checks what the step calls, and that a call back can arrive and is
// not awaited for ever.
func (s Step) validateHTTP(path string, live bool, api API, found *faults) {
	if s.HTTP == nil {
		found.add(path+".http", "is missing: write the url and the token of the service that is called")
		return
	}
	checkURL(found, path+".http.url", s.HTTP.URL, live)
	if s.HTTP.Timeout > s.StartToClose {
		found.add(path+".http.timeout", "is longer than start_to_close (%s): no call can take that long", shortDuration(s.StartToClose))
	}
	if !s.HTTP.Callback {
		if s.AnswerWithin != 0 {
			found.add(path+".answer_within", "has no effect: write http.callback: true if the service may call back, or take it out")
		}
		return
	}
	if s.AnswerWithin <= 0 {
		found.add(path+".answer_within", "is missing: say how long the service may take to call back, for example 48h; without it, it could be awaited for ever")
	}
	if len(api.Tokens) == 0 || api.URL == "" {
		found.add(path+".http.callback", "needs the API, which takes the answer: list a token under api.tokens, and write api.url")
	} else {
		checkURL(found, "api.url", api.URL, live)
	}
}

// validateMeaning keeps approval out of reach of a failure: nothing is approved
// without positive evidence.
func validateMeaning(found *faults, path string, m journey.Meaning, what string) {
	if m == "approve" || m == journey.Meaning(journey.OutcomeApproved) {
		found.add(path, "cannot approve: %s is no evidence; write review, reject or on_hold", what)
		return
	}
	oneOf(found, path, string(m), string(journey.MeansReview), string(journey.MeansReject), string(journey.MeansOnHold))
}

func (s Step) validateTimes(path string, found *faults) {
	if s.StartToClose > s.Patience {
		found.add(path+".start_to_close", "is longer than the step's patience: no try can take that long")
	}
	if s.Activity != ActivityCompareGovernmentFace {
		if s.MatchWait != 0 || s.MatchPoll != 0 || s.StepID != "" {
			found.add(path, "has match_wait, match_poll or step_id, which only %s reads: take it out", ActivityCompareGovernmentFace)
		}
		return
	}
	if s.StepID == "" {
		found.add(path+".step_id", "is missing: write IDWise's id of the flow's custom step, in quotes")
	}
	if s.TaskQueue != "" {
		found.add(path+".task_queue", "is set, but %s runs on idjourney's own: take it out", ActivityCompareGovernmentFace)
	}
	if s.MatchWait >= s.StartToClose {
		found.add(path+".match_wait", "must be shorter than start_to_close (%s): the wait happens inside one try", s.StartToClose)
	}
	if s.MatchPoll > s.MatchWait {
		found.add(path+".match_poll", "is longer than match_wait: nobody would look")
	}
	if s.Heartbeat != 0 && s.Heartbeat <= s.MatchPoll {
		found.add(path+".heartbeat", "must be longer than match_poll: a try would count as lost between two looks")
	}
}
