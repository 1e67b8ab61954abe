package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"idjourney/journey"
)

// maxPolicy bounds what travels with every fetch into a journey's history.
const maxPolicy = 2048

// Policy is what a journey waits for and for how long. A key that an account or
// a flow leaves out is inherited.
type Policy struct {
	UserSteps       []string           `mapstructure:"user_steps" doc:"What IDWise's result must show before Finished User Steps is believed: document, selfie."`
	AskAgain        []time.Duration    `mapstructure:"ask_again" doc:"Waits before each further look at an API that does not yet show what a webhook claimed; then the API is believed."`
	UserStepsWithin time.Duration      `mapstructure:"user_steps_within" doc:"Silence while the user's steps are awaited after which the journey asks the API itself; each further silence is twice as long."`
	ResultWithin    time.Duration      `mapstructure:"result_within" doc:"The same, while IDWise's result is awaited."`
	ReviewLook      time.Duration      `mapstructure:"review_look" doc:"The same, while a person's review is awaited."`
	ExpireAfter     time.Duration      `mapstructure:"expire_after" doc:"A journey that the user never finished expires after this."`
	UnknownAfter    time.Duration      `mapstructure:"unknown_after" doc:"How long IDWise has to keep saying that there is no such journey before it is closed as unknown."`
	AMLMatch        journey.AMLMeaning `mapstructure:"aml_match" doc:"What a match newer than the last review does to an approval: on_hold or tell."`
}

// DefaultPolicy returns the policy before configuration.
func DefaultPolicy() Policy {
	return Policy{
		UserSteps:       []string{"document", "selfie"},
		AskAgain:        []time.Duration{2 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour},
		UserStepsWithin: time.Hour,
		ResultWithin:    30 * time.Minute,
		ReviewLook:      24 * time.Hour,
		ExpireAfter:     7 * 24 * time.Hour,
		UnknownAfter:    time.Hour,
		AMLMatch:        journey.AMLMeansOnHold,
	}
}

// over fills what p leaves open from base.
func (p Policy) over(base Policy) Policy {
	if p.UserSteps == nil {
		p.UserSteps = base.UserSteps
	}
	if p.AskAgain == nil {
		p.AskAgain = base.AskAgain
	}
	p.UserStepsWithin = first(p.UserStepsWithin, base.UserStepsWithin)
	p.ResultWithin = first(p.ResultWithin, base.ResultWithin)
	p.ReviewLook = first(p.ReviewLook, base.ReviewLook)
	p.ExpireAfter = first(p.ExpireAfter, base.ExpireAfter)
	p.UnknownAfter = first(p.UnknownAfter, base.UnknownAfter)
	p.AMLMatch = first(p.AMLMatch, base.AMLMatch)
	return p
}

// Policy returns what applies to a journey of the flow with IDWise's id. A flow
// that is not listed gets the account's defaults, marked Unlisted.
func (a *Account) Policy(flowID string) journey.Policy {
	flow, listed := a.Flow(flowID)
	p := a.Overrides.journeyPolicy()
	p.Flow, p.Unlisted = flowID, !listed
	if listed {
		p = flow.Policy.journeyPolicy()
		p.Flow, p.HasCustomStep = first(flow.Name, flow.ID), flow.CustomStep
		for _, s := range flow.Steps {
			p.Steps = append(p.Steps, s.policy())
		}
	}
	for _, e := range a.Endpoints {
		p.Endpoints = append(p.Endpoints, e.Name)
	}
	p.Version = policyVersion(p)
	return p
}

func (p Policy) journeyPolicy() journey.Policy {
	var askAgain []journey.Duration
	for _, d := range p.AskAgain {
		askAgain = append(askAgain, journey.Duration(d))
	}
	return journey.Policy{
		UserSteps:       slices.Clone(p.UserSteps),
		AskAgain:        askAgain,
		UserStepsWithin: journey.Duration(p.UserStepsWithin),
		ResultWithin:    journey.Duration(p.ResultWithin),
		ReviewLook:      journey.Duration(p.ReviewLook),
		ExpireAfter:     journey.Duration(p.ExpireAfter),
		UnknownAfter:    journey.Duration(p.UnknownAfter),
		AMLMatch:        p.AMLMatch,
	}
}

// policyVersion is a hash of everything else in the policy, so that equal
// versions mean equal policies wherever they were read.
func policyVersion(p journey.Policy) string {
	p.Version = ""
	sum := sha256.Sum256(policyJSON(p))
	return hex.EncodeToString(sum[:6])
}

func policyJSON(p journey.Policy) []byte {
	b, err := json.Marshal(p)
	if err != nil { // text and durations only: a failure is a bug in the types
		panic("marshalling a journey's policy: " + err.Error())
	}
	return b
}
