package worker_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/worker"
)

func TestCleanup_DeletesWhatExpiredAndNothingElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		flow := func(tenant *tenants.Tenant, expires time.Duration) {
			err := r.store.Do(t.Context(), scope.Tenant(tenant.ID), func(ctx context.Context, tx *store.Tx) error {
				return tx.Flow.Create().SetID(uuid.Must(uuid.NewV7())).SetName("login").SetData([]byte("x")).
					SetExpiresAt(time.Now().UTC().Add(expires).Truncate(time.Microsecond)).Exec(ctx)
			})
			require.NoError(t, err)
		}
		flow(r.shop, -time.Hour)
		flow(r.bank, -time.Hour)
		flow(r.bank, time.Hour)
		w := worker.New(worker.Needs{Store: r.store, Keyring: r.keyring, Registry: r.registry, Log: slog.New(slog.DiscardHandler)})

		counted, err := w.Cleanup(t.Context(), []string{"flows"}, 1, false)
		require.NoError(t, err)
		deleted, err := w.Cleanup(t.Context(), []string{"flows"}, 1, true)
		require.NoError(t, err)
		again, err := w.Cleanup(t.Context(), []string{"flows"}, 1, true)
		require.NoError(t, err)
		ceremonies, err := w.Cleanup(t.Context(), []string{"webauthn_session_data"}, 1, true) // as Hanko's scripts say
		require.NoError(t, err)
		require.Equal(t, []worker.Expired{{Table: "webauthn_session_data"}}, ceremonies)
		_, err = w.Cleanup(t.Context(), []string{"users"}, 1, true)

		require.Equal(t, []worker.Expired{{Table: "flows", Rows: 2}}, counted)
		require.Equal(t, []worker.Expired{{Table: "flows", Rows: 2}}, deleted)
		require.Equal(t, []worker.Expired{{Table: "flows", Rows: 0}}, again)
		require.ErrorContains(t, err, "users")
	})
}

// aging makes a row of each table that is cleaned up, of no use from a time on.
func aging(user uuid.UUID) map[string]func(ctx context.Context, tx *store.Tx, end time.Time) error {
	token := func() []byte { id := uuid.New(); return id[:] }
	return map[string]func(ctx context.Context, tx *store.Tx, end time.Time) error{
		"flows": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.Flow.Create().SetID(uuid.New()).SetName("login").SetData([]byte("x")).SetExpiresAt(end).Exec(ctx)
		},
		"passcodes": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.Passcode.Create().SetFlowID(uuid.New()).SetPurpose("login").SetAddress("kim@shop.example").SetCodeMAC(token()).SetExpiresAt(end).Exec(ctx)
		},
		"one_time_tokens": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.OneTimeToken.Create().SetUserID(user).SetHash(token()).SetPurpose("sign-in").SetExpiresAt(end).Exec(ctx)
		},
		"trusted_devices": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.TrustedDevice.Create().SetUserID(user).SetTokenHash(token()).SetExpiresAt(end).Exec(ctx)
		},
		"sessions": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.Session.Create().SetUserID(user).SetLastUsedAt(end).SetExpiresAt(end).Exec(ctx)
		},
		"revocations": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.Revocation.Create().SetSessionID(uuid.New()).SetExpiresAt(end).Exec(ctx)
		},
		"saml_uses": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.SAMLUse.Create().SetKind("assertion").SetDigest(token()).SetExpiresAt(end).Exec(ctx)
		},
		"idempotency_keys": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.IdempotencyKey.Create().SetHash(token()).SetRequestHash(token()).SetStatus(200).SetExpiresAt(end).Exec(ctx)
		},
		"jobs": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			return tx.Job.Create().SetKind("export").SetState("done").SetOptions(json.RawMessage(`{}`)).SetExpiresAt(end).Exec(ctx)
		},
		"outbox": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			done := end.Add(-keptIntents)
			return tx.Intent.Create().SetKind("mail").SetState("done").SetPayload([]byte{}).SetAvailableAt(done).SetDoneAt(done).Exec(ctx)
		},
		"identities": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			made := end.Add(-keptPending)
			return tx.Identity.Create().SetProviderID("google").SetSubject(uuid.NewString()).SetCreatedAt(made).Exec(ctx)
		},
		"audit_logs": func(ctx context.Context, tx *store.Tx, end time.Time) error {
			made := end.Add(-keptRecords)
			return tx.AuditLog.Create().SetSequence(end.UnixNano()).SetType("login_success").SetCreatedAt(made).Exec(ctx)
		},
	}
}

const keptIntents, keptRecords, keptPending = time.Hour, 24 * time.Hour, 24 * time.Hour

func TestCleanup_TakesFromEachTableWhatIsOfNoUseAnyMore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		at := time.Now().UTC().Truncate(time.Microsecond)
		kinds := map[string]bool{}
		for _, tenant := range []*tenants.Tenant{r.shop, r.bank} {
			require.NoError(t, r.store.Do(t.Context(), scope.Tenant(tenant.ID), func(ctx context.Context, tx *store.Tx) error {
				kim, err := tx.User.Create().SetUsername("kim").Save(ctx)
				if err != nil {
					return err
				}
				for kind, leave := range aging(kim.ID) {
					kinds[kind] = true
					for _, end := range []time.Time{at.Add(-time.Second), at.Add(time.Hour)} {
						if err := leave(ctx, tx, end); err != nil {
							return err
						}
					}
				}
				// What never happened waits for the operator, however old it is.
				return tx.Intent.Create().SetKind("mail").SetState("dead").SetPayload([]byte{}).SetAvailableAt(at).SetDoneAt(at.Add(-time.Hour * 1000)).Exec(ctx)
			}))
		}
		w := worker.New(worker.Needs{
			Store: r.store, Keyring: r.keyring, Registry: r.registry, Log: slog.New(slog.DiscardHandler),
			Cleanup: worker.CleanupPolicy{Intents: keptIntents, AuditLogs: keptRecords},
		})

		for _, want := range []int{2, 0} {
			gone, err := w.Cleanup(t.Context(), nil, 100, true)
			require.NoError(t, err)
			require.Len(t, gone, len(kinds), "every table that is cleaned up is tried here")
			for _, g := range gone {
				require.True(t, kinds[g.Table], g.Table)
				require.Equal(t, want, g.Rows, "%s: one of each tenant, the younger one stays", g.Table)
			}
		}
		require.Equal(t, map[string]int{"done": 2, "dead": 2}, r.states(t))
	})
}

func TestCleanup_KeepsWhatWasGivenUpForAWhileOfItsOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		at := time.Now().UTC().Truncate(time.Microsecond)
		require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop.ID), func(ctx context.Context, tx *store.Tx) error {
			for _, ago := range []time.Duration{30 * time.Minute, 2 * time.Hour} {
				for _, state := range []string{"dead", "done"} {
					err := tx.Intent.Create().SetKind("mail").SetState(state).SetPayload([]byte{}).SetAvailableAt(at).SetDoneAt(at.Add(-ago)).Exec(ctx)
					if err != nil {
						return err
					}
				}
			}
			return nil
		}))
		w := worker.New(worker.Needs{
			Store: r.store, Keyring: r.keyring, Registry: r.registry, Log: slog.New(slog.DiscardHandler),
			Cleanup: worker.CleanupPolicy{Intents: 24 * time.Hour, DeadIntents: time.Hour},
		})

		_, err := w.Cleanup(t.Context(), []string{"outbox"}, 100, true)

		require.NoError(t, err)
		require.Equal(t, map[string]int{"done": 2, "dead": 1}, r.states(t))
	})
}

func TestCleanup_KeepsMailsForTheirLogLongerThanOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		at := time.Now().UTC().Truncate(time.Microsecond)
		require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop.ID), func(ctx context.Context, tx *store.Tx) error {
			for _, ago := range []time.Duration{30 * time.Minute, 3 * time.Hour, 30 * time.Hour} {
				for _, one := range [][2]string{{"mail", "sent"}, {"mail", "dropped"}, {"audit", "dropped"}, {"audit", "done"}} {
					err := tx.Intent.Create().SetKind(one[0]).SetState(one[1]).SetPayload([]byte{}).SetAvailableAt(at).SetDoneAt(at.Add(-ago)).Exec(ctx)
					if err != nil {
						return err
					}
				}
			}
			return nil
		}))
		w := worker.New(worker.Needs{
			Store: r.store, Keyring: r.keyring, Registry: r.registry, Log: slog.New(slog.DiscardHandler),
			Cleanup: worker.CleanupPolicy{Intents: time.Hour, Mails: 24 * time.Hour},
		})

		_, err := w.Cleanup(t.Context(), []string{"outbox"}, 100, true)

		require.NoError(t, err)
		require.Equal(t, map[string]int{"sent": 2, "dropped": 3, "done": 1}, r.states(t), "mails of a day, others of an hour")
	})
}

func TestCleanup_KeepsTheAuditLogForGoodWhereNoTimeIsSet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop.ID), func(ctx context.Context, tx *store.Tx) error {
			return aging(uuid.Nil)["audit_logs"](ctx, tx, time.Now().UTC().AddDate(-10, 0, 0))
		}))
		w := worker.New(worker.Needs{Store: r.store, Keyring: r.keyring, Registry: r.registry, Log: slog.New(slog.DiscardHandler)})

		gone, err := w.Cleanup(t.Context(), nil, 100, true)

		require.NoError(t, err)
		for _, g := range gone {
			require.NotEqual(t, "audit_logs", g.Table)
		}
		n, err := r.store.Reader().AuditLog.Query().Count(scope.With(t.Context(), scope.Tenant(r.shop.ID)))
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

func TestCleanup_KeepsDeliveriesForAWeekAndDeadOnesForAMonth(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		const day = 24 * time.Hour
		at := time.Now().UTC().Truncate(time.Microsecond)
		require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop.ID), func(ctx context.Context, tx *store.Tx) error {
			for _, state := range []string{"delivered", "dropped", "dead", "waiting"} {
				for _, age := range []time.Duration{6 * day, 8 * day, 29 * day, 31 * day} {
					err := tx.WebhookDelivery.Create().SetMessageID(uuid.New()).SetEndpointID(uuid.New()).SetEvent("user.login").SetState(state).
						SetOccurredAt(at).SetAvailableAt(at).SetGiveUpAt(at).SetCreatedAt(at.Add(-age)).Exec(ctx)
					if err != nil {
						return err
					}
				}
			}
			return nil
		}))
		w := worker.New(worker.Needs{
			Store: r.store, Keyring: r.keyring, Registry: r.registry, Log: slog.New(slog.DiscardHandler),
			Cleanup: worker.CleanupPolicy{Webhooks: 7 * day, DeadWebhooks: 30 * day},
		})

		_, err := w.Cleanup(t.Context(), []string{"webhook_deliveries"}, 100, true)

		require.NoError(t, err)
		rows, err := r.store.Reader().WebhookDelivery.Query().All(scope.With(t.Context(), scope.Tenant(r.shop.ID)))
		require.NoError(t, err)
		left := map[string]int{}
		for _, row := range rows {
			left[row.State]++
		}
		require.Equal(t, map[string]int{"delivered": 1, "dropped": 1, "dead": 3, "waiting": 4}, left)
	})
}
