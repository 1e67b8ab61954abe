package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"idjourney/config"
	"idjourney/ledger"
)

func migrateCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the ledger's schema up to date; starter and worker do so themselves", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.LoadUnconfirmed(o.config, os.Environ())
			if err != nil {
				return err
			}
			l, err := ledger.Open(cmd.Context(), cfg.Ledger.URL.Reveal())
			if err != nil {
				return fmt.Errorf("opening the ledger: %w", err)
			}
			if err := l.Migrate(cmd.Context()); err != nil {
				return fmt.Errorf("migrating the ledger: %w", err)
			}
			return l.Close()
		},
	}
}
