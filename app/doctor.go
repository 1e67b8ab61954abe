package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"go.temporal.io/sdk/client"

	"idjourney/config"
	"idjourney/doctor"
)

// Doctor checks what an account depends on, and writes a row for each check. It returns an
// error if anything is wrong. The journey is one that IDWise knows; it may be empty.
func Doctor(ctx context.Context, out io.Writer, cfg *config.Config, account, journeyID string, timeout time.Duration) error {
	a, ok := cfg.Account(account)
	if !ok {
		var names []string
		for _, known := range cfg.Accounts {
			names = append(names, known.Name)
		}
		return fmt.Errorf("the configuration has no account %q: name one of %s with --account", account, strings.Join(names, ", "))
	}
	t := doctor.NewTemporal(func() (client.Client, string, error) { return Connect(slog.New(slog.DiscardHandler), nil) })
	defer t.Close()
	rows := doctor.Run(ctx, doctor.Config{
		Account: a, JourneyID: journeyID, Timeout: timeout, Temporal: t.Namespace, Attributes: t.Attributes,
		Ledger: func(ctx context.Context) (string, error) { return doctor.Ledger(ctx, cfg.Ledger.URL.Reveal(), account) },
	})
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", r.State, r.Subject, r.Detail)
		if r.Todo != "" {
			_, _ = fmt.Fprintf(w, "\t\t-> %s\n", strings.ReplaceAll(r.Todo, "\n", "\n\t\t   "))
		}
	}
	if err := w.Flush(); err != nil { // returns the errors of the lines above, too
		return err
	}
	if doctor.Failed(rows) {
		return errors.New("something is wrong: see the rows above")
	}
	return nil
}
