// Command scrapes records what starter and worker measure while something goes
// wrong: the test data of package alerts. `make scrapes` runs it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"idjourney/dev/alerts"
	"idjourney/dev/alerts/record"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "scrapes:", err)
		os.Exit(1)
	}
}

// run works in the folder dev; names are the recordings to make, none for all.
func run(ctx context.Context, names []string) error {
	dir, err := os.MkdirTemp("", "idjourney-scrapes-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "idjourney")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/idjourney")
	build.Dir, build.Stdout, build.Stderr = "..", os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the binary: %w", err)
	}
	_, rules, err := alerts.Rules(alerts.RuleFile("../deploy"))
	if err != nil {
		return err
	}
	panels, err := alerts.Dashboard(alerts.DashboardFile("../deploy"))
	if err != nil {
		return err
	}
	ofRules, err1 := alerts.Metrics(rules)
	ofPanels, err2 := alerts.Metrics(panels)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return record.All(ctx, record.Options{
		Binary: binary, Out: filepath.Join("alerts", "testdata"), Names: names, Alerts: ofRules, Panels: ofPanels,
		Say: func(format string, args ...any) { fmt.Printf(format+"\n", args...) },
	})
}
