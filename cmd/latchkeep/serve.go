package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newServe() *cobra.Command {
	return &cobra.Command{
		Use:   "serve [" + strings.Join(wire.Servers, "|") + "|all]",
		Short: "Serve the public, admin and console APIs",
		Long: `Serve the public, admin and console APIs, or one of them, and the operations endpoints.

Without redis.url the server also does the work of "latchkeep worker" and keeps its queue and limits in the process: that is for one node.`,
		Args: cobra.MaximumNArgs(1),
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
			app, err := wire.New(cmd.Context(), s, wire.Options{Log: log, Version: version})
			if err != nil {
				return err
			}
			defer app.Close()
			return app.Serve(cmd.Context(), servers...)
		},
	}
}
