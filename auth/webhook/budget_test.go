package webhook_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

func TestDelivery_CostsFewStatementsHoweverManyThereAre(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		for range 20 {
			shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		}
		snapshot, err := env.App.Registry.ByID(t.Context(), shop.ID)
		require.NoError(t, err)
		rows, err := env.App.Store.Reader().Intent.Query().Where(intent.Kind(event.KindWebhook)).Order(ent.Asc(intent.FieldID)).
			All(scope.With(t.Context(), scope.Tenant(shop.ID)))
		require.NoError(t, err)
		require.Len(t, rows, 20)
		var events []webhook.Event
		for _, row := range rows {
			e := webhook.Event{ID: row.ID, Key: row.Ordering, Sealed: row.Payload}
			require.NoError(t, json.Unmarshal(shop.Open(t, row), &e.Payload))
			events = append(events, e)
		}
		nothing := func(context.Context, *store.Tx) error { return nil }
		sent := env.Statements(func() { require.NoError(t, env.App.Webhooks.FanOut(t.Context(), snapshot, events, nothing)) })
		require.Len(t, sent, 3, "insert, lock, wake; and one for the outbox: %q", sent)

		var claimed []rawsql.ClaimedEndpoint
		sent = env.Statements(func() {
			require.NoError(t, env.App.Store.Do(t.Context(), scope.System("a test"), func(ctx context.Context, tx *store.Tx) (err error) {
				claimed, err = tx.Raw.ClaimEndpoints(ctx, clock.Now(), webhook.Lease, 10)
				return err
			}))
		})
		require.Len(t, claimed, 1)
		require.Len(t, sent, 2)
		sent = env.Statements(func() { require.NoError(t, env.App.Webhooks.Deliver(t.Context(), snapshot, claimed[0], nil)) })
		most := 9
		if env.Dialect == "postgres" {
			most = 12 // it is told three times how to look
		}
		require.Len(t, sent, most, "endpoint, webhook, what is due; lock, save, what is due next, endpoint; the first counter of the day: %q", sent)
		require.Len(t, receiver.Calls(), 20)
		report, err := env.App.Usage.Of(t.Context(), shop.ID, usage.DayOf(clock.Now()), usage.DayOf(clock.Now()))
		require.NoError(t, err)
		require.EqualValues(t, 20, report.Totals.WebhooksDelivered)
		sent = env.Statements(func() { require.NoError(t, env.App.Webhooks.Deliver(t.Context(), snapshot, claimed[0], nil)) })
		require.Len(t, sent, 2, "a lease that is over ends at once")
	}, testenv.Quiet())
}
