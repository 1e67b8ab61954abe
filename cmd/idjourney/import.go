package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"idjourney/app"
	"idjourney/config"
	"idjourney/importer"
)

func importCommand(o *options) *cobra.Command {
	var perSecond float64
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take up customers from before idjourney: adopt journeys that were decided already",
		Long: "Reads CSV with the header account,journeyId,reference, or JSON lines with these keys. All lines are checked before the\n" +
			"first is taken; faulty ones are named by their number. Each becomes an event in the ledger, by which the starter begins\n" +
			"its journey: IDWise is asked once, and its decision is adopted (journey.adopted), not reported as a new one.\n" +
			"It may be stopped and repeated at any time: what is in the ledger already is passed over.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if perSecond <= 0 {
				return errors.New("--rate must be above 0")
			}
			cfg, err := config.LoadUnconfirmed(o.config, os.Environ())
			if err != nil {
				return err
			}
			l, err := app.OpenLedger(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer func() { _ = l.Close() }()
			return importer.Import(cmd.Context(), cfg, l, args[0], perSecond, cmd.OutOrStdout())
		},
	}
	cmd.Flags().Float64Var(&perSecond, "rate", 5, "how many journeys to begin a second: each is one request to IDWise's API")
	return cmd
}
