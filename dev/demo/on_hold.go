package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"

	"idjourney/journey"
)

// heldEverywhere makes sure that a journey whose approval was taken back is on hold
// wherever it is shown, and nowhere still approved.
func (r *run) heldEverywhere(ctx context.Context) error {
	r.line.say("is it on hold everywhere?")
	if _, err := r.rest(ctx, r.journeyID, journey.AwaitingReview); err != nil {
		return err
	}
	for _, look := range []struct {
		where string
		at    func(context.Context) error
	}{
		{"the decision feed", r.heldInFeed}, {"the API", r.heldAtAPI}, {"the notifications", r.heldInMessages},
		{"the ledger", r.heldInLedger}, {"the Web UI's sentence", r.heldInSentence}, {"the search attributes", r.heldInSearch},
	} {
		if err := look.at(ctx); err != nil {
			return fmt.Errorf("%s: %w", look.where, err)
		}
	}
	return nil
}

func wantHeld(got journey.Outcome, sequence int) error {
	if got != onHold || sequence != 2 {
		return fmt.Errorf("got %s by decision %d, want on_hold by decision 2", got, sequence)
	}
	return nil
}

// heldInFeed reads the whole feed, as a consumer that begins anew.
func (r *run) heldInFeed(ctx context.Context) error {
	var last journey.Decision
	for after := int64(0); ; {
		var page struct {
			Items []struct {
				Decision journey.Decision `json:"decision"`
			} `json:"items"`
			Next int64 `json:"next"`
		}
		resp, err := r.ask(ctx, http.MethodGet, fmt.Sprintf("/decisions?after=%d&limit=500", after), nil, nil, &page)
		if err != nil {
			return err
		}
		if resp.code != http.StatusOK {
			return fmt.Errorf("the API answers %s", resp.text)
		}
		if len(page.Items) == 0 {
			return wantHeld(last.Outcome, last.Sequence)
		}
		for _, item := range page.Items {
			if item.Decision.Account == r.account && item.Decision.JourneyID == r.journeyID {
				last = item.Decision
			}
		}
		after = page.Next
	}
}

// heldAtAPI asks for the journey, and for all journeys of the customer.
func (r *run) heldAtAPI(ctx context.Context) error {
	var one apiJourney
	if _, err := r.ask(ctx, http.MethodGet, r.own(), nil, nil, &one); err != nil {
		return err
	}
	var found struct {
		Journeys []apiJourney `json:"journeys"`
	}
	search := map[string]string{"account": r.account, "reference": r.reference()}
	if _, err := r.ask(ctx, http.MethodPost, "/journeys/search", nil, search, &found); err != nil {
		return err
	}
	if len(found.Journeys) != 1 {
		return fmt.Errorf("%d journeys of the customer are found, want 1", len(found.Journeys))
	}
	return errors.Join(one.says(journey.StatusOnHold, onHold, 2), found.Journeys[0].says(journey.StatusOnHold, onHold, 2))
}

func (r *run) heldInMessages(context.Context) error {
	all := r.messages(r.journeyID, journey.MessageDecided)
	d := all[len(all)-1].Data.Decision
	return wantHeld(d.Outcome, d.Sequence)
}

// heldInLedger asks as a spot check does, which wants an approved journey.
func (r *run) heldInLedger(ctx context.Context) error {
	ids, err := r.world.Ledger.NewestApproved(ctx, r.account, r.reference())
	if err == nil && len(ids) > 0 {
		err = errors.New("it has the customer as approved")
	}
	return err
}

// heldInSentence asks as the Web UI does.
func (r *run) heldInSentence(ctx context.Context) error {
	answer, err := r.world.Client.QueryWorkflow(ctx, r.workflowID(), "", "__temporal_workflow_metadata")
	if err != nil {
		return err
	}
	var metadata sdkpb.WorkflowMetadata
	if err := answer.Get(&metadata); err != nil {
		return err
	}
	if text := metadata.GetCurrentDetails(); !strings.Contains(text, "Standing: **on_hold**") || strings.Contains(text, string(approved)) {
		return fmt.Errorf("it is %q", text)
	}
	return nil
}

// heldInSearch counts as an operator does. Closed runs keep their old standing.
func (r *run) heldInSearch(ctx context.Context) error {
	for standing, want := range map[journey.Outcome]int64{onHold: 1, approved: 0} {
		query := fmt.Sprintf(`WorkflowId = %q AND JourneyStanding = %q AND ExecutionStatus = "Running"`, r.workflowID(), standing)
		err := r.until(ctx, func() error {
			found, err := r.world.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
			if err == nil && found.GetCount() != want {
				err = fmt.Errorf("%d open journeys are found as %s, want %d", found.GetCount(), standing, want)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
