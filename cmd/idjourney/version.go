package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"idjourney/journey"
	"idjourney/version"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is, and which rules and state it knows",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "idjourney %s, rules %d, state %d\n", version.Of(), journey.Rules, journey.StateVersion)
			return err
		},
	}
}
