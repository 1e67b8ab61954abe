package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/notify/notifytest"
)

// maxHappyActions is what a journey that is approved straight through may cost.
const maxHappyActions = 10

// scenario is one story and how it has to end.
type scenario struct {
	name string
	// decisions are the outcomes in order; none for a journey that ends without.
	decisions []journey.Outcome
	// phase is where the journey comes to rest.
	phase journey.Phase
	// loses says that webhooks are lost for good, which belongs to the story.
	loses bool
	// alone says that it takes something away from all, so that it is played when
	// the others have ended.
	alone bool
	// maxActions is the most it may cost; 0 for no limit.
	maxActions int
	// play tells the story and returns when nothing more will be done to the
	// journey. What must be true of it beyond decisions and phase it checks itself.
	play func(ctx context.Context, r *run) error
}

// expected is the ending in words: the decisions, or the phase without any; of an
// ended journey both.
func (s scenario) expected() string { return ending(s.decisions, s.phase) }

func ending(decisions []journey.Outcome, phase journey.Phase) string {
	if len(decisions) == 0 {
		return string(phase)
	}
	words := make([]string, len(decisions), len(decisions)+1)
	for i, d := range decisions {
		words[i] = string(d)
	}
	if phase == journey.Ended {
		words = append(words, string(phase))
	}
	return strings.Join(words, ", ")
}

// run is one playing of a scenario.
type run struct {
	scenario
	world *world.World
	line  *line
	// account and journeyID name the journey that the result is about; others are
	// journeys of the same account that have to end in the same way.
	account, journeyID string
	others             []string
	said               string // last, of the vendor's news
}

// begin starts the story's journey at the vendor, as the customer's app would.
func (r *run) begin(account, script string) error {
	return r.beginIn(account, "", script)
}

// beginIn is begin for a journey of a flow; "" for the account's usual one.
func (r *run) beginIn(account, flow, script string) error {
	id, err := r.another(account, flow, script)
	if err != nil {
		return err
	}
	r.watch(account, id, "a user begins a journey")
	return nil
}

// another starts one more journey at the vendor.
func (r *run) another(account, flow, script string) (journeyID string, err error) {
	key := r.world.Keys.APIKey
	if account == world.AccountDown {
		key = r.world.Keys.DownAPIKey
	}
	journeyID, err = r.world.Vendor.Begin(idwisetest.StartRequest{Account: key, Script: script, FlowID: flow, Reference: r.reference()})
	if err != nil {
		return "", fmt.Errorf("beginning a journey: %w", err)
	}
	return journeyID, nil
}

// watch makes a journey the one that the line and the result are about.
func (r *run) watch(account, journeyID, what string) {
	r.account, r.journeyID = account, journeyID
	r.line.at(r.link(), "%s", what)
}

// reference is the customer's own word for the user.
func (r *run) reference() string { return "customer-of-" + r.name }

func (r *run) link() string { return r.world.WorkflowURL(r.workflowID()) }

func (r *run) workflowID() string { return journey.WorkflowID(r.account, r.journeyID) }

// message waits until the customer has received n messages of a type about the
// journey, and returns the n-th.
func (r *run) message(ctx context.Context, kind journey.MessageType, n int) (notifytest.Message, error) {
	stop := r.follow(ctx)
	all, err := r.world.Customer.Await(ctx, func([]notifytest.Message) bool { return len(r.messages(r.journeyID, kind)) >= n })
	stop()
	if err != nil {
		return notifytest.Message{}, fmt.Errorf("the customer did not receive %s %d: %w (%d messages in all)", kind, n, ctx.Err(), len(all))
	}
	m := r.messages(r.journeyID, kind)[n-1]
	if d := m.Data.Decision; d != nil {
		r.line.say("decision %d: %s", d.Sequence, d.Outcome)
	}
	return m, nil
}

func (r *run) messages(journeyID string, kind journey.MessageType) []notifytest.Message {
	var some []notifytest.Message
	for _, m := range r.world.Customer.Journey(journeyID) {
		if m.Type == kind && m.Data.Account == r.account {
			some = append(some, m)
		}
	}
	return some
}

// follow says what goes on at the vendor until the returned function is called.
func (r *run) follow(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			snap, err := r.world.Vendor.Await(ctx, r.journeyID, func(s idwisetest.Snapshot) bool { return news(s) != r.said })
			if err != nil {
				return // the wait is over, or IDWise knows no such journey
			}
			r.said = news(snap)
			r.line.say("%s", r.said)
		}
	}()
	return func() { cancel(); <-ended }
}

// news is where a journey stands at the vendor, in the vendor's words.
func news(s idwisetest.Snapshot) string {
	switch s.Phase {
	case idwisetest.PhaseUserDone:
		if s.CustomStepSubmissions > 0 {
			return "the government's face is at IDWise"
		}
		return "Finished User Steps"
	case idwisetest.PhaseProcessing:
		return "Complete Custom Step; IDWise comes to a result"
	case idwisetest.PhaseFinished:
		return "Finished Journey; IDWise says " + s.Final
	default:
		return "the user is busy with the steps"
	}
}

// decided waits for the first decision.
func (r *run) decided(ctx context.Context) error {
	_, err := r.message(ctx, journey.MessageDecided, 1)
	return err
}

// reviewed lets the vendor's reviewer decide once the customer knows that a
// review is open there.
func (r *run) reviewed(ctx context.Context, decision string) error {
	m, err := r.message(ctx, journey.MessageReviewRequired, 1)
	if err != nil {
		return err
	}
	if m.Data.Review.Kind != journey.ReviewVendor {
		return fmt.Errorf("the review is %s (%s), want one at the vendor", m.Data.Review.Kind, m.Data.Review.Reason)
	}
	r.line.say("the reviewer at IDWise decides: %s", decision)
	return r.world.Vendor.Review(r.journeyID, decision)
}

// conduct plays the story and finds out how it ended.
func (r *run) conduct(ctx context.Context) Result {
	began := time.Now()
	r.line.begin()
	err := r.play(ctx, r)
	result := Result{Name: r.name, Expected: r.expected(), JourneyID: r.journeyID, Got: "nothing"}
	switch {
	case errors.Is(err, errNotPlayed):
		result.Got = "not played"
	case r.journeyID != "":
		result.UI = r.link()
		found := r.finish(ctx, &result)
		if err == nil {
			err = found
		}
	}
	result.Seconds = time.Since(began).Seconds()
	result.OK = err == nil || errors.Is(err, errNotPlayed)
	if err != nil {
		result.Problem = err.Error()
	}
	if !errors.Is(ctx.Err(), context.Canceled) { // what was interrupted has no outcome
		r.line.end(result.OK, result.Got)
	}
	return result
}
