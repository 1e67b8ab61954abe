// Package replay says, before an upgrade, whether the open journeys would go on under the new
// build: it exports their histories ([Exporter]) and replays them ([Dir]), without a server. A
// journey whose replay fails stops at its next event until a worker of a fitting build is
// started. What payloads hold is never printed.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"idjourney/journey"
	"idjourney/workflows"
)

// verdict says what this build would do with the run in one file.
type verdict struct {
	file string
	run
	// unreadable says why the file cannot be read; broken is nil if the run would go on.
	unreadable error
	broken     *breakage
}

// String is one line.
func (v verdict) String() string {
	if v.unreadable != nil {
		return fmt.Sprintf("%s: cannot be read: %v", v.file, v.unreadable)
	}
	result, state := "ok", "running"
	if v.broken != nil {
		result = fmt.Sprintf("would break at event %d: %s", v.broken.event, v.broken.reason)
	}
	if !v.open {
		state = "closed"
	}
	if v.broken != nil && !v.open {
		result = "closed, only a warning: " + result
	}
	return fmt.Sprintf("%s: %s (%s, %s, run %s, %s)", v.file, result, v.started.GetWorkflowId(), v.workflow(), v.runID(), state)
}

// Dir replays every history (*.json) below dir and writes a line for each to out, and a
// summary. It is an error if a running workflow would break, if a file cannot be read, or if
// there is none.
func Dir(ctx context.Context, dir fs.FS, register Register, out io.Writer) error {
	files, err := histories(dir)
	if err != nil {
		return err
	}
	verdicts := make([]verdict, len(files))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		all.Go(func() error {
			if ctx.Err() == nil {
				verdicts[i] = register.judge(dir, file)
			}
			return ctx.Err()
		})
	}
	if err := all.Wait(); err != nil {
		return fmt.Errorf("replaying: %w", err)
	}
	return report(out, verdicts)
}

func histories(dir fs.FS) (files []string, err error) {
	err = fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && path.Ext(name) == ".json" {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for histories: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("there is no history to replay: no file ends in .json")
	}
	return files, nil
}

func (register Register) judge(dir fs.FS, file string) verdict {
	v := verdict{file: file}
	if v.run, v.unreadable = read(dir, file); v.unreadable == nil {
		v.broken, v.unreadable = register.check(v.run)
	}
	return v
}

func report(out io.Writer, verdicts []verdict) error {
	var ok, broken, warned, unreadable int
	for _, v := range verdicts {
		switch {
		case v.unreadable != nil:
			unreadable++
		case v.broken == nil:
			ok++
		case v.open:
			broken++
		default:
			warned++
		}
		if _, err := fmt.Fprintln(out, v); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d ok, %d running would break, %d closed would have, %d cannot be read\n", ok, broken, warned, unreadable)
	switch {
	case err != nil:
		return err
	case broken > 0:
		return fmt.Errorf("%d running workflows would break under this build", broken)
	case unreadable > 0:
		return fmt.Errorf("%d files cannot be read: whether their workflows would break is not known", unreadable)
	}
	return nil
}

// run is one run of a workflow, as in its history.
type run struct {
	started *historypb.WorkflowExecutionStartedEventAttributes
	events  []*historypb.HistoryEvent
	// open says that the history has no closing event.
	open bool
}

func (r run) workflow() string { return r.started.GetWorkflowType().GetName() }
func (r run) runID() string    { return r.started.GetOriginalExecutionRunId() }

// Why a file cannot be read. The JSON reader's errors are not passed on, because they
// quote the file.
var (
	errNoHistory = errors.New("it is no history as JSON, as `temporal workflow show --output json` and the Web UI's Download write it")
	errCut       = errors.New("its events are not complete and in order from the first one on")
)

var closing = []enumspb.EventType{
	enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
	enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
	enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}

// read reads one history as the `temporal` CLI, the Web UI or [Exporter] writes it.
func read(dir fs.FS, name string) (run, error) {
	file, err := dir.Open(name)
	if err != nil {
		return run{}, fmt.Errorf("opening it: %w", err)
	}
	defer func() { _ = file.Close() }()
	h, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	events := h.GetEvents()
	if err != nil || len(events) == 0 {
		return run{}, errNoHistory
	}
	for i, e := range events {
		if e.GetEventId() != int64(i+1) || e.GetWorkflowTaskCompletedEventAttributes().GetScheduledEventId() > int64(i) {
			return run{}, errCut
		}
	}
	started := events[0].GetWorkflowExecutionStartedEventAttributes()
	if started == nil {
		return run{}, errCut
	}
	return run{started, events, !slices.Contains(closing, events[len(events)-1].GetEventType())}, nil
}

// replayed is the part of the history that a replay can compare. It leaves out a workflow
// task at the end that no worker has answered, because the SDK would leave out the answer
// before that one as well.
func (r run) replayed() []*historypb.HistoryEvent {
	n := len(r.events)
	for ; n > 0; n-- {
		t := r.events[n-1].GetEventType()
		if t != enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED && t != enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED {
			break
		}
	}
	return r.events[:n]
}

// answered returns the indexes of the workers' answers, in order.
func answered(events []*historypb.HistoryEvent) (places []int) {
	for i, e := range events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			places = append(places, i)
		}
	}
	return places
}

// Register registers the workflows of this build, as its worker does.
type Register func(worker.WorkflowRegistry)

// check replays the run; nil means that it would go on. An error means that the file holds
// no run of one of idjourney's workflows.
func (register Register) check(r run) (*breakage, error) {
	var unknown *workflows.Unknown
	switch err := workflows.CheckBound(r.workflow(), r.started.GetInput()); {
	case errors.As(err, &unknown):
		return &breakage{event: 1, reason: unknown.Error()}, nil
	case err != nil:
		return nil, fmt.Errorf("%w; of the Web UI's Download leave out decoding", err)
	}
	events := r.replayed()
	answers := answered(events)
	if len(answers) == 0 {
		return nil, nil // no worker has answered yet, so there is nothing to compare
	}
	err := register.replay(r, events)
	if err == nil {
		return nil, nil
	}
	// The first answer that this build would not give: if the replay up to one answer
	// fails, it also fails up to every later one.
	end := func(i int) int64 { // of the events that belong to answer i; event n is at place n-1
		if i+1 == len(answers) {
			return int64(len(events))
		}
		return events[answers[i+1]].GetWorkflowTaskCompletedEventAttributes().GetScheduledEventId() - 1
	}
	last := len(answers) - 1
	found := sort.Search(last, func(i int) bool { return register.replay(r, events[:end(i)]) != nil })
	if found < last {
		err = register.replay(r, events[:end(found)])
	}
	return explain(err, events[answers[found]:end(found)]), nil
}

// replay replays the first events of a run as the worker would: with the default data
// converter, and without interceptors that issue commands. Deadlock detection is off,
// because a slow machine would trigger it.
func (register Register) replay(r run, events []*historypb.HistoryEvent) error {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DisableRegistrationAliasing: true, DisableDeadlockDetection: true,
	})
	if err != nil {
		return fmt.Errorf("preparing the replay: %w", err)
	}
	register(replayer)
	return replayer.ReplayWorkflowHistoryWithOptions(log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		&historypb.History{Events: events},
		worker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{ID: r.started.GetWorkflowId(), RunID: r.runID()}})
}

// breakage says where a run would break and why.
type breakage struct {
	event  int64
	reason string
}

// The SDK has no error types for these, only texts, which hold whole events and commands
// with their payloads. Only the type and an activity's name may be printed.
var (
	missing = regexp.MustCompile(`(?s)nondeterministic workflow: missing replay command for (\w+)(.*)`)
	extra   = regexp.MustCompile(`(?s)nondeterministic workflow: extra replay command for (\w+)(.*)`)
	other   = regexp.MustCompile(`(?s)nondeterministic workflow: history event is (\w+)(.*), replay command is (\w+)(.*)`)

	activityName = regexp.MustCompile(`ActivityType:\(Name:([\w.-]+)\)`)
	anyID        = regexp.MustCompile(`^: \((?:ActivityId|TimerId):(\w+)`)
)

// explain says in a sentence why this build would not give a worker's answer. The events
// are the answer itself and then what it commanded.
func explain(err error, events []*historypb.HistoryEvent) *breakage {
	text := err.Error()
	answer, last := events[0].GetEventId(), events[len(events)-1].GetEventId()
	if m := other.FindStringSubmatch(text); m != nil {
		return &breakage{place(events, m[1], m[2]),
			"the history has " + named(m[1], m[2]) + ", this build would give the command " + named(m[3], m[4])}
	}
	if m := missing.FindStringSubmatch(text); m != nil {
		return &breakage{place(events, m[1], m[2]), "the history has " + named(m[1], m[2]) + ", this build would do nothing there"}
	}
	if m := extra.FindStringSubmatch(text); m != nil {
		return &breakage{answer, "this build would give the command " + named(m[1], m[2]) + " besides, which the history does not have"}
	}
	switch {
	case strings.Contains(text, "doesn't return the same result as the last event"):
		return &breakage{last, "the history ends here, this build would go on"}
	case strings.Contains(text, "[TMPRL1100]"):
		return &breakage{answer, "this build would not do what the history has after this event"}
	case strings.Contains(text, "unknown SDK flag"):
		return &breakage{answer, "it was answered with a newer Temporal SDK than this build has"}
	default:
		return &breakage{answer, "this build panics over what the history holds"}
	}
}

// named is the type and, of an activity, its name.
func named(kind, text string) string {
	if m := activityName.FindStringSubmatch(text); m != nil {
		return kind + " " + m[1]
	}
	return kind
}

// place finds the event that the SDK wrote as kind and text.
func place(events []*historypb.HistoryEvent, kind, text string) int64 {
	id := ""
	if m := anyID.FindStringSubmatch(text); m != nil {
		id = m[1]
	}
	for _, e := range events {
		if e.GetEventType().String() != kind {
			continue
		}
		has := e.GetActivityTaskScheduledEventAttributes().GetActivityId() + e.GetTimerStartedEventAttributes().GetTimerId() +
			e.GetTimerCanceledEventAttributes().GetTimerId()
		if id == "" || has == "" || has == id {
			return e.GetEventId()
		}
	}
	return events[0].GetEventId()
}

// callWithin bounds one request to Temporal, with the SDK's retries.
const callWithin = 30 * time.Second

// Exporter writes the histories of running workflows into a folder, one file per run
// in the form of `temporal workflow show --output json`. They hold what the journeys
// hold, so only their owner can read them.
type Exporter struct {
	Client client.Client
	// Namespace is the client's.
	Namespace string
	// Dir is created if missing. A run that is in it already is skipped, so that an
	// interrupted export goes on where it stopped.
	Dir string
	// Query narrows the running workflows down, in Temporal's list filter; "" for all.
	Query string
	// AtOnce is how many histories are read at the same time, at least one.
	AtOnce int
}

// Exported counts the runs that were written, that were there already, and that had gone
// when they were to be read.
type Exported struct{ Written, There, Gone int }

// Run exports. If it fails, what it has written stays.
func (x Exporter) Run(ctx context.Context) (done Exported, err error) {
	if err := os.MkdirAll(x.Dir, 0o700); err != nil {
		return done, fmt.Errorf("making the folder: %w", err)
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(max(x.AtOnce, 1))
	var mu sync.Mutex
	err = x.list(ctx, func(r *commonpb.WorkflowExecution) {
		all.Go(func() error {
			one, err := x.one(ctx, r)
			mu.Lock()
			defer mu.Unlock()
			done = Exported{done.Written + one.Written, done.There + one.There, done.Gone + one.Gone}
			return err
		})
	})
	if failure := all.Wait(); failure != nil {
		err = failure // it has ended the list
	}
	return done, err
}

// list calls export for every running workflow of idjourney's.
func (x Exporter) list(ctx context.Context, export func(*commonpb.WorkflowExecution)) error {
	query := fmt.Sprintf(`WorkflowType IN (%q, %q) AND ExecutionStatus = "Running"`, journey.WorkflowName, journey.SpotCheckWorkflowName)
	if x.Query != "" {
		query += " AND (" + x.Query + ")"
	}
	for page := []byte(nil); ; {
		call, cancel := context.WithTimeout(ctx, callWithin)
		answer, err := x.Client.ListWorkflow(call, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: x.Namespace, Query: query, NextPageToken: page,
		})
		cancel()
		if err != nil {
			return fmt.Errorf("listing the running workflows: %w", err)
		}
		for _, e := range answer.GetExecutions() {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			export(e.GetExecution())
		}
		if page = answer.GetNextPageToken(); len(page) == 0 {
			return nil
		}
	}
}

// one exports one run. The file appears when it is complete.
func (x Exporter) one(ctx context.Context, r *commonpb.WorkflowExecution) (Exported, error) {
	file := filepath.Join(x.Dir, filepath.Base(r.GetRunId())+".json")
	switch _, err := os.Stat(file); {
	case err == nil:
		return Exported{There: 1}, nil
	case !errors.Is(err, os.ErrNotExist):
		return Exported{}, fmt.Errorf("looking for exported histories: %w", err)
	}
	h, err := x.history(ctx, r)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return Exported{Gone: 1}, nil
	}
	if err != nil {
		return Exported{}, fmt.Errorf("reading the history of %s: %w", r.GetWorkflowId(), err)
	}
	text, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(h)
	if err != nil {
		return Exported{}, fmt.Errorf("writing the history of %s as JSON: %w", r.GetWorkflowId(), err)
	}
	if err = os.WriteFile(file+".part", append(text, '\n'), 0o600); err == nil {
		err = os.Rename(file+".part", file)
	}
	if err != nil {
		return Exported{}, fmt.Errorf("writing a history: %w", err)
	}
	return Exported{Written: 1}, nil
}

func (x Exporter) history(ctx context.Context, r *commonpb.WorkflowExecution) (*historypb.History, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	h := &historypb.History{}
	iter := x.Client.GetWorkflowHistory(ctx, r.GetWorkflowId(), r.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		e, err := iter.Next()
		if err != nil {
			return nil, err
		}
		h.Events = append(h.Events, e)
	}
	return h, nil
}
