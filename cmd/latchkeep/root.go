package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/redis/go-redis/v9"
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
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	settings.AddFlags(root.PersistentFlags())
	addOutputFlag(root)
	root.AddCommand(
		newDev(), newServe(), newWorker(), newMigrate(), newTenant(), newUser(), newImport(), newAudit(), newKey(), newOperator(), newUsage(), newConfig(), newDoctor(),
		newJWT(), newJWK(), newSIWA(), newCleanup(), newIsReady(), newSchema(), newVersion(),
	)
	markMisuse(root)
	return root
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{
		Use: use, Short: short,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	g.AddCommand(commands...)
	return g
}

// read reads the settings of a command. The error lists everything that is wrong.
func read(cmd *cobra.Command, o settings.LoadOptions) (*settings.Settings, settings.Notices, error) {
	o.Env = os.Environ()
	if o.Flags == nil {
		o.Flags = cmd.Flags()
	}
	o.TenantKeys = append(o.TenantKeys, wire.TenantKeys()...)
	return settings.Load(o)
}

// load is read for commands that run on: they have a log, and notices go there. So does what the Redis client has to say.
func load(cmd *cobra.Command, o settings.LoadOptions) (*settings.Settings, *slog.Logger, error) {
	s, notices, err := read(cmd, o)
	if err != nil {
		return nil, nil, err
	}
	log := telemetry.NewLogger(os.Stderr, s.Log.Format, s.Log.Level)
	redis.SetLogger(redisLog{log})
	for _, n := range notices {
		level := slog.LevelInfo
		if n.Warning {
			level = slog.LevelWarn
		}
		log.Log(cmd.Context(), level, n.String())
	}
	return s, log, nil
}

// redisLog takes down what the Redis client says: that a server cannot be reached, many times a second. Who needs it says so too.
type redisLog struct{ log *slog.Logger }

// Printf takes down a message.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(format, args...))
}

// loadBriefly is read for commands that do one thing and end: people read what they say, so it is warnings only, in plain words.
func loadBriefly(cmd *cobra.Command, o settings.LoadOptions) (*settings.Settings, *slog.Logger, error) {
	s, notices, err := read(cmd, o)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range notices {
		if n.Warning {
			fmt.Fprintln(os.Stderr, "warning:", n)
		}
	}
	return s, telemetry.NewLogger(os.Stderr, "text", max(s.Log.Level, slog.LevelWarn)), nil
}

// open loads the settings and puts the program together, ready to be used by a command that does one thing and ends.
func open(cmd *cobra.Command, use func(ctx context.Context, app *wire.App) error) error {
	s, log, err := loadBriefly(cmd, settings.LoadOptions{})
	if err != nil {
		return err
	}
	app, err := wire.New(cmd.Context(), s, wire.Options{Log: log, Version: version})
	if err != nil {
		return err
	}
	defer app.Close()
	if err := app.Prepare(cmd.Context()); err != nil {
		return err
	}
	return use(cmd.Context(), app)
}
