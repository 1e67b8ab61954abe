package config

import (
	"regexp"

	"idjourney/journey"
)

var stepNameForm = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

func (s Step) validate(path string, found *faults) {
	if !stepNameForm.MatchString(s.Name) {
		found.add(path+".name", "must be 1 to 64 characters of a-z, 0-9, _ and -")
	}
	if s.Activity == "" {
		found.add(path+".activity", "is missing: write %s, or the name of an activity of yours", ActivityCompareGovernmentFace)
	}
	for _, own := range []string{ActivityFetch, ActivityCompleteCustomStep, ActivityPublish} {
		if s.Activity == own {
			found.add(path+".activity", "is %s, which is no step: write %s, or the name of an activity of yours", own, ActivityCompareGovernmentFace)
		}
	}
	oneOf(found, path+".when", string(s.When), string(journey.WhenRulesPassed), string(journey.WhenAlways))
	validateMeaning(found, path+".on_failed", s.OnFailed)
	validateMeaning(found, path+".on_inconclusive", s.OnInconclusive)
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

// validateMeaning keeps approval out of reach of a failure: nothing is approved
// without positive evidence.
func validateMeaning(found *faults, path string, m journey.Meaning) {
	if m == "approve" || m == journey.Meaning(journey.OutcomeApproved) {
		found.add(path, "cannot approve: a step that did not pass is no evidence; write review, reject or on_hold")
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
