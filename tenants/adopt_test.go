package tenants_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// foreign is a key of another system, and what it looks like there.
func foreign(t testing.TB, created time.Time) (*jose.Key, tenants.ForeignKey) {
	t.Helper()
	key, err := jose.Generate(jose.EdDSA)
	require.NoError(t, err)
	private, err := key.MarshalPrivate()
	require.NoError(t, err)
	return key, tenants.ForeignKey{Private: private, CreatedAt: created}
}

// states are the states of a tenant's keys by their ids.
func (s *setup) states(t testing.TB, id uuid.UUID) map[string]tenants.KeyState {
	t.Helper()
	keys, err := s.tenants.SigningKeys(t.Context(), id)
	require.NoError(t, err)
	states := map[string]tenants.KeyState{}
	for _, k := range keys {
		states[k.ID] = k.State
	}
	return states
}

func TestAdopt_TheNewestKeySignsAndOlderOnesVerifyAsLongAsTheyMust(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		now := s.clock.Now()
		older, a := foreign(t, now.Add(-48*time.Hour))
		newest, b := foreign(t, now.Add(2*time.Hour)) // by a clock of another zone
		in := tenants.Adoption{
			NewTenant: tenants.NewTenant{ID: uuid.New(), Origin: tenants.OriginCompatible},
			CreatedAt: now.Add(-100 * time.Hour), Keys: []tenants.ForeignKey{a, b}, ValidUntil: now.Add(30 * 24 * time.Hour),
		}
		adopted, err := s.tenants.Adopt(t.Context(), tenants.ByCLI, in)
		require.NoError(t, err)
		require.True(t, adopted.Created)
		require.Equal(t, 2, adopted.Keys)
		require.Equal(t, in.CreatedAt.Truncate(time.Microsecond), adopted.Record.CreatedAt)

		snapshot, err := s.registry.ByID(t.Context(), in.ID)
		require.NoError(t, err)
		signer, err := snapshot.Keys.Signer(s.clock.Now())
		require.NoError(t, err)
		require.Equal(t, newest.ID(), signer.ID())
		token, err := older.Sign("JWT", map[string]any{"exp": now.Add(time.Hour).Unix()})
		require.NoError(t, err)
		_, err = snapshot.Keys.Set().Verify(token, now, jose.Validation{})
		require.NoError(t, err)

		again, err := s.tenants.Adopt(t.Context(), tenants.ByCLI, in)
		require.NoError(t, err)
		require.False(t, again.Created)
		require.Zero(t, again.Keys)
		require.Equal(t, adopted.Record.Version, again.Record.Version, "nothing changed")

		s.clock.Advance(29 * 24 * time.Hour)
		_, err = s.tenants.AdvanceKeys(t.Context(), in.ID)
		require.NoError(t, err)
		require.Equal(t, tenants.KeyRetiring, s.states(t, in.ID)[older.ID()], "what it signed may be valid")
		s.clock.Advance(3 * 24 * time.Hour)
		_, err = s.tenants.AdvanceKeys(t.Context(), in.ID)
		require.NoError(t, err)
		require.Equal(t, tenants.KeyGone, s.states(t, in.ID)[older.ID()])
		require.Equal(t, tenants.KeyActive, s.states(t, in.ID)[newest.ID()])
	})
}

func TestAdopt_KeysOfATenantInUseOnlyVerify(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		unused, used := s.tenant(t, "unused"), s.tenant(t, "used")
		require.NoError(t, s.store.Do(t.Context(), scope.Tenant(used.ID), func(ctx context.Context, tx *store.Tx) error {
			u, err := tx.User.Create().Save(ctx)
			if err != nil {
				return err
			}
			return tx.Session.Create().SetUserID(u.ID).SetExpiresAt(s.clock.Now().Add(time.Hour)).SetLastUsedAt(s.clock.Now()).Exec(ctx)
		}))
		for _, record := range []*tenants.Record{unused, used} {
			before := s.states(t, record.ID)
			key, there := foreign(t, s.clock.Now().Add(-time.Hour))
			adopted, err := s.tenants.Adopt(t.Context(), tenants.ByCLI, tenants.Adoption{
				NewTenant: tenants.NewTenant{ID: record.ID, Origin: tenants.OriginCompatible}, Keys: []tenants.ForeignKey{there},
			})
			require.NoError(t, err)
			require.Equal(t, 1, adopted.Keys)
			require.Equal(t, record.Slug, adopted.Record.Slug, "it keeps what it has")
			states := s.states(t, record.ID)
			for own := range before {
				if record == used {
					require.Equal(t, map[string]tenants.KeyState{own: tenants.KeyActive, key.ID(): tenants.KeyRetiring}, states)
				} else {
					require.Equal(t, map[string]tenants.KeyState{own: tenants.KeyPublished, key.ID(): tenants.KeyActive}, states)
				}
			}
		}
	})
}

func TestAdopt_ADeletedTenantDoesNotComeBack(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		gone := s.tenant(t, "gone")
		require.NoError(t, s.tenants.Delete(t.Context(), tenants.ByCLI, gone.ID))
		_, err := s.tenants.Adopt(t.Context(), tenants.ByCLI, tenants.Adoption{
			NewTenant: tenants.NewTenant{ID: gone.ID, Origin: tenants.OriginCompatible},
		})
		var p *problem.Error
		require.ErrorAs(t, err, &p)
		require.Equal(t, "tenant_deleting", p.Code)
	})
}
