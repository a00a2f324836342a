package wire_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
)

// What a process that was killed had under way is due again before the next one answers: later, it would be due that has just been begun.
func TestServe_TakesUpWhatWasLeftBeforeItListens(t *testing.T) {
	t.Parallel()

	s := load(t, "database.url", testdb.URL(t, dialect.SQLite), "server.public.address", "127.0.0.1:0", "server.ops.address", "127.0.0.1:0")
	var app *wire.App
	due := func() (at time.Time, err error) {
		err = app.Store.Do(t.Context(), scope.System("look at a test's intent"), func(ctx context.Context, tx *store.Tx) error {
			row, err := tx.Intent.Query().Where(intent.Kind("mail")).Only(ctx)
			if err == nil {
				at = row.AvailableAt
			}
			return err
		})
		return at, err
	}
	var served time.Time
	var read error
	listening := make(chan struct{})
	app, err := wire.New(t.Context(), s, wire.Options{
		Log: slog.New(slog.DiscardHandler), NoSpareKeys: true, Listening: func() { served, read = due(); close(listening) },
	})
	require.NoError(t, err)
	defer app.Close()
	shop, err := app.Provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "shop"})
	require.NoError(t, err)
	leased := time.Now().Add(time.Hour).UTC()
	require.NoError(t, app.Store.Do(t.Context(), scope.Tenant(shop.ID), func(ctx context.Context, tx *store.Tx) error {
		return tx.Intent.Create().SetKind("mail").SetPayload([]byte("a mail that was being sent")).SetAvailableAt(leased).SetAttempts(1).Exec(ctx)
	}))
	left, err := due()
	require.NoError(t, err)
	require.WithinDuration(t, leased, left, time.Second)

	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Serve(ctx, "public") }()
	select {
	case <-listening:
	case err := <-done:
		require.Fail(t, "it does not serve", "%v", err)
	}
	require.NoError(t, read)
	require.False(t, served.After(time.Now()), "it is due when the first request comes")
	end()
	require.NoError(t, <-done)
}
