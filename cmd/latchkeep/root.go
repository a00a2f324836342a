package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "latchkeep",
		Short:         "A self-hosted, multi-tenant authentication service",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	settings.AddFlags(root.PersistentFlags())
	root.AddCommand(
		newDev(), newServe(), newWorker(), newMigrate(), newTenant(), newOperator(), newConfig(), newCleanup(), newIsReady(), newVersion(),
	)
	return root
}

// load reads the settings of a command. What is wrong is listed in full; notices go to the log.
func load(cmd *cobra.Command, o settings.LoadOptions) (*settings.Settings, *slog.Logger, error) {
	o.Env = os.Environ()
	o.Flags = cmd.Flags()
	o.TenantKeys = append(o.TenantKeys, wire.TenantKeys()...)
	s, notices, err := settings.Load(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err.Error())
		return nil, nil, errReported
	}
	log := telemetry.NewLogger(os.Stderr, s.Log.Format, s.Log.Level)
	for _, n := range notices {
		level := slog.LevelInfo
		if n.Warning {
			level = slog.LevelWarn
		}
		log.Log(cmd.Context(), level, n.String())
	}
	return s, log, nil
}

// open loads the settings and puts the program together, ready to be used by a command that does one thing and ends.
func open(cmd *cobra.Command, use func(ctx context.Context, app *wire.App) error) error {
	s, log, err := load(cmd, settings.LoadOptions{})
	if err != nil {
		return err
	}
	app, err := wire.New(cmd.Context(), s, wire.Options{Log: log, Version: version})
	if err != nil {
		return err
	}
	defer app.Close()
	return use(cmd.Context(), app)
}
