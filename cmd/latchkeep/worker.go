package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newWorker() *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Deliver mails, webhooks and audit records, and clean up",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, log, err := load(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			if s.Redis.URL == "" {
				return errors.New("redis.url is not set: without Redis, \"latchkeep serve\" does the work of the worker")
			}
			app, err := wire.New(cmd.Context(), s, wire.Options{Log: log, Version: version})
			if err != nil {
				return err
			}
			defer app.Close()
			return app.Work(cmd.Context())
		},
	}
}
