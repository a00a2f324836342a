package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants"
)

// completionTime is how long somebody who pressed the tab key waits.
const completionTime = 2 * time.Second

// completeTenant completes the slug of a tenant as the first argument.
func completeTenant(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeSlug(cmd, args, begun)
}

// completeSlug completes the slug of a tenant, of the first hundred. Where there is no database to ask, nothing is completed.
func completeSlug(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	s, _, err := read(cmd, settings.LoadOptions{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	s.Database.AutoMigrate = false // the tab key changes nothing
	app, err := wire.New(ctx, s, wire.Options{Log: slog.New(slog.DiscardHandler), Version: version, NoSpareKeys: true})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer app.Close()
	page, err := app.Provisioner.List(ctx, tenants.Filter{Page: 1, PerPage: 100})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var slugs []string
	for _, t := range page.Items {
		if strings.HasPrefix(t.Slug, begun) {
			slugs = append(slugs, t.Slug+"\t"+t.Name)
		}
	}
	return slugs, cobra.ShellCompDirectiveNoFileComp
}
