package tenants_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestRegistry_FindsATenantByIDSlugAndHost(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		acme := s.tenant(t, "acme")
		domain(t, s, acme.ID, "login.acme.example", true)
		domain(t, s, acme.ID, "unproven.acme.example", false)
		byID, err := s.registry.ByID(t.Context(), acme.ID)
		require.NoError(t, err)
		require.Equal(t, "acme.localhost", byID.Config.WebAuthn.RelyingParty.ID)
		bySlug, err := s.registry.BySlug(t.Context(), "acme")
		require.NoError(t, err)
		require.Same(t, byID, bySlug)
		for _, host := range []string{"acme.localhost", "acme.localhost:8000", "ACME.localhost:1", "acme.localhost.", "login.acme.example", "LOGIN.acme.example:443"} {
			byHost, err := s.registry.ByHost(t.Context(), host)
			require.NoError(t, err, host)
			require.Same(t, byID, byHost, host)
		}
		for _, host := range []string{"", "localhost", "localhost:8000", "a.acme.localhost", "other.localhost", "unproven.acme.example", "acme.localhost.evil.example", "127.0.0.1", "[::1]:8000"} {
			_, err := s.registry.ByHost(t.Context(), host)
			require.ErrorIs(t, err, tenants.ErrNotFound, host)
		}
		_, err = s.registry.ByID(t.Context(), uuid.Nil)
		require.ErrorIs(t, err, tenants.ErrNotFound)
	})
}

func domain(t *testing.T, s *setup, tenant uuid.UUID, host string, verified bool) {
	t.Helper()
	require.NoError(t, s.store.Do(t.Context(), scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error {
		create := tx.TenantDomain.Create().SetHost(host).SetChallenge("x")
		if verified {
			create = create.SetVerifiedAt(time.Now().UTC())
		}
		return create.Exec(ctx)
	}))
}

func TestRegistry_AWarmLookupAsksNobody(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		acme := s.tenant(t, "acme")
		_, err := s.registry.ByHost(t.Context(), "acme.localhost")
		require.NoError(t, err)
		require.Zero(t, s.statements.during(func() {
			for range 100 {
				_, err := s.registry.ByHost(t.Context(), "acme.localhost:8000")
				require.NoError(t, err)
				_, err = s.registry.ByID(t.Context(), acme.ID)
				require.NoError(t, err)
			}
		}))
	})
}

func TestRegistry_ManyWhoAskAtOnceLoadOnce(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		acme := s.tenant(t, "acme")
		registry := s.newRegistry(nil)
		sent := s.statements.during(func() {
			var all sync.WaitGroup
			found := make([]*tenants.Tenant, 50)
			for i := range found {
				all.Go(func() { found[i], _ = registry.ByID(t.Context(), acme.ID) })
			}
			all.Wait()
			for _, one := range found {
				require.Same(t, found[0], one)
			}
		})
		require.Equal(t, 4, sent, "tenant, keys, domains, webhooks")
	})
}

func TestRegistry_OneCallerGoingAwayDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	acme := s.tenant(t, "acme")
	registry := s.newRegistry(nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := registry.ByID(gone, acme.ID)
	if err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err = registry.ByID(t.Context(), acme.ID)
	require.NoError(t, err)
}

func TestRegistry_UnknownNamesAreBoundedInMemoryAndQueries(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		require.Equal(t, 1, s.statements.during(func() {
			for range 50 {
				_, err := s.registry.ByHost(t.Context(), "nobody.localhost")
				require.ErrorIs(t, err, tenants.ErrNotFound)
			}
		}))
		require.Zero(t, s.statements.during(func() {
			for _, host := range []string{"a_b.localhost", "-x.localhost", "x", "10.0.0.1", "a..b", "x.y.localhost", "é.example"} {
				_, err := s.registry.ByHost(t.Context(), host)
				require.ErrorIs(t, err, tenants.ErrNotFound)
			}
		}))
		s.tenant(t, "nobody") // made by this process: seen at once
		_, err := s.registry.ByHost(t.Context(), "nobody.localhost")
		require.NoError(t, err)

		other := s.newRegistry(nil)
		_, err = other.BySlug(t.Context(), "later")
		require.ErrorIs(t, err, tenants.ErrNotFound)
		s.tenant(t, "later") // made by another process: seen when the memory has faded, without any poll
		s.clock.Advance(2 * time.Second)
		_, err = other.BySlug(t.Context(), "later")
		require.NoError(t, err)
	})
}

func TestRegistry_KeepsABoundedNumber(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	registry := s.newRegistry(func(o *tenants.RegistryOptions) { o.Size = 3 })
	for i := range 10 {
		s.tenant(t, fmt.Sprintf("t%d", i))
	}
	for range 2 {
		for i := range 10 {
			found, err := registry.BySlug(t.Context(), fmt.Sprintf("t%d", i))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("t%d", i), found.Slug)
		}
	}
	require.Equal(t, 3, registry.Len())
}

func TestRegistry_ChangesAreSeenAtOnceHereAndAfterAPollElsewhere(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		acme := s.tenant(t, "acme")
		elsewhere := s.newRegistry(nil)
		for _, r := range []*tenants.Registry{s.registry, elsewhere} {
			_, err := r.ByID(t.Context(), acme.ID)
			require.NoError(t, err)
		}
		started := s.clock.Now()
		_, err := s.tenants.PatchConfig(t.Context(), acme.ID, []byte(`{"session":{"limit":9}}`), tenants.How{By: tenants.ByCLI})
		require.NoError(t, err)

		here, err := s.registry.ByID(t.Context(), acme.ID)
		require.NoError(t, err)
		require.EqualValues(t, 9, here.Config.Session.Limit)
		there, err := elsewhere.ByID(t.Context(), acme.ID)
		require.NoError(t, err)
		require.EqualValues(t, 5, there.Config.Session.Limit)

		require.Equal(t, 1, s.statements.during(func() { require.NoError(t, elsewhere.Refresh(t.Context(), started)) }))
		there, err = elsewhere.BySlug(t.Context(), "acme")
		require.NoError(t, err)
		require.EqualValues(t, 9, there.Config.Session.Limit)
		require.Greater(t, there.Version, acme.Version)

		require.NoError(t, elsewhere.Refresh(t.Context(), started))
		require.Zero(t, s.statements.during(func() {
			again, err := elsewhere.BySlug(t.Context(), "acme")
			require.NoError(t, err)
			require.Same(t, there, again, "a snapshot as new as the change is kept")
		}))
	})
}

// chime is a bell between registries of one test.
type chime struct {
	mu        sync.Mutex
	listeners []chan struct{}
}

func (c *chime) Ring(string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.listeners {
		select {
		case l <- struct{}{}:
		default:
		}
	}
}

func (c *chime) Listen(string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := make(chan struct{}, 1)
	c.listeners = append(c.listeners, l)
	return l
}

func TestRegistry_ABellSparesTheWaitForThePoll(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	bell := &chime{}
	withBell := func(o *tenants.RegistryOptions) { o.Bell, o.Poll = bell, time.Hour }
	s.tenants = s.newProvisioner(s.newRegistry(withBell))
	elsewhere := s.newRegistry(withBell)
	go elsewhere.Run(t.Context())
	acme := s.tenant(t, "acme")
	_, err := elsewhere.ByID(t.Context(), acme.ID)
	require.NoError(t, err)
	require.NoError(t, s.tenants.Delete(t.Context(), tenants.ByCLI, acme.ID))
	require.Eventually(t, func() bool {
		_, err := elsewhere.ByID(t.Context(), acme.ID)
		return err != nil
	}, 30*time.Second, 5*time.Millisecond)
}

func TestRegistry_SuspendedIsFoundAndSaysSoDeletedIsNot(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		acme := s.tenant(t, "acme")
		_, err := s.tenants.SetStatus(t.Context(), tenants.ByCLI, acme.ID, tenants.StatusSuspended, "unpaid")
		require.NoError(t, err)
		found, err := s.registry.BySlug(t.Context(), "acme")
		require.NoError(t, err)
		require.True(t, found.Suspended())
		require.Equal(t, "unpaid", found.StatusReason)
		require.NoError(t, s.tenants.Delete(t.Context(), tenants.ByCLI, acme.ID))
		for _, find := range []func() (*tenants.Tenant, error){
			func() (*tenants.Tenant, error) { return s.registry.ByID(t.Context(), acme.ID) },
			func() (*tenants.Tenant, error) { return s.registry.BySlug(t.Context(), "acme") },
			func() (*tenants.Tenant, error) { return s.registry.ByHost(t.Context(), "acme.localhost") },
		} {
			_, err := find()
			require.ErrorIs(t, err, tenants.ErrNotFound)
		}
	})
}

func TestRegistry_ALoadOvertakenByAChangeIsNotKept(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	acme := s.tenant(t, "acme")
	reached, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.statements.hold = func(query string) {
		if strings.Contains(query, "signing_keys") { // the tenant's row has been read by then
			once.Do(func() { close(reached); <-release })
		}
	}
	loaded := make(chan error)
	go func() {
		_, err := s.registry.ByID(t.Context(), acme.ID)
		loaded <- err
	}()
	<-reached
	_, err := s.tenants.PatchConfig(t.Context(), acme.ID, []byte(`{"session":{"limit":9}}`), tenants.How{By: tenants.ByCLI})
	require.NoError(t, err)
	close(release)
	require.NoError(t, <-loaded)
	found, err := s.registry.ByID(t.Context(), acme.ID)
	require.NoError(t, err)
	require.EqualValues(t, 9, found.Config.Session.Limit)
}

func TestRegistry_ReadersNeverSeeAnOlderSnapshotAfterANewerOne(t *testing.T) {
	t.Parallel()

	s := on(t, "sqlite3")
	acme := s.tenant(t, "acme")
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			last := int64(0)
			for {
				select {
				case <-done:
					return
				default:
				}
				found, err := s.registry.ByID(t.Context(), acme.ID)
				if err != nil || found.Version < last {
					t.Errorf("version %d after %d: %v", found.Version, last, err)
					return
				}
				last = found.Version
			}
		})
	}
	for i := range 30 {
		r, err := s.tenants.PatchConfig(t.Context(), acme.ID, fmt.Appendf(nil, `{"session":{"limit":%d}}`, 10+i), tenants.How{By: tenants.ByCLI})
		require.NoError(t, err)
		found, err := s.registry.ByID(t.Context(), acme.ID)
		require.NoError(t, err)
		require.EqualValues(t, 10+i, found.Config.Session.Limit, "who changed it reads the change")
		require.Equal(t, r.Version, found.Version)
	}
	close(done)
	readers.Wait()
}
