package tenants_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// signer finds the key that signs now.
func signer(t *testing.T, s *setup, id uuid.UUID) (*tenants.Tenant, *jose.Key) {
	t.Helper()
	tenant, err := s.registry.ByID(t.Context(), id)
	require.NoError(t, err)
	key, err := tenant.Keys.Signer(s.clock.Now())
	require.NoError(t, err)
	return tenant, key
}

func TestSigningKey_SignsAndVerifiesRightAfterCreation(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		acme := s.tenant(t, "acme")
		tenant, key := signer(t, s, acme.ID)
		require.Equal(t, jose.ES256, key.Alg())
		token, err := key.Sign("JWT", map[string]any{"sub": "x", "exp": s.clock.Now().Add(time.Hour).Unix()})
		require.NoError(t, err)
		claims, err := tenant.Keys.Set().Verify(token, s.clock.Now(), jose.Validation{})
		require.NoError(t, err)
		require.Equal(t, "x", claims["sub"])
		other, _ := signer(t, s, s.tenant(t, "other").ID)
		_, err = other.Keys.Set().Verify(token, s.clock.Now(), jose.Validation{})
		require.Error(t, err)
		require.NotEqual(t, tenant.Keys.ETag(), other.Keys.ETag())
		var set struct{ Keys []map[string]any }
		require.NoError(t, json.Unmarshal(tenant.Keys.JWKS(), &set))
		require.Len(t, set.Keys, 1)
		require.NotContains(t, set.Keys[0], "d")
	})
}

func TestSigningKey_RotationNeverFailsAClientThatKeepsTheSetForItsMaxAge(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		acme := s.tenant(t, "acme")
		before, old := signer(t, s, acme.ID)
		fetched, clientSet := s.clock.Now(), before.Keys.Set() // just before the rotation
		rotated, err := s.tenants.RotateKey(t.Context(), tenants.ByCLI, acme.ID)
		require.NoError(t, err)
		_, err = s.tenants.RotateKey(t.Context(), tenants.ByCLI, acme.ID)
		require.Error(t, err, "one rotation at a time")

		seen := map[string]bool{}
		for range 60 {
			tenant, key := signer(t, s, acme.ID)
			if s.clock.Now().Sub(fetched) > tenants.JWKSMaxAge {
				fetched, clientSet = s.clock.Now(), tenant.Keys.Set()
			}
			token, err := key.Sign("JWT", map[string]any{"exp": s.clock.Now().Add(time.Minute).Unix()})
			require.NoError(t, err)
			_, err = clientSet.Verify(token, s.clock.Now(), jose.Validation{})
			require.NoError(t, err)
			seen[key.ID()] = true
			s.clock.Advance(30 * time.Second)
		}
		require.Equal(t, map[string]bool{old.ID(): true, rotated.ID: true}, seen)

		moved, err := s.tenants.AdvanceKeys(t.Context(), acme.ID)
		require.NoError(t, err)
		require.True(t, moved)
		require.Equal(t, map[string]tenants.KeyState{old.ID(): tenants.KeyRetiring, rotated.ID: tenants.KeyActive}, states(t, s, acme.ID))
		moved, err = s.tenants.AdvanceKeys(t.Context(), acme.ID)
		require.NoError(t, err)
		require.False(t, moved)
		tenant, key := signer(t, s, acme.ID)
		require.Equal(t, rotated.ID, key.ID())
		require.Contains(t, string(tenant.Keys.JWKS()), old.ID())

		s.clock.Advance(14 * time.Hour) // no session lives longer
		moved, err = s.tenants.AdvanceKeys(t.Context(), acme.ID)
		require.NoError(t, err)
		require.True(t, moved)
		tenant, _ = signer(t, s, acme.ID)
		require.NotContains(t, string(tenant.Keys.JWKS()), old.ID())
		ctx := scope.With(t.Context(), scope.Tenant(acme.ID))
		for _, row := range s.store.Reader().SigningKey.Query().AllX(ctx) {
			require.Equal(t, row.Kid == old.ID(), len(row.PrivateKey) == 0, "the private part of a key that is gone is erased")
		}
	})
}

func states(t *testing.T, s *setup, id uuid.UUID) map[string]tenants.KeyState {
	t.Helper()
	keys, err := s.tenants.SigningKeys(t.Context(), id)
	require.NoError(t, err)
	found := map[string]tenants.KeyState{}
	for _, k := range keys {
		found[k.ID] = k.State
	}
	return found
}

func TestSigningKey_ThatCannotBeOpenedStillVerifies(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	acme := s.tenant(t, "acme")
	foreign, err := secret.NewKeyring([]string{secret.Generate()})
	require.NoError(t, err)
	registry := s.newRegistry(func(o *tenants.RegistryOptions) { o.Keyring = foreign })
	tenant, err := registry.ByID(t.Context(), acme.ID)
	require.NoError(t, err)
	_, err = tenant.Keys.Signer(s.clock.Now())
	require.ErrorIs(t, err, tenants.ErrNoSigningKey)
	_, key := signer(t, s, acme.ID)
	token, err := key.Sign("JWT", map[string]any{"exp": s.clock.Now().Add(time.Hour).Unix()})
	require.NoError(t, err)
	_, err = tenant.Keys.Set().Verify(token, s.clock.Now(), jose.Validation{})
	require.NoError(t, err)
}

// spareKeys gives out RSA keys made beforehand, because making one takes long.
type spareKeys struct{ keys chan *jose.Key }

func (k spareKeys) Get(_ context.Context, alg jose.Alg) (*jose.Key, error) {
	if alg != jose.RS256 {
		return nil, errors.New("only RS256 is expected")
	}
	return <-k.keys, nil
}

func TestSingle_HasAsManyKeysAsSecretsHoweverManyStartAtOnce(t *testing.T) {
	t.Parallel()

	spare := spareKeys{make(chan *jose.Key, 32)}
	go func() {
		for t.Context().Err() == nil {
			key, err := jose.Generate(jose.RS256)
			if err != nil {
				return
			}
			select {
			case spare.keys <- key:
			case <-t.Context().Done():
			}
		}
	}()
	eachDatabase(t, func(t *testing.T, s *setup) {
		c := config.Default()
		c.Session.Limit = 3
		start := func(secrets int) error {
			r := s.newRegistry(func(o *tenants.RegistryOptions) { o.Single = &c })
			p := tenants.NewProvisioner(tenants.ProvisionerOptions{Store: s.store, Keyring: s.keyring, Registry: r, Keys: spare, Now: s.clock.Now})
			s.registry, s.tenants = r, p
			return p.EnsureSingle(t.Context(), secrets)
		}
		errs := make([]error, 3)
		var replicas sync.WaitGroup
		for i := range errs {
			r := s.newRegistry(func(o *tenants.RegistryOptions) { o.Single = &c })
			p := tenants.NewProvisioner(tenants.ProvisionerOptions{Store: s.store, Keyring: s.keyring, Registry: r, Keys: spare, Now: s.clock.Now})
			replicas.Go(func() { errs[i] = p.EnsureSingle(t.Context(), 1) })
		}
		replicas.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		require.NoError(t, start(1))
		require.Len(t, states(t, s, tenants.SingleID), 1)
		tenant, first := signer(t, s, tenants.SingleID)
		require.EqualValues(t, 3, tenant.Config.Session.Limit, "the configuration is the file's")
		require.Equal(t, tenants.OriginSingle, tenant.Origin)

		require.NoError(t, start(2)) // a secret was added
		require.Len(t, states(t, s, tenants.SingleID), 2)
		_, now := signer(t, s, tenants.SingleID)
		require.Equal(t, first.ID(), now.ID())
		s.clock.Advance(15 * time.Minute)
		_, now = signer(t, s, tenants.SingleID)
		require.NotEqual(t, first.ID(), now.ID(), "the new key signs once all can know it")
		require.NoError(t, start(2))
		require.NoError(t, start(1))
		require.Len(t, states(t, s, tenants.SingleID), 2)
		require.Zero(t, s.statements.during(func() { signer(t, s, tenants.SingleID); signer(t, s, tenants.SingleID) })-4, "one cold look-up")
	})
}

func TestAdvanceDueKeys_MovesOnlyKeysWhoseTimeHasComeAndGoesRound(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		rotated := map[uuid.UUID]bool{}
		for i := range 3 {
			id := s.tenant(t, fmt.Sprintf("t%d", i)).ID
			if i < 2 {
				_, err := s.tenants.RotateKey(t.Context(), tenants.ByCLI, id)
				require.NoError(t, err)
				rotated[id] = true
			}
		}
		s.tenant(t, "late")
		s.clock.Advance(time.Hour)

		after := uuid.Nil
		for range 3 {
			next, err := s.tenants.AdvanceDueKeys(t.Context(), after, 1)
			require.NoError(t, err)
			after = next
		}

		for id := range rotated {
			keys, err := s.tenants.SigningKeys(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, []tenants.KeyState{tenants.KeyRetiring, tenants.KeyActive}, []tenants.KeyState{keys[0].State, keys[1].State})
		}
		require.Equal(t, uuid.Nil, after)
	})
}
