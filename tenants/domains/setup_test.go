package domains_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/dnspeer"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/domains"
)

// deployment is one process, and the DNS.
type deployment struct {
	*domains.Room
	dns      *dnspeer.Peer
	clock    *clock
	store    *store.Store
	keyring  *secret.Keyring
	registry *tenants.Registry
	other    *tenants.Registry // of another process
	tenants  *tenants.Provisioner
	log      *lines
}

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

type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

type freshKeys struct{}

func (freshKeys) Get(_ context.Context, alg jose.Alg) (*jose.Key, error) { return jose.Generate(alg) }

func eachDatabase(t *testing.T, run func(t *testing.T, d *deployment)) {
	t.Helper()
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, on(t, name))
		})
	}
}

func on(t *testing.T, dialect string) *deployment {
	t.Helper()
	return waiting(t, dialect, time.Minute)
}

// waiting is on where a question to the DNS may take so long.
func waiting(t *testing.T, dialect string, timeout time.Duration) *deployment {
	t.Helper()
	d := &deployment{dns: dnspeer.New(t), clock: &clock{now: time.Now().UTC().Truncate(time.Microsecond)}, log: &lines{}}
	d.store, _ = testdb.New(t, dialect)
	var err error
	d.keyring, err = secret.NewKeyring([]string{secret.Generate()})
	require.NoError(t, err)
	addresses, err := tenants.NewAddresses("https://auth.example.net", "https://admin.example.org:8443", false)
	require.NoError(t, err)
	o := tenants.RegistryOptions{Store: d.store, Keyring: d.keyring, Addresses: addresses}
	d.registry, d.other = tenants.NewRegistry(o), tenants.NewRegistry(o)
	out := outbox.NewWriter(d.keyring, func() {})
	d.tenants = tenants.NewProvisioner(tenants.ProvisionerOptions{
		Store: d.store, Keyring: d.keyring, Registry: d.registry, Keys: freshKeys{}, Outbox: out,
	})
	d.Room = domains.NewRoom(domains.Needs{
		Store: d.store, Outbox: out, Registry: d.registry, Tenants: d.tenants, Resolver: d.dns.Resolver(),
		Reserved: []string{"console.example.org", "admin.example.org"}, Timeout: timeout, Now: d.clock.Now,
		Log: slog.New(slog.NewTextHandler(d.log, nil)),
	})
	return d
}

func (d *deployment) tenant(t *testing.T, slug string) uuid.UUID {
	t.Helper()
	r, err := d.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: slug})
	require.NoError(t, err)
	return r.ID
}

func (d *deployment) add(t *testing.T, tenant uuid.UUID, host string) domains.Domain {
	t.Helper()
	added, err := d.Add(t.Context(), tenants.ByCLI, tenant, host)
	require.NoError(t, err)
	return added
}

// prove puts the proof of a domain into the DNS.
func (d *deployment) prove(of domains.Domain) {
	d.dns.Text(of.RecordName, "v=spf1 -all", of.RecordValue)
}

func (d *deployment) check(t *testing.T, of domains.Domain) domains.Domain {
	t.Helper()
	checked, err := d.Check(t.Context(), tenants.ByCLI, of.TenantID, of.ID)
	require.NoError(t, err)
	return checked
}

// verified makes a host a tenant's.
func (d *deployment) verified(t *testing.T, tenant uuid.UUID, host string) domains.Domain {
	t.Helper()
	added := d.add(t, tenant, host)
	d.prove(added)
	checked := d.check(t, added)
	require.Equal(t, domains.Verified, checked.Status, checked.Problem)
	return checked
}

// work runs the periodic job, a few domains at a time.
func (d *deployment) work(t *testing.T) {
	t.Helper()
	for after := uuid.Nil; ; {
		next, err := d.CheckDue(t.Context(), after, 2)
		require.NoError(t, err)
		if next == uuid.Nil {
			return
		}
		after = next
	}
}

func (d *deployment) now(t *testing.T, of domains.Domain) domains.Domain {
	t.Helper()
	found, err := d.Find(t.Context(), of.TenantID, of.Host)
	require.NoError(t, err)
	return found
}

// records are the kinds of what was recorded about domains, oldest first.
func (d *deployment) records(t *testing.T, tenant uuid.UUID) (kinds []string) {
	t.Helper()
	rows, err := d.store.Reader().Intent.Query().All(scope.With(t.Context(), scope.Tenant(tenant)))
	require.NoError(t, err)
	for _, row := range rows {
		plain, err := outbox.Open(d.keyring, tenant, row.Kind, row.ID, row.Payload)
		require.NoError(t, err)
		var r outbox.AuditRecord
		require.NoError(t, json.Unmarshal(plain, &r))
		if host, ok := r.Details["host"]; ok {
			kinds = append(kinds, string(r.Type)+" "+host.(string))
		}
	}
	return kinds
}
