package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/latchkeep/latchkeep/pkg/footprint"
	"github.com/latchkeep/latchkeep/tenants"
)

// Servers are the APIs that can be served alone.
var Servers = []string{"public", "admin", "console"}

// settled is how long after listening a start is over, with its first polls.
const settled = 2 * time.Second

// Serve serves some of the servers and the operations endpoints until the context ends, and for server.drain_delay after that. Where the queue is
// in this process, it also works.
func (a *App) Serve(ctx context.Context, servers ...string) error {
	if a.queue.embedded() {
		a.Log.InfoContext(ctx, "redis.url is not set: queue and limits are kept in this process, which is for one node")
	}
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	if err := a.worker.TakeUp(ctx); err != nil {
		return err
	}
	told := ctx
	open, stop := context.WithCancelCause(context.WithoutCancel(ctx)) // while the servers listen
	defer stop(nil)
	ctx, end := context.WithCancel(context.WithoutCancel(ctx)) // until the last request is answered, which needs what runs in the background
	defer end()
	names := append(slices.Clone(servers), "ops")
	if a.certificates != nil && slices.Contains(servers, "public") {
		names = append(names, "http")
	}
	listeners, err := a.listen(ctx, names)
	if err != nil {
		return err
	}
	var serving, running sync.WaitGroup
	for name, l := range listeners {
		serving.Go(func() {
			if err := a.serve(open, l, name); err != nil {
				stop(fmt.Errorf("serve %s: %w", name, err))
			}
		})
		a.Log.InfoContext(ctx, "listening", "server", name, "address", l.Addr().String())
	}
	if a.options.Listening != nil {
		a.options.Listening()
	}
	a.background(ctx, &running)
	a.serving(ctx, &running)
	running.Go(func() { a.trim(ctx) })
	if a.Single != nil && slices.Contains(servers, "public") {
		running.Go(func() { a.syncSAML(ctx) })
	}
	if a.queue.embedded() {
		a.works.Store(true)
		serving.Go(func() {
			if err := a.worker.Run(open); err != nil {
				stop(err)
			}
		})
	}
	a.leave(told, open.Done())
	stop(nil)
	serving.Wait()
	end()
	running.Wait()
	if cause := context.Cause(open); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// Work carries out what is in the outbox until the context ends.
func (a *App) Work(ctx context.Context) error {
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	l, err := net.Listen("tcp", a.Settings.Server.Ops.Address)
	if err != nil {
		a.Log.WarnContext(ctx, "the operations endpoints are not served: their address is taken", "error", err)
	} else {
		running.Go(func() { _ = a.serve(ctx, l, "ops") })
	}
	a.background(ctx, &running)
	running.Go(func() { a.trim(ctx) })
	a.works.Store(true)
	a.Log.InfoContext(ctx, "working")
	err = a.worker.Run(ctx)
	stop()
	running.Wait()
	return err
}

// trim gives back what only the start needed, once that is over.
func (a *App) trim(ctx context.Context) {
	started := time.NewTimer(settled)
	defer started.Stop()
	select {
	case <-ctx.Done():
	case <-started.C:
		if err := footprint.Trim(); err != nil {
			a.Log.DebugContext(ctx, "what the start needed is not given back", "error", err)
		}
	}
}

// Prepare makes sure of what must exist before the first request: the only tenant and its keys, in single-tenant mode.
func (a *App) Prepare(ctx context.Context) error {
	if a.Single == nil {
		return nil
	}
	if err := a.Provisioner.EnsureSingle(ctx, len(a.Settings.Secrets.Keys)); err != nil {
		return fmt.Errorf("prepare the tenant: %w", err)
	}
	if err := usable(ctx, a.Registry, tenants.SingleID); err != nil {
		return fmt.Errorf("secrets.keys: %w; %s", err, addSecret)
	}
	return nil
}

// background runs what servers and workers need beside their work.
func (a *App) background(ctx context.Context, running *sync.WaitGroup) {
	running.Go(func() { a.bell.Run(ctx) })
	running.Go(func() { a.queue.run(ctx) })
	running.Go(func() { a.Registry.Run(ctx) })
	running.Go(func() { a.Allowance.Run(ctx) })
}

// serving runs what only those need who answer requests.
func (a *App) serving(ctx context.Context, running *sync.WaitGroup) {
	running.Go(func() { a.Sessions.Follow(ctx, a.bell.Listen(bellSessions)) })
	if !a.options.NoSpareKeys {
		running.Go(func() { a.keys.Fill(ctx) })
	}
	running.Go(func() { a.APIKeys.Run(ctx) })
	running.Go(func() { a.Calls.Run(ctx) })
	running.Go(func() { a.OperatorTokens.Run(ctx) })
}

// syncSAML brings in the SAML providers of the configuration. A provider that is slow to answer keeps the program from nothing else.
func (a *App) syncSAML(ctx context.Context) {
	if err := a.SAML.SyncConfigured(ctx, tenants.SingleID); err != nil && ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "the SAML providers of the configuration cannot be brought in", "error", err)
	}
}
