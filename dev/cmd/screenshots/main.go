// The command screenshots takes the documentation's pictures with a headless Chromium,
// from the Web UI of a demo that it plays first; see `make screenshots`.
//
// The argument is the folder for the pictures. CHROMIUM names the browser's command,
// chromium unless set.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/chromedp/chromedp"

	"idjourney/dev/demo"
	"idjourney/dev/embed"
	"idjourney/dev/world"
	"idjourney/journey"
)

// maxBytes bounds a picture: they are kept in the repository.
const maxBytes = 300_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	if len(os.Args) != 2 {
		return errors.New("name the folder for the pictures")
	}
	dir, err := os.MkdirTemp("", "idjourney-screenshots-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	starting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s, err := world.Start(starting, world.Options{Dir: filepath.Join(dir, "stack"), Ports: world.DefaultPorts()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	report := demo.Play(ctx, s, io.Discard, false, 0)
	browser, closeBrowser := openBrowser(ctx, cmp.Or(os.Getenv("CHROMIUM"), "chromium"))
	defer closeBrowser()
	all, err := pictures(ctx, s, report)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := save(browser, os.Args[1], p); err != nil {
			return err
		}
	}
	return nil
}

type picture struct {
	name, url string
	// shows is a text that is on the page when it is complete.
	shows         string
	width, height int64
	// columns, if set, are those of the list of workflows.
	columns []string
}

// shownScenario has the most to show; the others need only be there.
const shownScenario = "aml-change"

// pictures are the pages that the documentation shows.
func pictures(ctx context.Context, s *world.World, report demo.Report) ([]picture, error) {
	list := s.UIURL + "/namespaces/" + s.Namespace + "/workflows?query=" + url.QueryEscape(`WorkflowType="Journey" AND ExecutionStatus="Running"`)
	all := []picture{{
		name: "journeys.png", url: list, shows: "JourneyDueAt", width: 1300, height: 620,
		columns: []string{"Workflow ID", "JourneyPhase", "JourneyStanding", "JourneyAttention", "JourneyDueAt"},
	}}
	for _, r := range report.Scenarios {
		if r.Name == shownScenario {
			if !r.OK {
				return nil, fmt.Errorf("the scenario %s did not end as it should: %s", r.Name, r.Problem)
			}
			id := journey.WorkflowID(world.Account, r.JourneyID)
			page := embed.WorkflowURL(s.UIURL, s.Namespace, id, "")
			run, err := s.Client.DescribeWorkflowExecution(ctx, id, "")
			if err != nil {
				return nil, err
			}
			sentence := page + "/" + run.GetWorkflowExecutionInfo().GetExecution().GetRunId() + "/user-metadata"
			all = append(all, picture{name: "journey.png", url: page, shows: r.JourneyID, width: 1300, height: 1050},
				picture{name: "sentence.png", url: sentence, shows: "Current Details", width: 1300, height: 720})
		}
	}
	return all, nil
}

func save(browser context.Context, folder string, p picture) error {
	png, err := photograph(browser, p)
	switch {
	case err != nil:
		return fmt.Errorf("taking %s: %w", p.name, err)
	case len(png) > maxBytes:
		return fmt.Errorf("%s has %d bytes, more than %d: make it smaller", p.name, len(png), maxBytes)
	}
	if err := os.WriteFile(filepath.Join(folder, p.name), png, 0o644); err != nil {
		return fmt.Errorf("taking %s: %w", p.name, err)
	}
	fmt.Printf("%s: %d bytes\n", p.name, len(png))
	return nil
}

// openBrowser starts a headless Chromium. The context that it returns is the
// browser's; close ends both.
func openBrowser(ctx context.Context, command string) (browser context.Context, closeBrowser func()) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(command), chromedp.NoSandbox)
	ctx, stopProcess := chromedp.NewExecAllocator(ctx, options...)
	browser, closeTab := chromedp.NewContext(ctx)
	return browser, func() { closeTab(); stopProcess() }
}

// photograph opens the page, waits until it shows what it should, and then a little
// for what moves.
func photograph(browser context.Context, p picture) (png []byte, err error) {
	if err := choose(browser, p); err != nil {
		return nil, err
	}
	shows := "document.documentElement.textContent.includes(" + strconv.Quote(p.shows) + ")"
	if err := chromedp.Do(browser,
		chromedp.EmulateViewport(p.width, p.height),
		chromedp.Navigate(p.url),
		chromedp.Poll[chromedp.Void](shows, chromedp.WithPollingTimeout(time.Minute)),
		chromedp.Sleep(2*time.Second),
	); err != nil {
		return nil, fmt.Errorf("waiting for %q: %w", p.shows, err)
	}
	return chromedp.Run(browser, chromedp.CaptureScreenshot())
}

// choose stores the columns where the Web UI's *Configure Columns* stores them: in the
// browser.
func choose(browser context.Context, p picture) error {
	if p.columns == nil {
		return nil
	}
	columns := []map[string]string{}
	for _, label := range p.columns {
		columns = append(columns, map[string]string{"label": label})
	}
	stored, err := json.Marshal(map[string]any{"default": columns})
	if err != nil {
		return err
	}
	set := "localStorage.setItem('namespace-workflow-table-columns', " + strconv.Quote(string(stored)) + ")"
	return chromedp.Do(browser, chromedp.Navigate(p.url), chromedp.Evaluate[chromedp.Void](set))
}
