package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/latchkeep/latchkeep/pkg/footprint"
	"github.com/latchkeep/latchkeep/tenants"
)

// Servers are the APIs that can be served alone.
var Servers = []string{"public", "admin", "console"}

// drain is how long requests that are being served may take when the program ends.
const drain = 10 * time.Second

// settled is how long after listening a start is over, with its first polls.
const settled = 2 * time.Second

// Serve serves some of the servers and the operations endpoints until the context ends. Where the queue is in this process, it also works.
func (a *App) Serve(ctx context.Context, servers ...string) error {
	if a.queue.embedded() {
		a.Log.InfoContext(ctx, "redis.url is not set: queue and limits are kept in this process, which is for one node")
	}
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	names := append(slices.Clone(servers), "ops")
	if a.certificates != nil && slices.Contains(servers, "public") {
		names = append(names, "http")
	}
	listeners, err := a.listen(ctx, names)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	for name, l := range listeners {
		running.Go(func() {
			if err := a.serve(ctx, l, name); err != nil {
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
		running.Go(func() {
			if err := a.worker.Run(ctx); err != nil {
				stop(err)
			}
		})
	}
	<-ctx.Done()
	running.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
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

func (a *App) listen(ctx context.Context, names []string) (map[string]net.Listener, error) {
	listeners := map[string]net.Listener{}
	var config net.ListenConfig
	for _, name := range names {
		l, err := config.Listen(ctx, "tcp", a.address(name))
		if err != nil {
			for _, open := range listeners {
				_ = open.Close() // the first failure is the one to report
			}
			return nil, fmt.Errorf("server.%s.address: %w", name, err)
		}
		listeners[name] = l
	}
	return listeners, nil
}

func (a *App) address(name string) string {
	s := a.Settings.Server
	switch name {
	case "public":
		return s.Public.Address
	case "admin":
		return s.Admin.Address
	case "console":
		return s.Console.Address
	case "http":
		return a.Settings.TLS.HTTPAddress
	default:
		return s.Ops.Address
	}
}

// serve answers requests until the context ends, and then lets those under way finish.
func (a *App) serve(ctx context.Context, l net.Listener, name string) error {
	server := &http.Server{
		Handler:           a.handler(name),
		ErrorLog:          slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
	server.RegisterOnShutdown(a.tails.Close) // those who follow a log would not finish
	done := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		done <- server.Shutdown(stop)
	}()
	serve := server.Serve
	if name == "public" && a.certificates != nil {
		server.TLSConfig = a.certificates.TLS()
		server.Handler = encryptedOnly(server.Handler)
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-done
}

// encryptedOnly tells browsers to come back to a host by TLS alone (HSTS, RFC 6797), for a year. Behind a proxy that is the proxy's to say.
func encryptedOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}
