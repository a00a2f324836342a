package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newServe() *cobra.Command {
	var authMeta string
	cmd := &cobra.Command{
		Use:   "serve [" + strings.Join(wire.Servers, "|") + "|all]",
		Short: "Serve the public, admin and console APIs",
		Long: `Serve the public, admin and console APIs, or one of them, and the operations endpoints.

Without redis.url the server also does the work of "latchkeep worker" and keeps its queue and limits in the process: that is for one node.`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: append(slices.Clone(wire.Servers), "all"),
		RunE: func(cmd *cobra.Command, args []string) error {
			servers := wire.Servers
			if len(args) == 1 && args[0] == "management" { // as Hanko calls it
				args[0] = "console"
			}
			if len(args) == 1 && args[0] != "all" {
				if !slices.Contains(wire.Servers, args[0]) {
					return fmt.Errorf("there is no server %q: choose %s or all", args[0], strings.Join(wire.Servers, ", "))
				}
				servers = args
			}
			s, log, err := load(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			o := wire.Options{Log: log, Version: version, Models: readModels(cmd.Context(), authMeta, log)}
			app, err := wire.New(cmd.Context(), s, o)
			if err != nil {
				return err
			}
			defer app.Close()
			return app.Serve(cmd.Context(), servers...)
		},
	}
	cmd.Flags().StringVar(&authMeta, "auth-meta", "", "JSON file with the names of authenticators by AAGUID; the built-in names where absent")
	return cmd
}

// readModels reads the names of authenticators. Without a file they are those that come with the program; with one that cannot be read there are
// none, which is no reason not to start.
func readModels(ctx context.Context, file string, log *slog.Logger) passkey.Models {
	if file == "" {
		return nil
	}
	raw, err := os.ReadFile(file)
	if err == nil {
		var models passkey.Models
		if models, err = passkey.ReadModels(raw); err == nil {
			return models
		}
	}
	log.WarnContext(ctx, "passkeys get no names: the file of --auth-meta cannot be read", "error", err)
	return passkey.Models{}
}
