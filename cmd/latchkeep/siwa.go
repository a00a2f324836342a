package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/pkg/jose"
)

func newSIWA() *cobra.Command {
	var file, team, services, key string
	cmd := &cobra.Command{
		Use: "siwa", Short: `Make the client secret for "Sign in with Apple" and print it`, Args: cobra.NoArgs,
		Long: `Make the client secret for "Sign in with Apple" and print it: third_party.providers.apple.secret. It is good for 180 days.
With team_id, key_id and private_key in its configuration, a tenant makes secrets itself and needs none of these.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			raw, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("--private_key: %w", err)
			}
			if team == "" || services == "" {
				return misuse{errors.New("--team_id and --services_id must not be empty")}
			}
			private, err := jose.ParseES256PEM(key, raw)
			if err != nil {
				return fmt.Errorf("--private_key: %s: %w", file, err)
			}
			now := time.Now().Truncate(time.Second)
			secret, err := oauth.AppleSecret(private, team, services, now, oauth.AppleLifetime)
			if err != nil {
				return err
			}
			made := struct {
				Secret  string    `json:"secret"`
				Expires time.Time `json:"expires_at"`
			}{secret, now.Add(oauth.AppleLifetime).UTC()}
			return answer(cmd, made, line("%s", secret))
		},
	}
	cmd.Flags().StringVarP(&file, "private_key", "p", "", "file of the private key that Apple gave (PEM)")
	cmd.Flags().StringVarP(&team, "team_id", "t", "", "id of the team")
	cmd.Flags().StringVarP(&services, "services_id", "s", "", "id of the service: the client id")
	cmd.Flags().StringVarP(&key, "key_id", "k", "", "id of the key")
	for _, name := range []string{"private_key", "team_id", "services_id", "key_id"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag is there
		}
	}
	return cmd
}
