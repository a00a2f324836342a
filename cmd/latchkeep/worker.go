package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/worker"
)

func newWorker() *cobra.Command {
	var queues []string
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Deliver mails, webhooks and audit records, and clean up",
		Long: `Deliver mails, webhooks and audit records, and clean up. Any number of workers share the work.

With --queues a worker does a part of it, and others must do the rest: mail sends mails, webhook finds out who listens to an event and
delivery tells them, audit appends records, audit_erase erases what is personal in them, job imports and exports, periodic cleans up.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range queues {
				if !slices.Contains(worker.Queues(), name) {
					return fmt.Errorf("there is no queue %q: choose from %s", name, strings.Join(worker.Queues(), ", "))
				}
			}
			s, log, err := load(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			if s.Redis.URL == "" {
				return errors.New("redis.url is not set: without Redis, \"latchkeep serve\" does the work of the worker")
			}
			app, err := wire.New(cmd.Context(), s, wire.Options{Log: log, Version: version, Queues: queues})
			if err != nil {
				return err
			}
			defer app.Close()
			return app.Work(cmd.Context())
		},
	}
	cmd.Flags().StringSliceVar(&queues, "queues", nil, "work on these only: "+strings.Join(worker.Queues(), ", "))
	return cmd
}
