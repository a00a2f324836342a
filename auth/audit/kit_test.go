package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// room is a database with a tenant whose log is looked at, and another one.
type room struct {
	store       *store.Store
	url         string
	registry    *tenants.Registry
	provisioner *tenants.Provisioner
	keeper      *audit.Keeper
	appender    *audit.Appender
	shop, bank  *tenants.Tenant
	clock       time.Time // of the tenants' keys
}

// each runs a test on every database.
func each(t *testing.T, test func(t *testing.T, r *room), options ...testdb.Option) {
	testdb.Each(t, func(t *testing.T, st *store.Store, url string) { test(t, newRoom(t, st, url)) }, options...)
}

func newRoom(t testing.TB, st *store.Store, url string) *room {
	keyring, err := secret.NewKeyring([]string{"a secret of the audit log's tests, long enough"})
	require.NoError(t, err)
	addresses, err := tenants.NewAddresses("http://localhost:8000", "http://localhost:8001", false)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	r := &room{store: st, url: url, clock: time.Now()}
	r.registry = tenants.NewRegistry(tenants.RegistryOptions{Store: st, Keyring: keyring, Addresses: addresses, Log: log})
	r.provisioner = tenants.NewProvisioner(tenants.ProvisionerOptions{
		Store: st, Keyring: keyring, Registry: r.registry, Keys: jose.NewPool(0), Log: log, Now: func() time.Time { return r.clock },
	})
	r.keeper = audit.NewKeeper(st, r.registry)
	r.appender = audit.NewAppender(outbox.NewWriter(keyring, nil), true)
	r.shop, r.bank = r.tenant(t, "shop"), r.tenant(t, "bank")
	return r
}

func (r *room) tenant(t testing.TB, slug string) *tenants.Tenant {
	record, err := r.provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: slug})
	require.NoError(t, err)
	found, err := r.registry.ByID(t.Context(), record.ID)
	require.NoError(t, err)
	return found
}

// base is when the first of the records happened.
var base = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// some are n records, a minute apart.
func some(n int, actor *uuid.UUID) []audit.Record {
	records := make([]audit.Record, n)
	for i := range records {
		at := base.Add(time.Duration(i) * time.Minute)
		records[i] = audit.Record{
			ID: uuid.Must(uuid.NewV7()), Type: "login_success", RequestID: fmt.Sprint("request-", i), SourceIP: "192.0.2.7", UserAgent: "agent",
			ActorUserID: actor, ActorEmail: "kim***@shop.example", Details: json.RawMessage(fmt.Sprintf(`{"n": %d}`, i)), CreatedAt: at, UpdatedAt: at,
		}
	}
	return records
}

func (r *room) append(t testing.TB, tenant *tenants.Tenant, records ...audit.Record) {
	t.Helper()
	require.NoError(t, r.try(t.Context(), tenant, records...))
}

func (r *room) try(ctx context.Context, tenant *tenants.Tenant, records ...audit.Record) error {
	return audit.Numbered(func() error {
		return r.store.Do(ctx, scope.Tenant(tenant.ID), func(ctx context.Context, tx *store.Tx) error {
			return r.appender.Append(ctx, tx, tenant.ID, records)
		})
	})
}

// person makes a user.
func (r *room) person(t testing.TB, tenant *tenants.Tenant) *uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	require.NoError(t, r.store.Do(t.Context(), scope.Tenant(tenant.ID), func(ctx context.Context, tx *store.Tx) error {
		return tx.User.Create().SetID(id).Exec(ctx)
	}))
	return &id
}

func (r *room) leave(t testing.TB, tenant *tenants.Tenant, person *uuid.UUID) {
	t.Helper()
	require.NoError(t, r.store.Do(t.Context(), scope.Tenant(tenant.ID), func(ctx context.Context, tx *store.Tx) error {
		return tx.User.DeleteOneID(*person).Exec(ctx)
	}))
}

func (r *room) rows(t testing.TB, tenant *tenants.Tenant) []*ent.AuditLog {
	t.Helper()
	rows, err := r.store.Reader().AuditLog.Query().Order(ent.Asc(auditlog.FieldSequence)).All(scope.With(t.Context(), scope.Tenant(tenant.ID)))
	require.NoError(t, err)
	return rows
}

func (r *room) verify(t testing.TB, tenant *tenants.Tenant, kept ...*audit.Checkpoint) audit.Report {
	t.Helper()
	var one *audit.Checkpoint
	if len(kept) > 0 {
		one = kept[0]
	}
	report, err := r.keeper.Verify(t.Context(), tenant.ID, one)
	require.NoError(t, err)
	return report
}

// whole verifies a log that nothing is wrong with.
func (r *room) whole(t testing.TB, tenant *tenants.Tenant, kept ...*audit.Checkpoint) audit.Report {
	t.Helper()
	report := r.verify(t, tenant, kept...)
	require.Nil(t, report.Problem, "%+v", report.Problem)
	return report
}

// tamper runs statements behind the program's back, as somebody who broke into the database does.
func (r *room) tamper(t testing.TB, statements ...string) {
	t.Helper()
	source, err := dsn.Parse(r.url)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	if r.store.Dialect() == dialect.Postgres {
		_, err = conn.ExecContext(t.Context(), "SELECT set_config('app.tenant', 'system', false)")
		require.NoError(t, err)
	}
	for _, statement := range statements {
		_, err := conn.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}
