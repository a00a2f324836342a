package rawsql_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// Every column is read, by head and whole, on every database: the expressions of each must be good in each.
func TestSealedColumns_AreReadOnEveryDatabase(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		ctx := scope.With(t.Context(), system)
		for _, c := range []rawsql.SealedColumn{
			rawsql.SealedSigningKeys, rawsql.SealedSAMLKeys, rawsql.SealedTOTPSecrets, rawsql.SealedRecoveryCodes, rawsql.SealedWebhookSecrets,
			rawsql.SealedCertificateFiles, rawsql.SealedIntents, rawsql.SealedWebhookDeliveries, rawsql.SealedJobParts, rawsql.SealedFlows, rawsql.SealedAnswers,
		} {
			heads, err := st.Raw().SealedHeads(ctx, c, uuid.Nil, 10)
			require.NoError(t, err, c)
			require.Empty(t, heads)
			rows, err := st.Raw().SealedRows(ctx, c, uuid.New())
			require.NoError(t, err, c)
			require.Empty(t, rows)
		}
	})
}

func TestSealed_IsReplacedUnlessSomebodyElseDidMeanwhile(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop := newTenant(t, st)
		kim, app := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
		old, others, ours := []byte("\x01\x00\xff'\\old text"), []byte("\x01anothers text"), []byte("\x01\x00ours")
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			tx.User.Create().SetID(kim).ExecX(ctx)
			return tx.TOTPSecret.Create().SetID(app).SetUserID(kim).SetSecret(old).Exec(ctx)
		})
		ctx := scope.With(t.Context(), system)
		heads, err := st.Raw().SealedHeads(ctx, rawsql.SealedTOTPSecrets, uuid.Nil, 10)
		require.NoError(t, err)
		require.Equal(t, []rawsql.SealedHead{{ID: app, Head: old[:5], Size: len(old)}}, heads)
		heads, err = st.Raw().SealedHeads(ctx, rawsql.SealedTOTPSecrets, app, 10)
		require.NoError(t, err)
		require.Empty(t, heads)
		rows, err := st.Raw().SealedRows(ctx, rawsql.SealedTOTPSecrets, app)
		require.NoError(t, err)
		require.Equal(t, []rawsql.SealedRow{{ID: app, Tenant: shop.TenantID(), Owner: kim, Sealed: old}}, rows)

		before := st.Reader().TOTPSecret.GetX(ctx, app)
		replace := func(from, to []byte) (done bool) {
			do(t, st, system, func(ctx context.Context, tx *store.Tx) (err error) {
				done, err = tx.Raw.ReplaceSealed(ctx, rawsql.SealedTOTPSecrets, app, from, to)
				return err
			})
			return done
		}
		require.False(t, replace(others, ours), "somebody else's text is not overwritten")
		require.True(t, replace(old, ours))
		after := st.Reader().TOTPSecret.GetX(ctx, app)
		require.Equal(t, ours, after.Secret)
		require.Equal(t, before.UpdatedAt, after.UpdatedAt, "nobody sees a change")

		_, err = st.Raw().SealedHeads(scope.With(t.Context(), shop), rawsql.SealedTOTPSecrets, uuid.Nil, 10)
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem)
		_, err = st.Raw().SealedRows(scope.With(t.Context(), shop), rawsql.SealedTOTPSecrets, app)
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem)
	})
}

func TestStoredConfig_IsReplacedUnlessSomebodyElseDidMeanwhile(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop := newTenant(t, st)
		id := shop.TenantID()
		ctx := scope.With(t.Context(), system)
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			return tx.Tenant.UpdateOneID(id).SetConfig([]byte(`{"b":"old \" \\ é","a":1}`)).Exec(ctx)
		})
		stored, err := st.Raw().StoredConfigs(ctx, rawsql.TenantConfigs, uuid.Nil, 10)
		require.NoError(t, err)
		require.Len(t, stored, 1)
		require.Equal(t, id, stored[0].Tenant)
		before := st.Reader().Tenant.Query().Where(tenant.ID(id)).OnlyX(ctx)
		replace := func(from []byte) (done bool) {
			do(t, st, system, func(ctx context.Context, tx *store.Tx) (err error) {
				done, err = tx.Raw.ReplaceConfig(ctx, rawsql.TenantConfigs, id, from, []byte(`{"b":"new","a":1}`))
				return err
			})
			return done
		}
		require.False(t, replace([]byte(`{"b":"x"}`)), "somebody else's change is not overwritten")
		require.True(t, replace(stored[0].Config))
		require.False(t, replace(stored[0].Config))
		after := st.Reader().Tenant.Query().Where(tenant.ID(id)).OnlyX(ctx)
		require.JSONEq(t, `{"b":"new","a":1}`, string(after.Config))
		require.Equal(t, before.UpdatedAt, after.UpdatedAt)
		require.Equal(t, before.Version, after.Version)

		_, err = st.Raw().StoredConfigs(ctx, rawsql.ConfigVersions, uuid.Nil, 10)
		require.NoError(t, err)
		_, err = st.Raw().StoredConfigs(scope.With(t.Context(), shop), rawsql.TenantConfigs, uuid.Nil, 10)
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem)
	})
}
