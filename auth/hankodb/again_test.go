package hankodb_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/hankodb"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// shopOf is a database with one tenant.
func shopOf(t testing.TB, name string) (*hanko, *world) {
	t.Helper()
	h, tenant := newHanko(t, name, current()), uuid.New()
	h.insert("tenants", record{"id": tenant, "config": tenantConfig(t)})
	return h, populate(t, h, tenant, "shop.example")
}

func TestImport_TwiceChangesNothing(t *testing.T) {
	t.Parallel()

	pairs(t, func(t *testing.T, from string, env *testenv.Env) {
		h, _ := shopOf(t, from)
		first := imported(t, h, env)
		require.NotZero(t, first.Total(hankodb.Users).Imported)
		before := checksum(t, env)

		second := imported(t, h, env)
		require.Empty(t, second.problems)
		require.False(t, second.Tenants[0].Created)
		for _, kind := range hankodb.Kinds() {
			c := second.Total(kind)
			require.Zero(t, c.Imported, kind)
			require.Equal(t, first.Total(kind).Read, c.Present, kind)
		}
		require.Equal(t, before, checksum(t, env))
	}, testenv.Quiet())
}

func TestImport_AgainBringsWhatIsNewAndKeepsWhatChangedHere(t *testing.T) {
	t.Parallel()

	h, w := shopOf(t, dialect.Postgres)
	env := testenv.OnSQLite(t)
	imported(t, h, env)
	shop := at(env, w.tenant)

	// Here: a password is hashed anew, somebody signs out, somebody is deleted, a webhook too, and a setting changes.
	kim := person(shop, w.kim)
	kim.SignIn(t)
	hash := kim.PasswordHash(t)
	require.Equal(t, http.StatusNoContent, shop.Client().Bearer(w.lee.token).Send(t, http.MethodPost, "/logout", nil).Status)
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.User.DeleteOneID(w.ola.id).Exec(ctx), tx.Webhook.DeleteOneID(w.webhook).Exec(ctx))
	}))
	shop.Configure(t, `{"service": {"name": "Renamed"}}`)

	// There: somebody signs up, somebody signs in, something is recorded.
	later := time.Now().UTC().Truncate(time.Microsecond)
	eva := h.person(w.tenant, "eva@shop.example")
	h.exec("UPDATE users SET updated_at = $1 WHERE id = $2", later, eva.id.String())
	h.session(w.tenant, w.pia, w.newest)
	h.insert("audit_logs", record{
		"tenant_id": w.tenant, "type": "user_logged_out", "meta_http_request_id": "new", "meta_source_ip": "", "meta_user_agent": "", "created_at": later, "updated_at": later,
	})

	r := imported(t, h, env)
	require.Empty(t, r.problems)
	for kind, want := range map[string]int{hankodb.Users: 1, hankodb.Sessions: 1, hankodb.AuditLogs: 1, hankodb.Webhooks: 0, hankodb.Passwords: 0} {
		require.Equal(t, want, r.Total(kind).Imported, kind)
	}
	require.Equal(t, 1, r.Total(hankodb.Users).Gone)
	require.Equal(t, 1, r.Total(hankodb.Webhooks).Gone)
	require.True(t, shop.Accepts(t, w.pia.token))
	require.False(t, shop.Accepts(t, w.lee.token), "who signed out here stays out")
	require.Equal(t, hash, kim.PasswordHash(t))
	ctx, db := scope.With(t.Context(), scope.Tenant(w.tenant)), env.App.Store.Reader()
	_, err := db.User.Get(ctx, w.ola.id)
	require.Error(t, err, "who was deleted here stays so")
	snapshot, err := env.App.Registry.ByID(t.Context(), w.tenant)
	require.NoError(t, err)
	require.Equal(t, "Renamed", snapshot.Config.Service.Name)
}

func TestImport_GoesOnWhereItWasBrokenOff(t *testing.T) {
	t.Parallel()

	pairs(t, func(t *testing.T, from string, env *testenv.Env) {
		h, w := shopOf(t, from)
		for stops := 1; stops <= 2; stops++ {
			ctx, cancel := context.WithCancel(t.Context())
			parts := 0
			_, err := try(ctx, h, env, func(o *hankodb.Options) {
				o.Page = 2
				o.Progress = func(_ *hankodb.Outcome, kind string) {
					if parts++; kind == hankodb.Users && parts > 3+stops { // after so many pages of users
						cancel()
					}
				}
			})
			cancel()
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, at(env, w.tenant).Count(t, "users"), 7, "not all are here")
		}
		r := imported(t, h, env)
		require.Empty(t, r.problems)
		require.Equal(t, 7, r.Total(hankodb.Users).Read)
		require.Equal(t, 7, r.Total(hankodb.Users).Imported+r.Total(hankodb.Users).Present)
		require.Equal(t, 7, at(env, w.tenant).Count(t, "users"))
		require.Equal(t, 2, at(env, w.tenant).Count(t, "sessions"))
		require.Equal(t, 5, r.Total(hankodb.AuditLogs).Imported)
	}, testenv.Quiet())
}

func TestImport_AWrongSecretStopsItBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()

	h, w := shopOf(t, dialect.Postgres)
	second := uuid.New()
	h.insert("tenants", record{"id": second, "config": tenantConfig(t), "created_at": now.Add(time.Minute)})
	h.insert("jwks", record{"tenant_id": second, "key_data": seal(t, "the newest of several secrets", newSigner(0).jwk(t))})
	env := testenv.OnSQLite(t, testenv.Quiet())
	before := checksum(t, env)
	for _, secrets := range [][]string{nil, {"another secret of an old installation"}, {oldSecret}} {
		_, err := try(t.Context(), h, env, func(o *hankodb.Options) { o.Secrets = secrets })
		var p *problem.Error
		require.ErrorAs(t, err, &p)
		require.Equal(t, "wrong_secret", p.Code)
		refused := w.tenant
		if slices.Contains(secrets, oldSecret) {
			refused = second // the first would open, and is not begun with
		}
		require.Contains(t, p.Message, refused.String())
		require.NotContains(t, err.Error(), "another secret")
	}
	require.Equal(t, before, checksum(t, env))
	imported(t, h, env, func(o *hankodb.Options) { o.Secrets = []string{"the newest of several secrets", oldSecret} })
}

func TestImport_TheSecretThatHankoHasBuiltInNeedNotBeGiven(t *testing.T) {
	t.Parallel()

	h, tenant := newHanko(t, dialect.Postgres, current()), uuid.New()
	h.insert("tenants", record{"id": tenant, "config": tenantConfig(t)})
	s := newSigner(0)
	h.insert("jwks", record{"tenant_id": tenant, "key_data": seal(t, "abcedfghijklmnopqrstuvwxyz", s.jwk(t))})
	kim := h.person(tenant, "kim@shop.example")
	h.session(tenant, kim, s)
	env := testenv.OnSQLite(t)
	imported(t, h, env, func(o *hankodb.Options) { o.Secrets = nil })
	require.True(t, at(env, tenant).Accepts(t, kim.token))
}

func TestImport_LeavesOutWhatItIsToldTo(t *testing.T) {
	t.Parallel()

	h, w := shopOf(t, dialect.Postgres)
	env := testenv.OnSQLite(t)
	r := imported(t, h, env, func(o *hankodb.Options) { o.Skip = hankodb.Skippable() })
	for _, kind := range hankodb.Skippable() {
		require.Zero(t, r.Total(kind), kind)
	}
	require.Equal(t, 7, r.Total(hankodb.Users).Imported)
	require.False(t, at(env, w.tenant).Accepts(t, w.kim.token))
	_, err := try(t.Context(), h, env, func(o *hankodb.Options) { o.Skip = []string{"users"} })
	require.ErrorContains(t, err, "cannot be left out")
}

func TestImport_ATenantMayGetASlug(t *testing.T) {
	t.Parallel()

	h, w := shopOf(t, dialect.Postgres)
	env := testenv.OnSQLite(t)
	_, err := try(t.Context(), h, env, func(o *hankodb.Options) { o.Slugs = map[uuid.UUID]string{w.tenant: "Not A Slug"} })
	require.ErrorContains(t, err, "invalid_tenant")
	r := imported(t, h, env, func(o *hankodb.Options) { o.Slugs = map[uuid.UUID]string{w.tenant: "corner-shop"} })
	require.Equal(t, "http://corner-shop.latchkeep.test", r.Tenants[0].URL)
	shop := at(env, w.tenant).At("http://corner-shop.latchkeep.test")
	require.True(t, shop.Accepts(t, w.kim.token))
	require.True(t, at(env, w.tenant).Accepts(t, w.kim.token), "its path leads there, too")
}

func TestImport_OneTenantBecomesTheOnlyOne(t *testing.T) {
	t.Parallel()

	h, w := shopOf(t, dialect.Postgres)
	second := uuid.New()
	h.insert("tenants", record{"id": second, "config": tenantConfig(t)})
	h.person(second, "kim@other.example")
	file := "multi_tenancy: {enabled: false}\nservice: {name: Shop}\nwebauthn: {relying_party: {id: " + rpID + ", origins: [\"" + origin +
		"\"]}}\nusername: {enabled: true, acquire_on_login: false}\nemail: {acquire_on_login: false}\n" +
		"email_delivery: {smtp: {host: mail.shop.example}}\n"
	env := testenv.New(t, dialect.SQLite, testenv.WithFile(file))
	_, err := try(t.Context(), h, env)
	require.ErrorContains(t, err, "name one")
	r := imported(t, h, env, func(o *hankodb.Options) { o.Tenants = []uuid.UUID{w.tenant} })
	require.Equal(t, tenants.SingleID, r.Tenants[0].Target)
	require.Empty(t, r.problems)

	w.tenant = tenants.SingleID
	signsIn(t, env.Single(), w)
	require.True(t, env.Single().Accepts(t, w.kim.token))
	require.Equal(t, w.newest.kid, header(t, person(env.Single(), w.kim).SignIn(t).Token)["kid"],
		"the key that the start had made gives way, so that clients know the key that signs")
}

func TestOpen_RefusesWhatIsNoDatabaseOfHanko(t *testing.T) {
	t.Parallel()

	env := testenv.New(t, dialect.Postgres, testenv.Quiet())
	_, err := hankodb.Open(t.Context(), env.DatabaseURL())
	require.ErrorContains(t, err, "a database of Latchkeep")
	_, err = hankodb.Open(t.Context(), "sqlite:///tmp/x.db")
	require.ErrorContains(t, err, "PostgreSQL, MySQL or MariaDB")
	h := newHanko(t, dialect.MySQL, schema{"things": {"id:uuid"}})
	_, err = hankodb.Open(t.Context(), h.url)
	require.ErrorContains(t, err, "no tables of Hanko")
}
