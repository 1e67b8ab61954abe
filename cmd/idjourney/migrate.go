package main

import (
	"os"

	"github.com/spf13/cobra"

	"idjourney/app"
	"idjourney/config"
)

func migrateCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the ledger's schema up to date; starter and worker do so themselves", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.LoadUnconfirmed(o.config, os.Environ())
			if err != nil {
				return err
			}
			l, err := app.OpenLedger(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			return l.Close()
		},
	}
}
