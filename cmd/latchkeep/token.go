package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants"
)

func newJWT() *cobra.Command {
	return group("jwt", "Session tokens", newJWTCreate())
}

func newJWTCreate() *cobra.Command {
	var which choice
	var pretty bool
	cmd := &cobra.Command{
		Use: "create USER_ID", Short: "Open a session for a user and print its token", Args: cobra.ExactArgs(1),
		Long: `Open a session for a user and print its token: whoever has it is that user until it ends.

The session counts against no limit and is told to no webhook; the audit log says that it was opened. With many tenants, --tenant says whose user it is.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			user, err := uuid.Parse(args[0])
			if err != nil {
				return misuse{fmt.Errorf("USER_ID: %w", err)}
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				t, err := which.pick(ctx, app)
				if err != nil {
					return err
				}
				issued, err := app.Management.IssueToken(ctx, t, tenants.ByCLI, user)
				if err != nil {
					return err
				}
				made := struct {
					Token     string         `json:"token"`
					SessionID uuid.UUID      `json:"session_id"`
					Claims    map[string]any `json:"claims"`
				}{issued.Token, issued.ID, issued.Claims}
				return answer(cmd, made, func(w io.Writer) error {
					fmt.Fprintln(w, "Token: "+made.Token)
					if pretty {
						return printJSON(cmd, made.Claims)
					}
					return nil
				})
			})
		},
	}
	which.flags(cmd)
	cmd.Flags().BoolVar(&pretty, "pretty", true, "print the claims, too")
	return cmd
}

func newJWK() *cobra.Command {
	return group("jwk", "Signing keys outside of any tenant", newJWKCreate())
}

// The key that "jwk create" makes, as scripts written for Hanko expect it.
const (
	madeKeyID   = "key1"
	madeKeyBits = 4096
)

func newJWKCreate() *cobra.Command {
	return &cobra.Command{
		Use: "create", Short: "Make a private RSA key and print it as a JWK; it is stored nowhere", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := jose.GenerateRSA(madeKeyID, madeKeyBits)
			if err != nil {
				return err
			}
			raw, err := key.MarshalPrivate()
			if err != nil {
				return err
			}
			return answer(cmd, json.RawMessage(raw), line("%s", raw))
		},
	}
}
