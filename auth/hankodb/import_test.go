package hankodb_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/hankodb"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// pairs are the databases that are imported from and to.
func pairs(t *testing.T, run func(t *testing.T, from string, env *testenv.Env), options ...testenv.Option) {
	t.Helper()
	for _, pair := range [][2]string{{dialect.Postgres, dialect.Postgres}, {dialect.MySQL, dialect.MySQL}, {dialect.Postgres, dialect.SQLite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			run(t, pair[0], testenv.New(t, pair[1], options...))
		})
	}
}

// A result is what an import did, with every problem.
type result struct {
	*hankodb.Report
	problems []hankodb.Problem
}

// about are the reasons of the problems of a table.
func (r result) about(table string) []string {
	var reasons []string
	for _, p := range r.problems {
		if p.Table == table {
			reasons = append(reasons, p.Reason)
		}
	}
	return reasons
}

// try imports a database.
func try(ctx context.Context, h *hanko, env *testenv.Env, change ...func(*hankodb.Options)) (result, error) {
	source, err := hankodb.Open(ctx, h.url)
	if err != nil {
		return result{}, err
	}
	defer source.Close()
	var mu sync.Mutex
	r := result{}
	o := hankodb.Options{Secrets: []string{oldSecret}, Page: 3, Problem: func(p hankodb.Problem) {
		mu.Lock()
		defer mu.Unlock()
		r.problems = append(r.problems, p)
	}}
	for _, c := range change {
		c(&o)
	}
	r.Report, err = env.App.HankoImporter().Run(ctx, source, o)
	return r, err
}

func imported(t testing.TB, h *hanko, env *testenv.Env, change ...func(*hankodb.Options)) result {
	t.Helper()
	r, err := try(t.Context(), h, env, change...)
	require.NoError(t, err)
	return r
}

// at is an imported tenant as its clients reach it.
func at(env *testenv.Env, id uuid.UUID) *testenv.Tenant {
	return (&testenv.Tenant{Env: env, ID: id, Slug: id.String()}).ByPath()
}

func person(shop *testenv.Tenant, m *member) *testenv.Person {
	p := &testenv.Person{Tenant: shop, ID: m.id, Email: m.email, Password: m.password}
	if m.app != "" {
		p.App = &testenv.App{Secret: m.app}
	}
	return p
}

func TestImport_EverybodySignsInWithWhatSheHad(t *testing.T) {
	t.Parallel()

	pairs(t, func(t *testing.T, from string, env *testenv.Env) {
		h := newHanko(t, from, current())
		a, b := uuid.New(), uuid.New()
		for _, id := range []uuid.UUID{a, b} {
			h.insert("tenants", record{"id": id, "config": tenantConfig(t)})
		}
		h.insert("tenants", record{"id": "00000000-0000-0000-0000-000000000001", "config": "{}"})
		w := populate(t, h, a, "shop.example")
		other := populate(t, h, b, "other.example")

		dry := imported(t, h, env, func(o *hankodb.Options) { o.DryRun = true })
		require.True(t, dry.DryRun)
		_, err := env.App.Provisioner.Get(t.Context(), a)
		require.Error(t, err, "a dry run writes nothing")

		r := imported(t, h, env)
		require.Empty(t, r.problems)
		require.Len(t, r.Tenants, 2)
		require.Len(t, r.Skipped, 1, "the default tenant, which nobody uses")
		for _, kind := range hankodb.Kinds() {
			c := r.Total(kind)
			require.Equal(t, c.Read, c.Imported, kind)
			require.NotZero(t, c.Read, kind)
			require.Equal(t, c, dry.Total(kind), "a dry run foresees what comes: %s", kind)
		}

		shop := at(env, a)
		signsIn(t, shop, w)
		signsIn(t, at(env, b), other)
		keepsSessions(t, shop, w)
		keepsTheRest(t, shop, w)
		require.False(t, at(env, b).Accepts(t, w.kim.token), "tokens are those of one tenant")
	})
}

func signsIn(t *testing.T, shop *testenv.Tenant, w *world) {
	t.Helper()
	for _, m := range []*member{w.kim, w.lee} {
		p := person(shop, m)
		require.Equal(t, m.id, p.SignIn(t).UserID)
		require.Contains(t, p.PasswordHash(t), "$argon2id$", "hashed anew")
		p.SignIn(t)
	}
	una := &testenv.Person{Tenant: shop, ID: w.una.id, Username: "una", Password: w.una.password}
	require.Equal(t, w.una.id, una.SignIn(t).UserID)

	for _, m := range []*member{w.pia, w.ola} {
		f := shop.Client().Flow(t, "login")
		f.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": true})
		f.Do(t, "webauthn_generate_request_options")
		f.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{
			"assertion_response": m.device.Get(t, f.State.Payload["request_options"]),
		})
		require.Equal(t, m.id, f.OpenSession(t).UserID, "a passkey, whatever its user handle")
	}

	tom := person(shop, w.tom)
	f := shop.Begin(t, "login")
	for f.State.Name != "success" && f.State.Name != "login_otp" {
		action, inputs := tom.Answer(t, f)
		f.Do(t, action, inputs)
	}
	require.Equal(t, "login_otp", f.State.Name, "the second factor is asked for")
	f.Do(t, "otp_code_validate", testenv.Inputs{"otp_code": tom.App.Code(t)})
	for f.State.Name != "success" {
		action, inputs := tom.Answer(t, f)
		f.Do(t, action, inputs)
	}
	require.Equal(t, w.tom.id, f.OpenSession(t).UserID)

	for name, cookie := range map[string]string{"today's": w.tom.id.String() + ":" + w.tom.trust, "legacy": w.tom.trust} {
		c := shop.Client()
		c.Cookies["hanko-device-token"] = cookie
		f := c.Begin(t, "login")
		for f.State.Name != "success" {
			require.NotEqual(t, "login_otp", f.State.Name, "the device is trusted, by the %s cookie", name)
			action, inputs := tom.Answer(t, f)
			f.Do(t, action, inputs)
		}
	}
}

func keepsSessions(t *testing.T, shop *testenv.Tenant, w *world) {
	t.Helper()
	require.True(t, shop.Accepts(t, w.kim.token), "signed with the newest key")
	require.True(t, shop.Accepts(t, w.lee.token), "signed with an older key")
	var set struct{ Keys []map[string]any }
	shop.Client().Get(t, "/.well-known/jwks.json").JSON(t, &set)
	var kids []any
	for _, key := range set.Keys {
		kids = append(kids, key["kid"])
		require.NotContains(t, key, "d")
	}
	require.ElementsMatch(t, []any{w.old.kid, w.newest.kid}, kids)
	for _, token := range []string{w.kim.token, w.lee.token} {
		verifies(t, set.Keys, token)
	}
	signedToday := person(shop, w.kim).SignIn(t).Token
	require.Equal(t, w.newest.kid, header(t, signedToday)["kid"], "the newest signs")
	verifies(t, set.Keys, signedToday)

	require.Equal(t, http.StatusNoContent, shop.Client().Bearer(w.kim.token).Send(t, http.MethodPost, "/logout", nil).Status)
	require.Eventually(t, func() bool { return !shop.Accepts(t, w.kim.token) }, patience, tick)
	require.True(t, shop.Accepts(t, w.lee.token))
}

// verifies checks a token by a key set as any back end does that knows nothing of us.
func verifies(t *testing.T, keys []map[string]any, token string) {
	t.Helper()
	n := slices.IndexFunc(keys, func(key map[string]any) bool { return key["kid"] == header(t, token)["kid"] })
	require.GreaterOrEqual(t, n, 0)
	number := func(member string) *big.Int {
		raw, err := base64.RawURLEncoding.DecodeString(keys[n][member].(string))
		require.NoError(t, err)
		return new(big.Int).SetBytes(raw)
	}
	public := &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
	require.Equal(t, 4096, public.N.BitLen())
	dot := strings.LastIndex(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	require.NoError(t, err)
	digest := sha256.Sum256([]byte(token[:dot]))
	require.NoError(t, rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], raw))
}

func keepsTheRest(t *testing.T, shop *testenv.Tenant, w *world) {
	t.Helper()
	ctx, db := scope.With(t.Context(), scope.Tenant(w.tenant)), shop.Env.App.Store.Reader()

	una := db.User.GetX(ctx, w.una.id)
	require.JSONEq(t, `{"plan": "pro"}`, *una.PublicMetadata)
	require.JSONEq(t, `{"note": 1}`, *una.PrivateMetadata)
	require.Nil(t, una.UnsafeMetadata)
	require.Equal(t, now, una.CreatedAt.UTC())
	unclaimed := db.Email.GetX(ctx, w.unclaimed)
	require.Nil(t, unclaimed.UserID)
	pending := db.Identity.GetX(ctx, w.pendingIdentity)
	require.Nil(t, pending.UserID)
	require.Equal(t, w.ida.emailID, *pending.EmailID)
	identities := db.User.GetX(ctx, w.ida.id).QueryIdentities().AllX(ctx)
	require.Len(t, identities, 2)
	for _, i := range identities {
		if i.ProviderID == "https://idp.example" {
			require.Equal(t, "idp.example", *i.SamlDomain)
		} else {
			require.JSONEq(t, `{"sub": "g-1"}`, i.Claims)
		}
	}

	admin := shop.Admin(t)
	var hooks struct {
		Database []struct {
			ID       uuid.UUID
			Enabled  bool
			Failures int
			Events   []struct{ ID, Event string }
		}
	}
	admin.Get(t, "/webhooks").JSON(t, &hooks)
	require.Len(t, hooks.Database, 1)
	hook := hooks.Database[0]
	require.Equal(t, w.webhook, hook.ID)
	require.True(t, hook.Enabled)
	require.Equal(t, "user", hook.Events[0].Event)
	require.Equal(t, "email.send", hook.Events[1].Event)
	require.NotEmpty(t, shop.Events(t), "it is told what happens")
	var records []map[string]any
	admin.Get(t, "/audit_logs?actor_user_id="+w.kim.id.String()+"&per_page=100&type=login_success&end_time="+
		url.QueryEscape(now.Add(time.Minute).Format(time.RFC3339))).JSON(t, &records)
	require.Len(t, records, 5)
	require.Equal(t, "req-0", records[0]["meta_http_request_id"], "the latest first")

	provider := db.SAMLProvider.GetX(ctx, w.provider)
	require.Equal(t, "<EntityDescriptor/>", provider.MetadataXML)
	require.JSONEq(t, `{"email": "mail"}`, string(provider.AttributeMap))
	certificate := db.SAMLCertificate.GetX(ctx, w.certificate)
	require.Equal(t, "active", certificate.State)
	keyring, err := secret.NewKeyring([]string{"a master secret of tests only"})
	require.NoError(t, err)
	key, err := saml.OpenKey(keyring, w.tenant, w.certificate, certificate.PrivateKey)
	require.NoError(t, err)
	require.Equal(t, w.certificateKey, key)

	require.Eventually(t, func() bool { return shop.AuditSettled(t) }, patience, tick)
	log := db.AuditLog.Query().Order(ent.Asc(auditlog.FieldSequence)).AllX(ctx)
	for n, record := range log {
		require.EqualValues(t, n+1, record.Sequence, "the chain has no gap")
		if n < 5 {
			require.Equal(t, fmt.Sprintf("req-%d", 4-n), record.MetaHTTPRequestID, "in the order in which they were written, before new ones")
			require.Equal(t, w.kim.id, *record.ActorUserID)
			require.JSONEq(t, `{"flow_id": "x"}`, string(record.Details))
		}
	}
	require.Greater(t, len(log), 5, "and new records come after them")
	report, err := shop.Env.App.AuditKeeper.Verify(t.Context(), w.tenant, nil)
	require.NoError(t, err)
	require.Nil(t, report.Problem)
	require.Zero(t, report.Unchained)
	require.Positive(t, report.Checkpoints)

	config, err := shop.Env.App.Registry.ByID(t.Context(), w.tenant)
	require.NoError(t, err)
	require.Equal(t, "Corner Shop", config.Config.Service.Name)
	require.Equal(t, "a password of the mail host", config.Config.EmailDelivery.SMTP.Password)
}

// checksum is what all tables of a database hold.
func checksum(t testing.TB, env *testenv.Env) map[string]string {
	t.Helper()
	source, err := dsn.Parse(env.DatabaseURL())
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	if env.Dialect == dialect.Postgres {
		_, err = conn.ExecContext(t.Context(), "SELECT set_config('app.tenant', 'system', false)")
		require.NoError(t, err)
	}
	sums := map[string]string{}
	for _, table := range append(ddl.TenantTables(), "tenants") {
		rows, err := conn.QueryContext(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		var lines []string
		for rows.Next() {
			values, places := make([]any, len(columns)), make([]any, len(columns))
			for n := range values {
				places[n] = &values[n]
			}
			require.NoError(t, rows.Scan(places...))
			lines = append(lines, fmt.Sprint(values...))
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		slices.Sort(lines)
		sums[table] = fmt.Sprintf("%d rows, %x", len(lines), sha256.Sum256(fmt.Append(nil, lines)))
	}
	return sums
}
