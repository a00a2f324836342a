package rawsql_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// home is a tenant with one of each that raw statements are about.
type home struct {
	scope                                  scope.Scope
	user, session, intent, webhook, record uuid.UUID
	name                                   string
}

func newHome(t *testing.T, st *store.Store, name string) home {
	t.Helper()
	h := home{scope: newTenant(t, st), name: name, user: uuid.Must(uuid.NewV7()), session: uuid.Must(uuid.NewV7()), intent: uuid.Must(uuid.NewV7())}
	h.webhook, h.record = uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	past, later := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	do(t, st, h.scope, func(ctx context.Context, tx *store.Tx) error {
		tx.User.Create().SetID(h.user).SetUsername(name).SetBlockedAt(past).ExecX(ctx)
		tx.Email.Create().SetUserID(h.user).SetAddress(name + "@shop.example").ExecX(ctx)
		tx.Email.Create().SetUserID(h.user).SetAddress("everybody@shop.example").ExecX(ctx)
		tx.WebauthnCredential.Create().SetUserID(h.user).SetCredentialID([]byte(name)).SetCredentialHash([]byte(name)).SetPublicKey([]byte("x")).
			SetAaguid(uuid.Nil).SetTransports(nil).ExecX(ctx)
		tx.Session.Create().SetID(h.session).SetUserID(h.user).SetExpiresAt(later).SetLastUsedAt(past).ExecX(ctx)
		tx.Flow.Create().SetID(uuid.New()).SetName("login").SetData([]byte("x")).SetExpiresAt(past).ExecX(ctx)
		tx.Intent.Create().SetID(h.intent).SetKind("mail").SetPayload([]byte("x")).SetAvailableAt(past).ExecX(ctx)
		tx.AuditLog.Create().SetID(h.record).SetSequence(1).SetType("login_success").SetActorUserID(h.user).ExecX(ctx)
		tx.Webhook.Create().SetID(h.webhook).SetCallback("https://hooks.example").SetEvents([]byte("[]")).SetFailures(1).SetExpiresAt(past).ExecX(ctx)
		tx.WebhookDelivery.Create().SetMessageID(uuid.New()).SetEndpointID(h.webhook).SetEvent("user.create").SetState("dead").SetPayload([]byte("x")).
			SetOccurredAt(past).SetAvailableAt(past).SetGiveUpAt(past).SetUpdatedAt(past).ExecX(ctx)
		return tx.WebhookDelivery.Create().SetMessageID(uuid.New()).SetEndpointID(h.webhook).SetEvent("user.create").SetState("waiting").
			SetPayload([]byte("x")).SetOccurredAt(past).SetAvailableAt(later).SetGiveUpAt(later).Exec(ctx)
	})
	return h
}

// TestForeign_NothingIsReadOfAnotherTenant has each statement that is about one tenant asked by it about what another one has.
func TestForeign_NothingIsReadOfAnotherTenant(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		theirs := newHome(t, st, "theirs")
		ours := newHome(t, st, "ours")
		now := time.Now()
		do(t, st, ours.scope, func(ctx context.Context, tx *store.Tx) error {
			q := tx.Raw
			found, err := q.IdentifyByEmail(ctx, "theirs@shop.example")
			require.NoError(t, err)
			require.Nil(t, found, "by address")
			found, err = q.IdentifyByUsername(ctx, "theirs")
			require.NoError(t, err)
			require.Nil(t, found, "by name")
			found, err = q.IdentifyByID(ctx, theirs.user)
			require.NoError(t, err)
			require.Nil(t, found, "by id")
			person, err := q.Person(ctx, theirs.user)
			require.NoError(t, err)
			require.Nil(t, person)
			people, err := q.People(ctx, []uuid.UUID{theirs.user, ours.user})
			require.NoError(t, err)
			require.Len(t, people, 1)
			require.Equal(t, ours.user, people[0].ID)
			blocked, err := q.LockForSignIn(ctx, theirs.user)
			require.NoError(t, err)
			require.False(t, blocked, "of nobody it is not known whether she is blocked")
			surplus, err := q.SurplusSessions(ctx, theirs.user, 0, now)
			require.NoError(t, err)
			require.Empty(t, surplus)
			records, err := q.AuditRecords(ctx, rawsql.AuditFilter{}, rawsql.AuditPage{Limit: 10})
			require.NoError(t, err)
			require.Len(t, records, 1)
			require.Equal(t, ours.record, records[0].ID)
			list, err := q.ListUsers(ctx, rawsql.UserFilter{}, rawsql.UserWindow{Limit: 10})
			require.NoError(t, err)
			require.Len(t, list, 1)
			list, err = q.ListUsers(ctx, rawsql.UserFilter{Email: "everybody@shop.example"}, rawsql.UserWindow{Limit: 10})
			require.NoError(t, err)
			require.Len(t, list, 1, "the same address in both")
			holders, err := q.CountHolders(ctx, rawsql.Ways{})
			require.NoError(t, err)
			require.Equal(t, 1, holders.Passkeys)
			stranded, err := q.Stranded(ctx, rawsql.Methods{Passkey: true}, rawsql.Methods{Password: true}, 10)
			require.NoError(t, err)
			require.Equal(t, 1, stranded)
			mails, err := q.Mails(ctx, rawsql.MailAsk{Limit: 10})
			require.NoError(t, err)
			require.Len(t, mails, 1)
			due, err := q.ReadIntents(ctx, "mail", now, 10)
			require.NoError(t, err)
			require.Len(t, due, 1)
			waiting, err := q.CountWaiting(ctx, []uuid.UUID{theirs.webhook, ours.webhook}, 10)
			require.NoError(t, err)
			require.Equal(t, map[uuid.UUID]int{theirs.webhook: 0, ours.webhook: 1}, waiting)
			expired, err := q.CountExpired(ctx, rawsql.ExpiredFlows, now)
			require.NoError(t, err)
			require.Equal(t, 1, expired)
			return nil
		})
	})
}

// TestForeign_NothingIsChangedOfAnotherTenant likewise.
func TestForeign_NothingIsChangedOfAnotherTenant(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		theirs := newHome(t, st, "theirs")
		ours := newHome(t, st, "ours")
		now := time.Now()
		do(t, st, ours.scope, func(ctx context.Context, tx *store.Tx) error {
			q := tx.Raw
			n, err := q.IntentsDone(ctx, now, theirs.intent)
			require.NoError(t, err)
			require.Zero(t, n)
			require.NoError(t, q.ReleaseIntent(ctx, theirs.intent, now.Add(time.Hour), "x"))
			require.NoError(t, q.RetryIntent(ctx, theirs.intent, now.Add(time.Hour), "x"))
			n, err = q.DeleteExpired(ctx, rawsql.ExpiredFlows, now, 10)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			n, err = q.DeleteAuditRecords(ctx, 9, 10)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.NoError(t, q.WebhookHeard(ctx, theirs.webhook, now))
			require.NoError(t, q.WebhookFailed(ctx, theirs.webhook, 1, 1))
			n, err = q.ReplayDeliveries(ctx, rawsql.Replay{Endpoints: []uuid.UUID{theirs.webhook}, State: "dead", Before: now, GiveUpAt: now}, now, 10)
			require.NoError(t, err)
			require.Zero(t, n)
			return nil
		})
		ctx, r := scope.With(t.Context(), theirs.scope), st.Reader()
		intent := r.Intent.GetX(ctx, theirs.intent)
		require.Equal(t, "ready", intent.State)
		require.True(t, intent.AvailableAt.Before(now))
		require.Equal(t, 1, r.Flow.Query().CountX(ctx))
		require.Equal(t, 1, r.AuditLog.Query().CountX(ctx))
		hook := r.Webhook.GetX(ctx, theirs.webhook)
		require.Equal(t, 1, hook.Failures)
		require.True(t, hook.Enabled && hook.ExpiresAt.Before(now.Add(-time.Minute)))
	})
}
