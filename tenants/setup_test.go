package tenants_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// setup is one process on a database, which other processes can be put beside.
type setup struct {
	store      *store.Store
	keyring    *secret.Keyring
	addresses  tenants.Addresses
	clock      *clock
	registry   *tenants.Registry
	tenants    *tenants.Provisioner
	statements *statements
}

// statements are those sent to the database.
type statements struct {
	mu   sync.Mutex
	sent []string
	hold func(query string) // is called before each is sent
}

func (s *statements) add(query string) {
	s.mu.Lock()
	s.sent = append(s.sent, query)
	hold := s.hold
	s.mu.Unlock()
	if hold != nil {
		hold(query)
	}
}

// during counts the statements that f sends.
func (s *statements) during(f func()) int {
	s.mu.Lock()
	before := len(s.sent)
	s.mu.Unlock()
	f()
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent) - before
}

// clock goes only when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type freshKeys struct{}

func (freshKeys) Get(_ context.Context, alg jose.Alg) (*jose.Key, error) { return jose.Generate(alg) }

func eachDatabase(t *testing.T, run func(t *testing.T, s *setup)) {
	t.Helper()
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, on(t, name))
		})
	}
}

func on(t testing.TB, dialect string) *setup {
	t.Helper()
	s := &setup{statements: &statements{}, clock: &clock{now: time.Now().UTC()}}
	s.store, _ = testdb.New(t, dialect, testdb.WithStatements(s.statements.add))
	var err error
	s.keyring, err = secret.NewKeyring([]string{secret.Generate()})
	require.NoError(t, err)
	s.addresses, err = tenants.NewAddresses("http://localhost:8000", "http://localhost:8001", false)
	require.NoError(t, err)
	s.registry = s.newRegistry(nil)
	s.tenants = s.newProvisioner(s.registry)
	return s
}

func (s *setup) newRegistry(change func(*tenants.RegistryOptions)) *tenants.Registry {
	o := tenants.RegistryOptions{Store: s.store, Keyring: s.keyring, Addresses: s.addresses, Now: s.clock.Now}
	if change != nil {
		change(&o)
	}
	return tenants.NewRegistry(o)
}

func (s *setup) newProvisioner(r *tenants.Registry) *tenants.Provisioner {
	return tenants.NewProvisioner(tenants.ProvisionerOptions{
		Store: s.store, Keyring: s.keyring, Registry: r, Keys: freshKeys{}, Now: s.clock.Now, Grace: new(time.Hour),
	})
}

func (s *setup) tenant(t testing.TB, slug string) *tenants.Record {
	t.Helper()
	r, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: slug})
	require.NoError(t, err)
	return r
}
