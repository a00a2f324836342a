package tenants_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

func TestRotateKeyAt_SignsFromThenAndNotBeforeClientsCanKnowTheKey(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		id := s.tenant(t, "shop").ID
		for what, at := range map[string]time.Time{"too early": s.clock.Now().Add(time.Minute), "too late": s.clock.Now().AddDate(2, 0, 0)} {
			_, err := s.tenants.RotateKeyAt(t.Context(), tenants.ByCLI, id, at)
			require.Error(t, err, what)
		}
		at := s.clock.Now().Add(48 * time.Hour).Truncate(time.Microsecond)
		fresh, err := s.tenants.RotateKeyAt(t.Context(), tenants.ByCLI, id, at)
		require.NoError(t, err)
		require.Equal(t, at, fresh.ActivatedAt.UTC())
		s.clock.Advance(47 * time.Hour)
		require.NotEqual(t, fresh.ID, kidOf(t, s, id))
		s.clock.Advance(2 * time.Hour)
		require.Equal(t, fresh.ID, kidOf(t, s, id))
	})
}

func TestRevokeKey_TakesTheSignerOutAtOnceAndAnotherSigns(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		id, other := s.tenant(t, "shop").ID, s.tenant(t, "bank").ID
		old := kidOf(t, s, id)
		require.Error(t, s.tenants.RevokeKey(t.Context(), tenants.ByCLI, other, old), "another tenant's key")
		require.Error(t, s.tenants.RevokeKey(t.Context(), tenants.ByCLI, id, "nobody's"))

		require.NoError(t, s.tenants.RevokeKey(t.Context(), tenants.ByCLI, id, old))
		fresh := kidOf(t, s, id)
		require.NotEqual(t, old, fresh)
		found, err := s.registry.ByID(t.Context(), id)
		require.NoError(t, err)
		require.NotContains(t, string(found.Keys.JWKS()), old, "it verifies nothing")
		require.NoError(t, s.tenants.RevokeKey(t.Context(), tenants.ByCLI, id, old), "again")
		require.Equal(t, fresh, kidOf(t, s, id))

		waiting, err := s.tenants.RotateKey(t.Context(), tenants.ByCLI, id)
		require.NoError(t, err)
		require.NoError(t, s.tenants.RevokeKey(t.Context(), tenants.ByCLI, id, fresh))
		require.Equal(t, waiting.ID, kidOf(t, s, id), "the one that waits takes its place")
		require.Len(t, states(t, s, id), 3)
	})
}

func TestRotateDueKeys_RotatesOnceHoweverManyReplicasThereAre(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		record, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
			Slug: "shop", Config: json.RawMessage(`{"signing": {"rotate_every": "720h"}}`),
		})
		require.NoError(t, err)
		never := s.tenant(t, "never").ID
		due := func() {
			var replicas sync.WaitGroup
			for range 4 {
				replicas.Go(func() {
					if _, err := s.tenants.RotateDueKeys(t.Context(), uuid.Nil, 10); err != nil {
						t.Error(err)
					}
				})
			}
			replicas.Wait()
		}
		due()
		require.Len(t, states(t, s, record.ID), 1, "it is young")
		s.clock.Advance(721 * time.Hour)
		due()
		due()
		require.Len(t, states(t, s, record.ID), 2)
		keys, err := s.tenants.SigningKeys(t.Context(), record.ID)
		require.NoError(t, err)
		require.Equal(t, keys[1].ActivatedAt.Add(720*time.Hour), *tenants.NextRotation(keys, 720*time.Hour))
		s.clock.Advance(time.Hour)
		_, err = s.tenants.AdvanceKeys(t.Context(), record.ID)
		require.NoError(t, err)
		due()
		require.Len(t, states(t, s, record.ID), 2)
		require.Len(t, states(t, s, never), 1)
	})
}

func TestConfig_RefusesToRotateKeysMoreOftenThanDaily(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		_, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
			Slug: "shop", Config: json.RawMessage(`{"signing": {"rotate_every": "1h"}}`),
		})
		require.ErrorContains(t, err, "invalid_config")
	})
}

// kidOf names the key that signs.
func kidOf(t *testing.T, s *setup, id uuid.UUID) string {
	t.Helper()
	_, key := signer(t, s, id)
	return key.ID()
}
