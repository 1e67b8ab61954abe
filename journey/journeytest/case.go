// Package journeytest tells a journey's story as a case file: what is true at the
// vendor, which webhooks say so, and how it has to end. One case drives the domain
// alone, the workflow in Temporal's test environment, and a real server alike.
package journeytest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"idjourney/journey"
)

//go:embed cases/*.yaml
var files embed.FS

// Account and JourneyID are those of every case.
const (
	Account   = "acme"
	JourneyID = "case-0001"
)

// Case is one story.
type Case struct {
	Name  string `json:"-"`
	About string `json:"about"`
	// Policy overrides single keys of [Policy].
	Policy json.RawMessage `json:"policy"`
	// Steps are the custom steps' answers, by name; a missing one fails for ever.
	Steps map[string]journey.StepAnswer `json:"steps"`
	// Truths are what the API may show. The names "missing" and "denied" need no
	// entry: no such journey, and wrong credentials or paths.
	Truths map[string]journey.Verdict `json:"truths"`
	// History is the AML history, by version; without one it cannot be asked.
	History []journey.AMLChange `json:"history"`
	// Ladders are the declared ladders, in working hours if Hours names any.
	Ladders []Rungs `json:"ladders"`
	Hours   *Hours  `json:"hours"`
	// EndedAgo is the age of the vendor's results when the story begins.
	EndedAgo journey.Duration `json:"endedAgo"`
	// Timed says that the waits of the timeline are part of the story, so that no
	// disorder may leave them out.
	Timed bool `json:"timed"`
	// Server says that the case is played on a real server, too.
	Server   bool     `json:"server"`
	Timeline []Moment `json:"timeline"`
	Expect   Expect   `json:"expect"`
}

// Moment is one thing that happens at the vendor, or that an operator does.
type Moment struct {
	// After is a duration since the moment before, or "complete": when Complete
	// Custom Step has been called as often as a moment has waited for it. Empty means
	// at once.
	After string `json:"after"`
	// Truth is what the API shows from now on; empty leaves it.
	Truth string `json:"truth"`
	// Late is how long the API goes on showing the truth before, after the webhook.
	Late  journey.Duration  `json:"late"`
	Event journey.EventType `json:"event"`
	Hint  journey.Hint      `json:"hint"`
	Times int               `json:"times"` // copies of the webhook; 0 is one
	// Body is the webhook as the vendor sends it, in the place of Event and Hint.
	Body   json.RawMessage   `json:"body"`
	Review *journey.Reviewed `json:"review"`
	Act    *journey.Act      `json:"act"`
	// Refused says that the review or the act is refused, by a sentence that has
	// these words.
	Refused string `json:"refused"`
	// Steps replaces custom steps' answers from now on.
	Steps map[string]journey.StepAnswer `json:"steps"`
	// Endpoint is what the customer's endpoint does from now on: refuses or takes.
	Endpoint string `json:"endpoint"`

	legacy bool // the webhook has no eventId
}

// Update is the moment's act on a journey: the update's name and its argument,
// addressed to the review, the oldest alert or the standing that the state has if
// it names none itself; ok is false if the moment has none.
func (m Moment) Update(s journey.State) (name string, in journey.Input, ok bool) {
	switch {
	case m.Review != nil:
		r := *m.Review
		switch {
		case r.Review != "":
		case r.Disposition != "" && len(s.AML.Alerts) > 0:
			r.Review = s.AML.Alerts[0].ID
		case s.Reviews.Open != nil:
			r.Review = s.Reviews.Open.ID
		}
		return journey.UpdateReview, journey.Input{Reviewed: &r}, true
	case m.Act != nil:
		a := *m.Act
		if a.Sequence == 0 {
			a.Sequence = s.Standing.Sequence
		}
		return a.Kind, journey.Input{Acted: &a}, true
	default:
		return "", journey.Input{}, false
	}
}

// Check says why the journey would refuse the moment's act now.
func Check(s journey.State, in journey.Input) error {
	if in.Reviewed != nil {
		return s.CheckReview(*in.Reviewed)
	}
	return s.CheckAct(*in.Acted)
}

// Awaits says that the moment is a person's act which the journey, as it is now,
// would not answer as the moment says: for example because no review is open yet.
func (m Moment) Awaits(s journey.State) bool {
	_, in, ok := m.Update(s)
	return ok && !m.Answered(Check(s, in))
}

// Answered says that an act ended as the moment says: done, or refused by the
// sentence that it names.
func (m Moment) Answered(err error) bool {
	if m.Refused == "" {
		return err == nil
	}
	return err != nil && strings.Contains(err.Error(), m.Refused)
}

// Expect is how the story ends, Within after the last moment.
type Expect struct {
	Within    journey.Duration            `json:"within"`
	Phase     journey.Phase               `json:"phase"`
	Standing  journey.Outcome             `json:"standing"`
	Decisions []string                    `json:"decisions"` // "outcome source"
	Review    string                      `json:"review"`    // "kind reason"
	Messages  map[journey.MessageType]int `json:"messages"`
	Attention []journey.AttentionCode     `json:"attention"`
	Completed bool                        `json:"completed"`
	Alerts    int                         `json:"alerts"`
	// AML are the changes that were told, in order: "1 high added:m1", and " gap" if
	// versions before it could not be told apart. Without it they are not compared.
	AML []string `json:"aml"`
	// Status is what the customer's app then shows; empty is not compared.
	Status journey.CustomerStatus `json:"status"`
}

// Policy is the policy of every case: the configuration's defaults, with one
// government face step and one endpoint.
func Policy() journey.Policy {
	d := func(v time.Duration) journey.Duration { return journey.Duration(v) }
	return journey.Policy{
		Version: "case", Flow: "onboarding", UserSteps: []string{"document", "selfie"}, HasCustomStep: true,
		Steps: []journey.StepPolicy{{
			Name: "government-face", Activity: "CompareGovernmentFace", When: journey.WhenRulesPassed,
			OnFailed: journey.MeansReview, OnInconclusive: journey.MeansReview, ShownBy: "face",
		}},
		Endpoints:       []string{"core"},
		AskAgain:        []journey.Duration{d(2 * time.Second), d(time.Minute), d(10 * time.Minute), d(time.Hour), d(24 * time.Hour)},
		Hints:           journey.HintBudget{Looks: 20, Per: d(time.Hour)},
		UserStepsWithin: d(time.Hour), ResultWithin: d(30 * time.Minute), ReviewLook: d(24 * time.Hour),
		ExpireAfter: d(7 * 24 * time.Hour), UnknownAfter: d(time.Hour), AMLMatch: journey.AMLMeansOnHold,
		AML:          []journey.DatasetSeverity{{Dataset: "SAN", Severity: journey.SeverityHigh}, {Dataset: "PEP", Severity: journey.SeverityMedium}},
		Resubmission: journey.DeadlinePolicy{Within: d(14 * 24 * time.Hour), OnMissed: journey.MeansReview},
		Renewal:      journey.DeadlinePolicy{Within: d(30 * 24 * time.Hour), OnMissed: journey.MeansOnHold},
		AdoptAfter:   d(72 * time.Hour), SpotCheckFailed: journey.SpotCheckMeansReview,
	}
}

// Load reads every case; an unknown key is an error.
func Load() ([]Case, error) {
	names, err := fs.Glob(files, "cases/*.yaml")
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, name := range names {
		c, err := read(name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// Named reads one case.
func Named(name string) (Case, error) { return read("cases/" + name + ".yaml") }

func read(name string) (Case, error) {
	c := Case{Name: strings.TrimSuffix(path.Base(name), ".yaml")}
	text, err := files.ReadFile(name)
	if err != nil {
		return c, err
	}
	text, err = yaml.YAMLToJSON(text)
	if err != nil {
		return c, err
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&c); err != nil {
		return c, err
	}
	for i := range c.Timeline {
		if err := c.Timeline[i].decode(); err != nil {
			return c, err
		}
	}
	if c.Expect.Within == 0 {
		c.Expect.Within = journey.Duration(5 * time.Minute)
	}
	_, err = c.policy()
	return c, err
}

func (c Case) policy() (journey.Policy, error) {
	p := Policy()
	if len(c.Policy) == 0 {
		return p, nil
	}
	p.Steps, p.AML = nil, nil // a list is replaced: decoding would mix its items with the default's
	strict := json.NewDecoder(bytes.NewReader(c.Policy))
	strict.DisallowUnknownFields()
	err := strict.Decode(&p)
	if p.Steps == nil {
		p.Steps = Policy().Steps
	}
	if p.AML == nil {
		p.AML = Policy().AML
	}
	return p, err
}

// event is the webhook of a moment; every moment has an eventId of its own, and
// every copy of it the same, unless it is of the form that has none.
func (c Case) event(i int, now time.Time) journey.Event {
	m := c.Timeline[i]
	id := fmt.Sprintf("event-%d", i)
	if m.legacy {
		id = ""
	}
	return journey.Event{
		EventID: id, Type: m.Event, Account: Account, JourneyID: JourneyID,
		Hint: m.Hint, ReceivedAt: now,
	}
}

// followed says that the waits of the timeline let the journey know of the webhook
// before something happens that depends on it: a person's act, or the next version
// of the AML matches, after which the result no longer shows this one.
func (c Case) followed(e journey.Event) bool {
	told := false
	for i, m := range c.Timeline {
		if told && (m.Review != nil || m.Act != nil || e.Type == journey.AMLMonitorUpdate && m.Event == e.Type) {
			return c.Timed
		}
		told = told || m.Event == e.Type && c.event(i, e.ReceivedAt).EventID == e.EventID
	}
	return false
}
