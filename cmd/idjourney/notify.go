package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"idjourney/journey"
	"idjourney/notify"
)

func notifyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "notify", Short: "Try out what leaves for your systems"}
	cmd.AddCommand(notifySampleCommand())
	return cmd
}

func notifySampleCommand() *cobra.Command {
	var kinds []string
	var to, secretEnv string
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Send one signed sample of each type of message to an endpoint",
		Long: "Sends the example of each type, signed as in production, with a new webhook-id. The content is made up. The secret,\n" +
			"whsec_ and base64, comes from the environment variable that --secret-env names. Exit status 1 if any is not taken.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			chosen, err := chooseTypes(kinds)
			if err != nil {
				return err
			}
			secret := os.Getenv(secretEnv)
			if secret == "" {
				return fmt.Errorf("there is nothing to sign with: set %s, or name another variable by --secret-env", secretEnv)
			}
			sender := notify.NewSender(notify.Config{})
			endpoint := notify.Endpoint{Name: "sample", URL: to, Secrets: strings.Fields(secret)}
			var refused error
			for _, kind := range chosen {
				m, reference, err := notify.Sample(kind)
				if err != nil {
					return err
				}
				said := "taken"
				if err := sender.Send(cmd.Context(), endpoint, m, reference); err != nil {
					said, refused = err.Error(), errors.New("not every sample was taken")
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s: %s\n", kind, m.ID, said); err != nil {
					return err
				}
			}
			return refused
		},
	}
	cmd.Flags().StringSliceVar(&kinds, "type", nil, "only this type, for example journey.decided; again for more (default: all)")
	cmd.Flags().StringVar(&to, "to", "", "address of the endpoint (required)")
	cmd.Flags().StringVar(&secretEnv, "secret-env", "CORE_WEBHOOK_SECRET", "environment variable with the signing secret, or two with a space between")
	_ = cmd.MarkFlagRequired("to") // fails only for a flag that is not there
	return cmd
}

func chooseTypes(names []string) ([]journey.MessageType, error) {
	if len(names) == 0 {
		return notify.Types(), nil
	}
	var chosen []journey.MessageType
	for _, name := range names {
		kind := journey.MessageType(name)
		if !slices.Contains(notify.Types(), kind) {
			return nil, fmt.Errorf("there is no message of type %q: use %v", name, notify.Types())
		}
		chosen = append(chosen, kind)
	}
	return chosen, nil
}
