package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newKey() *cobra.Command {
	return group("key", "Look at and change keys: those that sign a tenant's tokens, and the secrets of the deployment",
		&cobra.Command{
			Use: "list ID|SLUG", Short: "List a tenant's signing keys", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
			RunE: func(cmd *cobra.Command, args []string) error {
				return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
					keys, err := app.Provisioner.SigningKeys(ctx, record.ID)
					if err != nil {
						return err
					}
					list := make([]shownKey, len(keys))
					for i, k := range keys {
						list[i] = showKey(k)
					}
					return answer(cmd, list, table("ID\tALGORITHM\tSTATE\tSIGNS FROM", func(w io.Writer) {
						for _, k := range list {
							fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.ID, k.Algorithm, k.State, k.SignsFrom.Format(time.RFC3339))
						}
					}))
				})
			},
		},
		newKeyRotate(), newKeyRevoke(), newKeyStatus(), newKeyReencrypt(),
	)
}

func newKeyRotate() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "rotate ID|SLUG", Short: "Publish a new signing key, which signs once every client can know it", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			var activate time.Time
			if at != "" {
				var err error
				if activate, err = time.Parse(time.RFC3339, at); err != nil {
					return fmt.Errorf("--activate-at: %q is no time such as 2026-12-01T03:00:00Z", at)
				}
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				k, err := app.Provisioner.RotateKeyAt(ctx, tenants.ByCLI, record.ID, activate)
				if err != nil {
					return err
				}
				shown := showKey(k)
				return answer(cmd, shown, line("published %s; it signs from %s", shown.ID, shown.SignsFrom.Format(time.RFC3339)))
			})
		},
	}
	cmd.Flags().StringVar(&at, "activate-at", "", "when the new key is to sign; as soon as every client can know it where absent")
	return cmd
}

func newKeyRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID|SLUG KID", Short: "Take a signing key out at once, because somebody else may have it", Args: cobra.ExactArgs(2), ValidArgsFunction: completeTenant,
		Long: `Take a signing key out at once, because somebody else may have it. What it signed is valid no more: people whose sessions it signed sign in anew. Where
it is the one that signs, another takes its place at once; back ends that keep the key set refuse what that signs until they fetch the set again, for
ten minutes at most.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				if err := app.Provisioner.RevokeKey(ctx, tenants.ByCLI, record.ID, args[1]); err != nil {
					return err
				}
				return answer(cmd, map[string]any{"id": args[1], "revoked": true}, line("revoked %s", args[1]))
			})
		},
	}
}

// shownKey is a signing key as the commands print it.
type shownKey struct {
	ID        string    `json:"id"`
	Algorithm string    `json:"algorithm"`
	State     string    `json:"state"`
	SignsFrom time.Time `json:"signs_from"`
}

func showKey(k tenants.SigningKey) shownKey {
	at := k.CreatedAt
	if k.ActivatedAt != nil {
		at = *k.ActivatedAt
	}
	return shownKey{fmt.Sprint(k.ID), string(k.Alg), string(k.State), at.UTC()}
}
