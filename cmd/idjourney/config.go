package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"idjourney/config"
)

func configCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check, print and explain the configuration"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "check", Short: "Check the configuration, and report everything that is wrong with it", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				cfg, err := config.Load(o.config, os.Environ())
				if err != nil {
					return err
				}
				for _, warning := range cfg.Warnings() {
					if _, err := fmt.Fprintln(cmd.OutOrStdout(), "warning:", warning); err != nil {
						return err
					}
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: can be used; accounts: %d\n", o.config, len(cfg.Accounts))
				return err
			},
		},
		&cobra.Command{
			Use: "print", Short: "Print the effective configuration, without secrets", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				cfg, err := config.LoadUnconfirmed(o.config, os.Environ())
				if err != nil {
					return err
				}
				return cfg.Print(cmd.OutOrStdout())
			},
		},
		&cobra.Command{
			Use: "reference", Short: "Print the reference of every key, as Markdown", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return config.Reference(cmd.OutOrStdout()) },
		},
	)
	return cmd
}
