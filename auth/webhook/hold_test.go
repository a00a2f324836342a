package webhook_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// most is how much a tenant may deliver on a day: more than a test leaves waiting, or the next day would not be enough for it.
const most = 10

// deliverNoMore makes the tenant one that has delivered what it may today.
func deliverNoMore(t *testing.T, s *testenv.Tenant, now time.Time) {
	t.Helper()
	_, err := s.Env.App.Provisioner.SetQuotas(t.Context(), s.ID, quota.Limits{quota.Webhooks: {Hard: most}}, tenants.How{By: tenants.ByCLI})
	require.NoError(t, err)
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error {
		var tally usage.Tally
		tally.Add(now, usage.WebhooksDelivered, most)
		return tally.Save(ctx, tx, s.ID)
	}))
	require.NoError(t, s.Env.App.Allowance.Look(t.Context(), s.ID, false))
}

func TestDelivery_WaitsForTheNextDayWhereTheQuotaIsUsedUp(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver, mailer := env.Tenant(t, "shop", `{"email_delivery":{"enabled":false}}`), testenv.NewReceiver(t), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		subscribe(t, shop, mailer.URL, "email.send", "user")
		deliverNoMore(t, shop, clock.Now())
		kim := uuid.New()
		for range 3 {
			shop.Tell(t, event.UserLogin, kim, map[string]any{})
		}
		shop.Mail(t, event.MailPayload{Template: "login", To: "kim@shop.example", Code: "123456", ValidUntil: clock.Now().Add(time.Hour).Unix()})
		mailer.Wait(t, 1)
		require.Equal(t, []string{"email.send"}, mailer.Events(), "codes cannot wait")
		require.Eventually(t, func() bool {
			return !slices.ContainsFunc(endpointsOf(t, shop), func(e *ent.WebhookEndpoint) bool { return !putOff(e, clock) })
		}, 30*time.Second, 20*time.Millisecond)
		states(t, shop, 1, map[string]int{"waiting": 6, "delivered": 1})
		require.Empty(t, receiver.Calls())

		clock.Move(24 * time.Hour)
		env.App.Ring()
		receiver.Wait(t, 3)
		mailer.Wait(t, 4)
		states(t, shop, 7, map[string]int{"delivered": 7})
	})
}

func TestDelivery_GoesOnWhereMoreIsAllowed(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		deliverNoMore(t, shop, clock.Now())
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		require.Eventually(t, func() bool {
			es := endpointsOf(t, shop)
			return len(es) == 1 && putOff(es[0], clock) && es[0].OpenUntil != nil && es[0].OpenUntil.Before(clock.Now().Add(2*time.Minute)) && es[0].Failures == 0
		}, 30*time.Second, 20*time.Millisecond)
		_, err := env.App.Provisioner.SetQuotas(t.Context(), shop.ID, quota.Limits{quota.Webhooks: {Hard: 2 * most}}, tenants.How{By: tenants.ByCLI})
		require.NoError(t, err)
		clock.Move(3 * time.Minute)
		env.App.Ring()
		receiver.Wait(t, 1)
	})
}

// putOff reports whether an endpoint is left alone for longer than a lease lasts: nobody is at work on it, who would go by what was true at the beginning.
func putOff(e *ent.WebhookEndpoint, clock *testenv.Clock) bool {
	return e.DueAt != nil && e.DueAt.After(clock.Now().Add(webhook.Lease+5*time.Second))
}

func endpointsOf(t *testing.T, s *testenv.Tenant) (rows []*ent.WebhookEndpoint) {
	t.Helper()
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) (err error) {
		rows, err = tx.WebhookEndpoint.Query().All(ctx)
		return err
	}))
	return rows
}
