package worker

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestFanOut_BySeveralWorkersLeavesEachEventOnce(t *testing.T) {
	t.Parallel()
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var counted sync.Mutex
			sent := 0
			st, _ := testdb.New(t, name, testdb.WithStatements(func(string) { counted.Lock(); sent++; counted.Unlock() }))
			f, shop := newFanOut(t, st)
			first, second := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
			subscribed := func(id uuid.UUID) {
				require.NoError(t, st.Do(t.Context(), scope.Tenant(shop.ID), func(ctx context.Context, tx *store.Tx) error {
					if err := f.registry.Bump(ctx, tx, shop.ID); err != nil {
						return err
					}
					return tx.Webhook.Create().SetID(id).SetCallback("https://x.example").SetEvents([]byte(`[{"event":"user"}]`)).SetExpiresAt(time.Now()).Exec(ctx)
				}))
			}
			subscribed(first)
			subscribed(second)
			shop, err := f.registry.ByID(t.Context(), shop.ID)
			require.NoError(t, err)
			items := leave(t, st, f.keyring, shop, 20)
			all := batch{Kind: event.KindWebhook, Tenant: shop.ID, Items: items}
			some, more := all, all
			some.Items, more.Items = items[:12], items[8:]

			var running sync.WaitGroup
			failed := make([]error, 6)
			for i, b := range []batch{all, all, some, more, more, some} {
				running.Go(func() { failed[i] = f.portion(t.Context(), b) })
			}
			running.Wait()
			for _, err := range failed {
				require.NoError(t, err)
			}
			require.NoError(t, f.portion(t.Context(), all), "and long after")
			ctx := scope.With(t.Context(), scope.Tenant(shop.ID))
			rows, err := st.Reader().WebhookDelivery.Query().All(ctx)
			require.NoError(t, err)
			require.Len(t, rows, 40)
			ready, err := st.Reader().Intent.Query().Where(intent.State("ready")).Count(ctx)
			require.NoError(t, err)
			require.Zero(t, ready)

			more.Items = leave(t, st, f.keyring, shop, 20)
			sent = 0
			require.NoError(t, f.portion(t.Context(), more))
			require.Equal(t, 4, sent, "20 events to 2 endpoints: mark, insert, lock, wake")
		})
	}
}

func TestFanOut_AnEventThatCannotBeLeftHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		f, shop := newFanOut(t, st)
		require.NoError(t, st.Do(t.Context(), scope.Tenant(shop.ID), func(ctx context.Context, tx *store.Tx) error {
			if err := f.registry.Bump(ctx, tx, shop.ID); err != nil {
				return err
			}
			return tx.Webhook.Create().SetCallback("https://x.example").SetEvents([]byte(`[{"event":"user"}]`)).SetExpiresAt(time.Now()).Exec(ctx)
		}))
		shop, err := f.registry.ByID(t.Context(), shop.ID)
		require.NoError(t, err)
		leave(t, st, f.keyring, shop, 2)
		bad, heard := event.Webhook(shop, event.Name("user."+strings.Repeat("x", 80)), uuid.New(), map[string]any{}) // longer than its column
		require.True(t, heard)
		require.NoError(t, st.Do(t.Context(), scope.Tenant(shop.ID), func(ctx context.Context, tx *store.Tx) error {
			return outbox.NewWriter(f.keyring, nil).Write(ctx, tx, bad)
		}))
		items := leave(t, st, f.keyring, shop, 2)

		require.NoError(t, f.portion(t.Context(), batch{Kind: event.KindWebhook, Tenant: shop.ID, Items: items}))

		ctx := scope.With(t.Context(), scope.Tenant(shop.ID))
		require.Equal(t, 4, st.Reader().WebhookDelivery.Query().CountX(ctx))
		row, err := st.Reader().Intent.Query().Where(intent.State("ready")).Only(ctx)
		require.NoError(t, err)
		require.Equal(t, bad.ID, row.ID)
		require.Equal(t, 1, row.Attempts)
		require.NotEmpty(t, row.LastError)
		require.True(t, row.AvailableAt.After(time.Now()))
	})
}

func newFanOut(t *testing.T, st *store.Store) (*fanOutTask, *tenants.Tenant) {
	t.Helper()
	keyring, err := secret.NewKeyring([]string{"a secret of the worker's tests, long enough"})
	require.NoError(t, err)
	addresses, err := tenants.NewAddresses("http://localhost:8000", "http://localhost:8001", false)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	registry := tenants.NewRegistry(tenants.RegistryOptions{Store: st, Keyring: keyring, Addresses: addresses, Log: log})
	provisioner := tenants.NewProvisioner(tenants.ProvisionerOptions{Store: st, Keyring: keyring, Registry: registry, Keys: jose.NewPool(0), Log: log})
	made, err := provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "shop"})
	require.NoError(t, err)
	shop, err := registry.ByID(t.Context(), made.ID)
	require.NoError(t, err)
	room := webhook.NewRoom(webhook.Needs{
		Store: st, Outbox: outbox.NewWriter(keyring, nil), Keyring: keyring, Registry: registry, Client: http.DefaultClient, Ring: func() {}, Log: log,
	})
	return &fanOutTask{store: st, keyring: keyring, registry: registry, webhooks: room, log: log}, shop
}

// leave leaves events in the outbox, and returns them as the relay hands them out.
func leave(t *testing.T, st *store.Store, keyring *secret.Keyring, shop *tenants.Tenant, n int) []item {
	t.Helper()
	var intents []outbox.Intent
	for range n {
		i, heard := event.Webhook(shop, event.UserLogin, uuid.New(), map[string]any{})
		require.True(t, heard)
		intents = append(intents, i)
	}
	require.NoError(t, st.Do(t.Context(), scope.Tenant(shop.ID), func(ctx context.Context, tx *store.Tx) error {
		return outbox.NewWriter(keyring, nil).Write(ctx, tx, intents...)
	}))
	rows, err := st.Reader().Intent.Query().Where(intent.State("ready")).Order(ent.Asc(intent.FieldID)).All(scope.With(t.Context(), scope.Tenant(shop.ID)))
	require.NoError(t, err)
	var items []item
	for _, row := range rows {
		items = append(items, item{ID: row.ID, Ordering: row.Ordering, Payload: row.Payload})
	}
	return items
}

func TestRooms_KeepPlacesForThoseWhoDoNotHang(t *testing.T) {
	t.Parallel()
	r := newRooms()
	entered := func(tenant uuid.UUID, ailing bool) int {
		n := 0
		for r.enter(tenant, ailing) {
			n++
		}
		return n
	}
	shop, bank := uuid.New(), uuid.New()
	require.Equal(t, ailingPerTenant, entered(shop, true))
	require.Equal(t, slicesPerTenant-ailingPerTenant, entered(shop, false))
	taken := ailingPerTenant
	for taken < ailingAtOnce {
		taken += entered(uuid.New(), true)
	}
	require.Zero(t, entered(bank, true))
	require.Positive(t, entered(bank, false))
	r.leave(shop, true)
	require.Equal(t, 1, entered(shop, true))
}
