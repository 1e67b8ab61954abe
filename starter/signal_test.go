package starter_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/starter"
	"idjourney/workflows"
)

// frontend is a Temporal server as far as the starter talks to one.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer
	attributes map[string]enumspb.IndexedValueType
	failure    error
	requests   chan *workflowservice.SignalWithStartWorkflowExecutionRequest
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *frontend) SignalWithStartWorkflowExecution(_ context.Context, r *workflowservice.SignalWithStartWorkflowExecutionRequest) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	if f.failure != nil {
		return nil, f.failure
	}
	f.requests <- r
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{RunId: "run"}, nil
}

func (f *frontend) ListSearchAttributes(_ context.Context, r *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	if r.GetNamespace() != "journeys" {
		return nil, status.Error(codes.NotFound, "no such namespace")
	}
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: f.attributes}, nil
}

// serve starts the frontend; the client is lazy, as in the program.
func (f *frontend) serve(t *testing.T) client.Client {
	t.Helper()
	return f.serveAs(t, f)
}

// serveAs starts one that does more than f.
func (f *frontend) serveAs(t *testing.T, whole workflowservice.WorkflowServiceServer) client.Client {
	t.Helper()
	if f.attributes == nil {
		f.attributes = workflows.SearchAttributes()
	}
	f.requests = make(chan *workflowservice.SignalWithStartWorkflowExecutionRequest, 10)
	l := listen(t)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, whole)
	operatorservice.RegisterOperatorServiceServer(server, f)
	alive := health.NewServer()
	alive.SetServingStatus("temporal.api.workflowservice.v1.WorkflowService", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, alive)
	go func() { _ = server.Serve(l) }() // ends with Stop
	t.Cleanup(server.Stop)
	return lazyClient(t, l.Addr())
}

func lazyClient(t *testing.T, address net.Addr) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{
		HostPort: address.String(), Namespace: "journeys",
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func event() journey.Event {
	return journey.Event{
		EventID: "e1", Type: journey.FinishedJourney, Account: "bank", JourneyID: "j1",
		Hint: journey.Hint{System: "Complete"}, ReceivedAt: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
	}
}

func payload[T any](t *testing.T, p *commonpb.Payloads) T {
	t.Helper()
	var v T
	if len(p.GetPayloads()) != 1 {
		t.Fatalf("got %d payloads, want 1", len(p.GetPayloads()))
	}
	if err := json.Unmarshal(p.GetPayloads()[0].GetData(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestASignalStartsTheJourneyItBelongsTo(t *testing.T) {
	t.Parallel()
	f := &frontend{}
	s := starter.NewSignaler(f.serve(t), "journeys", "queue")
	if err := s.SignalWithStart(awaitContext(t), event()); err != nil {
		t.Fatal(err)
	}
	r := <-f.requests
	got := map[string]any{
		"namespace": r.GetNamespace(), "id": r.GetWorkflowId(), "type": r.GetWorkflowType().GetName(),
		"queue": r.GetTaskQueue().GetName(), "signal": r.GetSignalName(), "reuse": r.GetWorkflowIdReusePolicy().String(),
		"execution time-out": r.GetWorkflowExecutionTimeout().AsDuration(), "retried": r.GetRetryPolicy() != nil,
		"event": payload[journey.Event](t, r.GetSignalInput()), "start": payload[journey.Start](t, r.GetInput()),
		"JourneyAccount": string(r.GetSearchAttributes().GetIndexedFields()["JourneyAccount"].GetData()),
		"JourneyPhase":   string(r.GetSearchAttributes().GetIndexedFields()["JourneyPhase"].GetData()),
		"attributes":     len(r.GetSearchAttributes().GetIndexedFields()),
		"summary":        string(r.GetUserMetadata().GetSummary().GetData()),
	}
	want := map[string]any{
		"namespace": "journeys", "id": "journey/bank/j1", "type": "Journey",
		"queue": "queue", "signal": "event", "reuse": "AllowDuplicate",
		"execution time-out": time.Duration(0), "retried": false,
		"event": event(), "start": journey.Start{Account: "bank", JourneyID: "j1", Rules: journey.Rules},
		"JourneyAccount": `"bank"`, "JourneyPhase": `"awaiting_user_steps"`, "attributes": 2,
		"summary": `"Journey j1 of account bank"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the request differs (-want +got):\n%s", diff)
	}
}

func TestASignalStartsTheSpotCheckItBelongsTo(t *testing.T) {
	t.Parallel()
	f := &frontend{}
	s := starter.NewSignaler(f.serve(t), "journeys", "queue")
	for _, journeyID := range []string{"", "j1"} { // the older form names a journey
		e := event()
		e.Type, e.JourneyID, e.Hint.SpotCheck = journey.FinishedSpotCheck, journeyID, "s1"
		if err := s.SignalWithStart(awaitContext(t), e); err != nil {
			t.Fatal(err)
		}
		r := <-f.requests
		got := map[string]any{
			"id": r.GetWorkflowId(), "type": r.GetWorkflowType().GetName(), "queue": r.GetTaskQueue().GetName(),
			"signal": r.GetSignalName(), "reuse": r.GetWorkflowIdReusePolicy().String(),
			"event": payload[journey.Event](t, r.GetSignalInput()), "start": payload[journey.Start](t, r.GetInput()),
			"JourneyAccount": string(r.GetSearchAttributes().GetIndexedFields()["JourneyAccount"].GetData()),
			"JourneyPhase":   string(r.GetSearchAttributes().GetIndexedFields()["JourneyPhase"].GetData()),
		}
		want := map[string]any{
			"id": "spotcheck/bank/s1", "type": "SpotCheck", "queue": "queue", "signal": "event", "reuse": "AllowDuplicate",
			"event": e, "start": journey.Start{Account: "bank", SpotID: "s1", Rules: journey.SpotRules},
			"JourneyAccount": `"bank"`, "JourneyPhase": `"spot_check"`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the request differs (-want +got):\n%s", diff)
		}
	}
}

func TestAnInvalidIDIsNotSignalled(t *testing.T) {
	t.Parallel()
	f := &frontend{}
	s := starter.NewSignaler(f.serve(t), "journeys", "queue")
	e, spot := event(), event()
	e.JourneyID = "j\x00"
	spot.Type, spot.Hint.SpotCheck = journey.FinishedSpotCheck, "s\x00"
	for _, e := range []journey.Event{e, spot} {
		if err := s.SignalWithStart(awaitContext(t), e); err == nil || len(f.requests) != 0 {
			t.Errorf("got %v and %d requests, want an error and none", err, len(f.requests))
		}
	}
}

func TestTheCallersDeadlineEndsASignal(t *testing.T) {
	t.Parallel()
	f := &frontend{failure: status.Error(codes.Unavailable, "not now")}
	s := starter.NewSignaler(f.serve(t), "journeys", "queue")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := s.SignalWithStart(ctx, event()); err == nil {
		t.Error("got nil from a server that fails")
	}
	// The SDK alone would go on for a minute.
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v, want about the deadline", took)
	}
}

func TestReadyNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	ready := func(f *frontend, namespace string) error {
		return starter.NewSignaler(f.serve(t), namespace, "queue").Ready(awaitContext(t))
	}
	if err := ready(&frontend{}, "journeys"); err != nil {
		t.Errorf("all there: got %v", err)
	}
	some := workflows.SearchAttributes()
	delete(some, "JourneyPhase")
	some["JourneyDueAt"] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	var missing *workflows.MissingAttributes
	if err := ready(&frontend{attributes: some}, "journeys"); !errors.As(err, &missing) || strings.Join(missing.Names, " ") != "JourneyDueAt JourneyPhase" {
		t.Errorf("two wrong: got %v", err)
	}
	if err := ready(&frontend{}, "another"); err == nil || errors.As(err, new(*workflows.MissingAttributes)) {
		t.Errorf("another namespace: got %v, want a failure to ask", err)
	}
	l := listen(t)
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := starter.NewSignaler(lazyClient(t, l.Addr()), "journeys", "queue").Ready(ctx); err == nil {
		t.Error("without Temporal: got nil")
	}
}

func TestTheSearchAttributes(t *testing.T) {
	t.Parallel()
	const keyword = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	want := map[string]enumspb.IndexedValueType{
		"JourneyPhase": keyword, "JourneyStanding": keyword, "JourneyAccount": keyword, "JourneyFlow": keyword,
		"JourneyReference": keyword, "JourneyAttention": keyword, "JourneyDueAt": enumspb.INDEXED_VALUE_TYPE_DATETIME,
	}
	if diff := cmp.Diff(want, workflows.SearchAttributes()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestForwardDoesNotQuoteWhatItCannotRead(t *testing.T) {
	t.Parallel()
	f := newTemporal()
	err := starter.Forward(f, nil, nil)(awaitContext(t), ledger.Webhook{ID: 7, Event: []byte(`{"eventId": jane@example.test}`)})
	if err == nil || strings.Contains(err.Error(), "jane") || len(f.taken()) != 0 {
		t.Errorf("got %v and %d events, want an error without the event", err, len(f.taken()))
	}
}

func TestASignalFromTheEndpointToTemporal(t *testing.T) {
	t.Parallel()
	f := &frontend{}
	signaler := starter.NewSignaler(f.serve(t), "journeys", "queue")
	h := open(t, func(c *starter.Config) { c.Signaler = signaler })
	h.store.down.Store(true) // so that the event is signalled directly
	if got := h.post(t, finishedJourney("e1", "j1")); got.status != 200 {
		t.Fatalf("got %d %s, want 200", got.status, got.body)
	}
	if r := <-f.requests; r.GetWorkflowId() != "journey/bank/j1" {
		t.Errorf("got %q, want the journey", r.GetWorkflowId())
	}
}
