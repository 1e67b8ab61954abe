package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"idjourney/journey"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is, and which rules and state it knows",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			version := "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				version = info.Main.Version
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						version += " " + s.Value
					}
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "idjourney %s, rules %d, state %d\n", version, journey.Rules, journey.StateVersion)
			return err
		},
	}
}
