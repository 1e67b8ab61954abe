package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"idjourney/journey"
)

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
