package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"idjourney/dev/alerts"
)

// How a recording goes: a warm-up, so that no rate begins with the start of a
// process, then health, then the fault.
const (
	every   = time.Second
	warmUp  = 3
	health  = 8
	scrapes = 40
)

// atOnce is how many recordings are made side by side.
const atOnce = 3

// Options says what is recorded and where to.
type Options struct {
	// Binary is the idjourney to run.
	Binary string
	// Out is the folder of the recordings.
	Out string
	// Names are the recordings to make; none for all.
	Names []string
	// Alerts are the names of the metrics that alerts read, Panels those that the
	// dashboard reads. The recordings of faults keep these, the latter without
	// histograms; the healthy one keeps all that is idjourney's or the SDK's.
	Alerts, Panels []string
	// Say is told what goes on.
	Say func(format string, args ...any)
}

// All makes the recordings.
func All(ctx context.Context, o Options) error {
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	found := faults()
	problems := make([]error, len(found))
	for i, f := range found {
		if len(o.Names) > 0 && !slices.Contains(o.Names, f.name) {
			continue
		}
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if problems[i] = one(ctx, o, f); problems[i] != nil {
				problems[i] = fmt.Errorf("recording %s: %w", f.name, problems[i])
			}
		})
	}
	all.Wait()
	return errors.Join(problems...)
}

func one(ctx context.Context, o Options, f fault) error {
	dir, err := os.MkdirTemp("", "idjourney-"+f.name+"-")
	if err != nil {
		return err
	}
	w, err := newWorld(ctx, dir, o.Binary, f)
	if err != nil {
		return err
	}
	recording, err := w.record(ctx, f, o.keeper(f))
	w.close()
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(o.Out, f.name+".scrapes"))
	if err != nil {
		return err
	}
	if err := errors.Join(recording.Write(file), file.Close()); err != nil {
		return err
	}
	o.Say("recorded %s", f.name)
	return os.RemoveAll(dir)
}

func (o Options) keeper(f fault) func(metric string) bool {
	return func(metric string) bool {
		bucket := strings.HasSuffix(metric, "_bucket")
		if f.name == "healthy" {
			ours := strings.HasPrefix(metric, "idjourney_") || strings.HasPrefix(metric, "temporal_")
			return ours && !bucket && !strings.Contains(metric, "_attempt") || slices.Contains(o.Alerts, metric) || slices.Contains(o.Panels, metric)
		}
		return slices.Contains(o.Alerts, metric) || !bucket && slices.Contains(o.Panels, metric)
	}
}

// record scrapes while users begin journeys and, from a moment on, the fault is there.
func (w *world) record(ctx context.Context, f fault, keep func(string) bool) (*alerts.Recording, error) {
	recording := alerts.NewRecording(every)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := -warmUp; n < scrapes; n++ {
		if err := w.live(ctx, f, n); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		if n < 0 {
			continue
		}
		if err := recording.Scrape([]alerts.Page{w.starter.scrape(ctx), w.worker.scrape(ctx), w.scrapeTemporal(ctx)}, keep); err != nil {
			return nil, err
		}
	}
	return recording, nil
}

// live is what happens in the n-th second.
func (w *world) live(ctx context.Context, f fault, n int) error {
	scripts, flowID := healthy, flow
	if n >= health {
		if n == health && f.happen != nil {
			if err := f.happen(ctx, w); err != nil {
				return fmt.Errorf("making it go wrong: %w", err)
			}
		}
		if f.again != nil {
			if err := f.again(ctx, w); err != nil {
				return fmt.Errorf("making it go wrong again: %w", err)
			}
		}
		if f.scripts != nil {
			scripts = f.scripts
		}
		if f.flow != "" {
			flowID = f.flow
		}
	}
	return w.begin(scripts[(n+warmUp)%len(scripts)], flowID)
}
