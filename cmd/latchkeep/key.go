package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newKey() *cobra.Command {
	key := &cobra.Command{Use: "key", Short: "Look at and rotate the keys that sign a tenant's tokens"}
	key.AddCommand(
		&cobra.Command{
			Use: "list ID|SLUG", Short: "List a tenant's signing keys", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
					keys, err := app.Provisioner.SigningKeys(ctx, record.ID)
					if err != nil {
						return err
					}
					table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
					fmt.Fprintln(table, "ID\tALGORITHM\tSTATE\tSIGNS FROM")
					for _, k := range keys {
						fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", k.ID, k.Alg, k.State, signsFrom(k))
					}
					return table.Flush()
				})
			},
		},
		&cobra.Command{
			Use: "rotate ID|SLUG", Short: "Publish a new signing key, which signs once every client can know it", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
					k, err := app.Provisioner.RotateKey(ctx, tenants.ByCLI, record.ID)
					if err != nil {
						return err
					}
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "published %s; it signs from %s\n", k.ID, signsFrom(k))
					return err
				})
			},
		},
	)
	return key
}

func signsFrom(k tenants.SigningKey) string {
	at := k.CreatedAt
	if k.ActivatedAt != nil {
		at = *k.ActivatedAt
	}
	return at.Format(time.RFC3339)
}
