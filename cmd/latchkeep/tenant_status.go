package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newTenantSuspend() *cobra.Command {
	return newTenantStatus("suspend", "Let nobody sign in to a tenant; its data stays", tenants.StatusSuspended)
}

func newTenantReadOnly() *cobra.Command {
	return newTenantStatus("read-only", "Let people sign in to a tenant, but change nothing", tenants.StatusReadOnly)
}

func newTenantResume() *cobra.Command {
	return newTenantStatus("resume", "Let a tenant that was suspended or read-only work again", tenants.StatusActive)
}

func newTenantStatus(use, short string, status tenants.Status) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: use + " ID|SLUG", Short: short, Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				changed, err := app.Provisioner.SetStatus(ctx, tenants.ByCLI, record.ID, status, reason)
				if err != nil {
					return err
				}
				return answer(cmd, summarise(changed), line("%s (%s) is %s", changed.Slug, changed.ID, changed.Status))
			})
		},
	}
	if status != tenants.StatusActive {
		cmd.Flags().StringVar(&reason, "reason", "", "why, for other operators")
	}
	return cmd
}
