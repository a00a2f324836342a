package testenv

import (
	"context"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

// settings are those of a deployment with a public domain, on free ports of loopback.
func (e *Env) settings(t testing.TB) *settings.Settings {
	t.Helper()
	defaults := map[string]string{
		"server.public.address":            "127.0.0.1:0",
		"server.admin.address":             "127.0.0.1:0",
		"server.console.address":           "127.0.0.1:0",
		"server.ops.address":               "127.0.0.1:0",
		"public.base_url":                  "http://" + domain,
		"database.url":                     e.url,
		"secrets.keys":                     masterSecret,
		"audit_log.storage.enabled":        "true",
		"audit_log.console_output.enabled": "false",
		"audit_log.erase_deleted_users":    "false", // tests look at records a moment later; those about erasure turn it on
		"log.level":                        "info",
	}
	for path, value := range e.options.settings {
		defaults[path] = value
	}
	s, _, err := settings.Load(settings.LoadOptions{
		Defaults: defaults,
		ReadFile: func(string) ([]byte, error) {
			if e.options.file == "" {
				return nil, fs.ErrNotExist
			}
			return []byte(e.options.file), nil
		},
	})
	require.NoError(t, err, "load settings")
	return s
}

// serve runs all servers, and what they need in the background, until the test ends.
func (e *Env) serve(t testing.TB) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	t.Cleanup(func() {
		e.transport.CloseIdleConnections()
		stop()
		running.Wait()
	})
	failed := make(chan error, 2)
	run := func(what string, work func(context.Context) error) {
		running.Go(func() {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("%s: %w", what, err)
			}
		})
	}
	run("serve", func(ctx context.Context) error { return e.App.Serve(ctx, wire.Servers...) })
	if e.options.redis {
		run("work", e.App.Work)
	}
	for server, address := range map[string]*string{"public": &e.address, "admin": &e.admin, "console": &e.console} {
		var err error
		*address, err = e.log.address(server, failed)
		require.NoError(t, err)
	}
}

// serveQuietly answers requests and does nothing else.
func (e *Env) serveQuietly(t testing.TB) {
	t.Helper()
	server := httptest.NewServer(e.App.Public())
	t.Cleanup(server.Close)
	e.address = strings.TrimPrefix(server.URL, "http://")
	admin := httptest.NewServer(e.App.Admin())
	t.Cleanup(admin.Close)
	e.admin = strings.TrimPrefix(admin.URL, "http://")
}
