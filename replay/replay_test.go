package replay_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/proto"

	"idjourney/config"
	"idjourney/replay"
	"idjourney/worker"
)

// Two spot checks of the corpus: one is held, so it runs; one was linked, published, handed
// over and closed.
const (
	running = "spot-rules-1/spot_check_held_unbound.1.json"
	closed  = "spot-rules-1/spot_check_linked_by_a_person.1.json"
)

// private stands for personal data in a history.
const private = "Ada-Lovelace"

func recorded(t *testing.T, name string) *historypb.History {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "workflows", "testdata", "histories", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	h, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// exported is a recorded history, changed, as the `temporal` CLI writes it.
func exported(t *testing.T, name string, change ...func(*historypb.History)) []byte {
	t.Helper()
	h := recorded(t, name)
	for _, f := range change {
		f(h)
	}
	text, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func replayed(files map[string][]byte) (string, error) {
	dir := fstest.MapFS{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: text}
	}
	return replayDir(dir)
}

func replayDir(dir fs.FS) (string, error) {
	var out bytes.Buffer
	register := func(r sdk.WorkflowRegistry) { worker.RegisterWorkflows(r, &config.Config{}) }
	err := replay.Dir(context.Background(), dir, register, &out)
	return out.String(), err
}

// This build must go on with the recorded journeys and spot checks.
func TestTheCorpusIsOk(t *testing.T) {
	t.Parallel()
	out, err := replayDir(os.DirFS(filepath.Join("..", "workflows", "testdata", "histories")))
	if err != nil || !strings.Contains(out, " 0 closed would have, ") || !strings.Contains(out, ", Journey, run ") || !strings.Contains(out, ", SpotCheck, run ") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestUnchangedHistoriesAreOk(t *testing.T) {
	t.Parallel()
	older := regexp.MustCompile(`"EVENT_TYPE_(\w+)"`).ReplaceAllFunc(exported(t, running), func(m []byte) []byte {
		words := strings.Split(strings.ToLower(string(m[len(`"EVENT_TYPE_`):len(m)-1])), "_")
		for i, w := range words {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
		return []byte(`"` + strings.Join(words, "") + `"`)
	})
	out, err := replayed(map[string][]byte{
		"cli.json":          exported(t, running),
		"ui/run/older.json": older,
		"closed.json":       exported(t, closed),
		"README.txt":        []byte("not looked at"),
		"no-worker.json":    exported(t, running, upTo(enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED)),
		"first-task.json":   exported(t, running, upTo(enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED)),
		"first-answer.json": exported(t, running, upTo(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)),
	})
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"cli.json: ok (spotcheck/corpus-spot_check_held_unbound/spot-0001, SpotCheck, run ", ", running)\n", "closed.json: ok", ", closed)\n",
		"6 ok, 0 running would break, 0 closed would have, 0 cannot be read\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("said\n%s\nwant %q", out, want)
		}
	}
}

// The report says where and why a run would break, without the payloads.
func TestBreakagesAreExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file   string
		change func(*historypb.History)
		want   []string
	}{
		"an activity under another name": {running, inActivity("Publish", func(a activityScheduled) { a.ActivityType.Name = "Tell" }),
			[]string{"would break at event ", "the history has ActivityTaskScheduled Tell, this build would give the command ScheduleActivityTask Publish"}},
		"a command too few": {running, becomes(enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED),
			[]string{"at event 14: the history has TimerStarted, this build would give the command UpsertWorkflowSearchAttributes"}},
		"the last command is missing": {running, upTo(enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES),
			[]string{"at event 11: this build would give the command StartTimer besides"}},
		"a command too many": {running, func(h *historypb.History) {
			again := proto.CloneOf(h.Events[12])
			again.EventId = int64(len(h.Events)) + 1
			h.Events = append(h.Events, again)
		}, []string{"at event 20: the history has UpsertWorkflowSearchAttributes, this build would do nothing there"}},
		"a timer too many": {running, func(h *historypb.History) {
			again := proto.CloneOf(h.Events[13])
			again.EventId, again.GetTimerStartedEventAttributes().TimerId = int64(len(h.Events))+1, "20"
			h.Events = append(h.Events, again)
		}, []string{"at event 19: this build would not do what the history has after this event"}},
		"newer rules": {running, inArgument(`"rules":1`, `"rules":7`), []string{"at event 1: needs a build that knows rules 7 (this one: 1 to 1)"}},
		"newer state": {running, inArgument(`"rules":1`, `"rules":1,"carry":{"state":{"version":9,"rules":1}}`),
			[]string{"needs a build that knows state version 9 (this one: 1 to 1)"}},
		"another workflow": {running, func(h *historypb.History) {
			h.Events[0].GetWorkflowExecutionStartedEventAttributes().WorkflowType.Name = "Other"
		}, []string{`needs a build that knows workflows of type "Other"`}},
		"no account": {running, inArgument(`"account"`, `"owner"`), []string{"this build panics over what the history holds"}},
		"the last answer, with a task after it": {running, func(h *historypb.History) {
			inActivity("FetchSpotCheck", func(a activityScheduled) { a.ActivityType.Name = "Look" })(h)
			upTo(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)(h)
			n := int64(len(h.Events))
			h.Events = append(h.Events, &historypb.HistoryEvent{EventId: n + 1, EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED},
				&historypb.HistoryEvent{EventId: n + 2, EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED})
		}, []string{"ActivityTaskScheduled Look", "ScheduleActivityTask FetchSpotCheck"}},
	} {
		out, err := replayed(map[string][]byte{"a.json": exported(t, c.file, withPrivate, c.change), "b.json": exported(t, c.file)})
		if err == nil || !strings.Contains(err.Error(), "1 running workflows would break") {
			t.Errorf("%s: got %v", name, err)
		}
		for _, want := range append(c.want, "a.json: would break", "b.json: ok") {
			if !strings.Contains(out, want) {
				t.Errorf("%s: said\n%s\nwant %q", name, out, want)
			}
		}
		if strings.Contains(out, private) {
			t.Errorf("%s: the report contains a payload:\n%s", name, out)
		}
	}
}

func TestTheEventIsNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"FetchSpotCheck", "Publish", "HandOver"} {
		var at string
		out, err := replayed(map[string][]byte{"a.json": exported(t, closed, inActivity(name, func(a activityScheduled) {
			a.ActivityType.Name = "Renamed"
			at = "event " + a.ActivityId + ":" // the SDK's activity ids are those of their events
		}))})
		if err != nil || !strings.Contains(out, "a.json: closed, only a warning: would break at "+at) {
			t.Errorf("%s renamed at %s said %v\n%s", name, at, err, out)
		}
	}
}

func TestUnreadableFilesAreReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"empty":     {nil, "no history as JSON"},
		"garbage":   {[]byte(private), "no history as JSON"},
		"others":    {[]byte(`{"events": "` + private + `"}`), "no history as JSON"},
		"no events": {[]byte(`{"events": []}`), "no history as JSON"},
		"cut":       {exported(t, running, func(h *historypb.History) { h.Events = h.Events[1:] }), "not complete and in order"},
		"a gap": {exported(t, running, func(h *historypb.History) {
			h.Events = append(h.Events[:3:3], h.Events[4:]...)
		}), "not complete and in order"},
		"decoded": {exported(t, running, func(h *historypb.History) {
			h.Events[0].GetWorkflowExecutionStartedEventAttributes().Input = &commonpb.Payloads{Payloads: []*commonpb.Payload{{}}}
		}), "leave out decoding"},
	} {
		out, err := replayed(map[string][]byte{"a.json": c.text})
		if err == nil || !strings.Contains(out, "a.json: cannot be read") || !strings.Contains(out, c.want) || strings.Contains(out, private) {
			t.Errorf("%s: got %v and\n%s\nwant %q", name, err, out, c.want)
		}
	}
	if out, err := replayed(map[string][]byte{"history.txt": nil}); err == nil {
		t.Errorf("a folder without histories gave no error: %s", out)
	}
}
