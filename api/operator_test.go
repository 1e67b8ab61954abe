package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"idjourney/api"
	"idjourney/journey"
)

// updating is a Temporal server that answers updates.
type updating struct {
	workflowservice.UnimplementedWorkflowServiceServer
	outcome *updatepb.Outcome
	refusal error
	updates chan *workflowservice.UpdateWorkflowExecutionRequest
	starts  chan *workflowservice.StartWorkflowExecutionRequest
}

func (u *updating) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

// serve starts the server; the client is lazy, as in the program.
func (u *updating) serve(t *testing.T) client.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, u)
	go func() { _ = server.Serve(l) }() // ends with Stop
	t.Cleanup(server.Stop)
	c, err := client.NewLazyClient(client.Options{
		HostPort: l.Addr().String(), Namespace: "journeys", Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	must(t, err)
	t.Cleanup(c.Close)
	return c
}

func payload[T any](t *testing.T, p *commonpb.Payloads) T {
	t.Helper()
	var v T
	if len(p.GetPayloads()) != 1 {
		t.Fatalf("got %d payloads, want 1", len(p.GetPayloads()))
	}
	must(t, json.Unmarshal(p.GetPayloads()[0].GetData(), &v))
	return v
}

func (u *updating) UpdateWorkflowExecution(_ context.Context, r *workflowservice.UpdateWorkflowExecutionRequest) (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	u.updates <- r
	if u.refusal != nil {
		return nil, u.refusal
	}
	return u.response(r), nil
}

func (u *updating) response(r *workflowservice.UpdateWorkflowExecutionRequest) *workflowservice.UpdateWorkflowExecutionResponse {
	return &workflowservice.UpdateWorkflowExecutionResponse{
		UpdateRef: &updatepb.UpdateRef{
			WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: r.GetWorkflowExecution().GetWorkflowId(), RunId: "run"},
			UpdateId:          r.GetRequest().GetMeta().GetUpdateId(),
		},
		Stage: enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED, Outcome: u.outcome,
	}
}

func (u *updating) ExecuteMultiOperation(_ context.Context, r *workflowservice.ExecuteMultiOperationRequest) (*workflowservice.ExecuteMultiOperationResponse, error) {
	start, update := r.GetOperations()[0].GetStartWorkflow(), r.GetOperations()[1].GetUpdateWorkflow()
	u.starts <- start
	u.updates <- update
	return &workflowservice.ExecuteMultiOperationResponse{Responses: []*workflowservice.ExecuteMultiOperationResponse_Response{
		{Response: &workflowservice.ExecuteMultiOperationResponse_Response_StartWorkflow{
			StartWorkflow: &workflowservice.StartWorkflowExecutionResponse{RunId: "run"}}},
		{Response: &workflowservice.ExecuteMultiOperationResponse_Response_UpdateWorkflow{UpdateWorkflow: u.response(update)}},
	}}, nil
}

func newUpdating(t *testing.T, answer any) (*updating, *api.TemporalOperator) {
	t.Helper()
	text, err := json.Marshal(answer)
	must(t, err)
	u := &updating{
		updates: make(chan *workflowservice.UpdateWorkflowExecutionRequest, 10), starts: make(chan *workflowservice.StartWorkflowExecutionRequest, 10),
		outcome: &updatepb.Outcome{Value: &updatepb.Outcome_Success{Success: &commonpb.Payloads{Payloads: []*commonpb.Payload{
			{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: text}}}}},
	}
	return u, api.NewOperator(u.serve(t), "queue")
}

var afterwards = journey.Acted{Phase: journey.Settled, Standing: journey.Standing{Outcome: journey.OutcomeRejected, Sequence: 3, Since: noon}}

func TestAnActIsAnUpdateOfTheJourney(t *testing.T) {
	t.Parallel()
	u, operator := newUpdating(t, afterwards)
	sent := journey.Reviewed{Review: "rev_1", Outcome: journey.OutcomeRejected, Actor: "backoffice", Reason: "why"}
	got, err := operator.Act(awaitContext(t), "acme", "jny", journey.UpdateReview, sent)
	if err != nil || got != afterwards {
		t.Errorf("got %v %v, want %v", got, err, afterwards)
	}
	r := receive(t, u.updates)
	if r.GetWorkflowExecution().GetWorkflowId() != "journey/acme/jny" || r.GetRequest().GetInput().GetName() != "review" || len(u.starts) != 0 {
		t.Errorf("got %v and %d starts, want an update of the journey alone", r, len(u.starts))
	}
	if diff := cmp.Diff(sent, payload[journey.Reviewed](t, r.GetRequest().GetInput().GetArgs())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A refresh or an erasure starts a closed journey again, as an event does.
func TestARefreshAndAnErasureStartAClosedJourney(t *testing.T) {
	t.Parallel()
	for _, update := range []string{journey.UpdateRefresh, journey.UpdateErase} {
		u, operator := newUpdating(t, afterwards)
		got, err := operator.Act(awaitContext(t), "acme", "jny", update, journey.Act{Kind: update, Actor: "backoffice", Reason: "why"})
		if err != nil || got != afterwards {
			t.Fatalf("%s: got %v %v", update, got, err)
		}
		start, r := receive(t, u.starts), receive(t, u.updates)
		if r.GetRequest().GetInput().GetName() != update || start.GetWorkflowId() != "journey/acme/jny" ||
			start.GetWorkflowIdConflictPolicy() != enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING ||
			start.GetWorkflowIdReusePolicy() != enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE {
			t.Errorf("%s: got %v", update, start)
		}
		want := journey.Start{Account: "acme", JourneyID: "jny", Rules: journey.Rules}
		if in := payload[journey.Start](t, start.GetInput()); in != want || start.GetTaskQueue().GetName() != "queue" {
			t.Errorf("%s: started with %v on %s", update, in, start.GetTaskQueue().GetName())
		}
	}
}

func TestFailuresOfUpdates(t *testing.T) {
	t.Parallel()
	refusal := func(kind string) *updatepb.Outcome {
		return &updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: &failurepb.Failure{
			Message:     "the review has changed",
			FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind}},
		}}}
	}
	act := func(u *updating, operator *api.TemporalOperator, d time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		_, err := operator.Act(ctx, "acme", "jny", journey.UpdateOverride, journey.Act{})
		return err
	}
	u, operator := newUpdating(t, afterwards)
	u.outcome = refusal("errorString")
	var refused *api.Refused
	if err := act(u, operator, waitForAnswer); !errors.As(err, &refused) || refused.Sentence != "the review has changed" {
		t.Errorf("refused: got %v", err)
	}
	u.outcome = refusal("AcceptedUpdateCompletedWorkflow")
	if err := act(u, operator, waitForAnswer); err == nil || errors.As(err, &refused) {
		t.Errorf("closed over it: got %v, want that nothing is known", err)
	}
	u.refusal = status.Error(codes.NotFound, "workflow execution already completed")
	if err := act(u, operator, waitForAnswer); !errors.Is(err, api.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
	u.refusal = status.Error(codes.Unavailable, "not now")
	if err := act(u, operator, 200*time.Millisecond); err == nil || errors.Is(err, api.ErrClosed) || errors.As(err, &refused) {
		t.Errorf("away: got %v, want that nothing is known", err)
	}
	if _, err := operator.Act(t.Context(), "acme", "a/b", journey.UpdateRefresh, nil); err == nil {
		t.Error("an id that cannot be used was sent")
	}
}

func TestALinkIsAnUpdateOfTheSpotCheck(t *testing.T) {
	t.Parallel()
	u, operator := newUpdating(t, nil)
	if err := operator.Link(awaitContext(t), "acme", "spot", map[string]string{"journeyId": "jny"}); err != nil {
		t.Fatal(err)
	}
	if r := receive(t, u.updates); r.GetWorkflowExecution().GetWorkflowId() != "spotcheck/acme/spot" || r.GetRequest().GetInput().GetName() != "link" {
		t.Errorf("got %v", r)
	}
	if err := operator.Link(t.Context(), "acme", "a/b", nil); err == nil {
		t.Error("an id that cannot be used was sent")
	}
}
