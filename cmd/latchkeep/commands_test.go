package main_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/jose"
)

// json runs a command that must succeed, with --output json, and decodes what it prints.
func (m *machine) json(t *testing.T, into any, args ...string) {
	t.Helper()
	said := m.must(t, append(args, "--output", "json")...)
	require.NoError(t, json.Unmarshal([]byte(said), into), "%s printed %s", strings.Join(args, " "), said)
}

func TestOutput_IsJSONWhereAProgramReadsIt(t *testing.T) {
	t.Parallel()

	m := node(t)
	var object map[string]any
	var list []map[string]any
	m.json(t, &object, "migrate", "status")
	require.Equal(t, false, object["up_to_date"])
	require.NotEmpty(t, object["pending"])
	m.json(t, &object, "migrate", "up")
	require.NotEmpty(t, object["applied"])
	m.json(t, &object, "migrate", "up")
	require.Equal(t, []any{}, object["applied"])
	m.json(t, &object, "migrate", "validate")
	require.Equal(t, true, object["valid"])

	m.json(t, &list, "tenant", "list")
	require.Empty(t, list)
	m.json(t, &object, "tenant", "create", "shop")
	id := object["id"].(string)
	m.json(t, &list, "tenant", "list")
	require.Equal(t, id, list[0]["id"])
	require.Equal(t, "active", list[0]["status"])
	m.json(t, &object, "tenant", "suspend", "shop", "--reason", "unpaid")
	require.Equal(t, "suspended", object["status"])
	require.Equal(t, "unpaid", object["status_reason"])
	m.must(t, "tenant", "create", "bank")
	m.json(t, &list, "key", "list", "shop")
	require.Equal(t, "ES256", list[0]["algorithm"])
	m.json(t, &object, "key", "rotate", "shop")
	m.json(t, &list, "tenant", "saml-certificate", "list", "shop")
	require.Empty(t, list, "the first is made when it is needed")
	m.json(t, &object, "tenant", "saml-certificate", "rotate", "shop")
	require.Equal(t, "active", object["state"])
	m.json(t, &list, "tenant", "saml-certificate", "list", "shop")
	require.Len(t, list, 1)
	require.NotEmpty(t, object["signs_from"])
	m.json(t, &object, "tenant", "api-key", "shop", "--scopes", "users:read", "--expires-in", "1h")
	require.Regexp(t, "^lka_", object["token"])
	require.Equal(t, []any{"users:read"}, object["scopes"])
	require.NotEmpty(t, object["expires_at"])
	m.json(t, &object, "operator", "token", "--tenants", id)
	require.Regexp(t, "^lko_", object["token"])
	require.Equal(t, []any{id}, object["tenants"])
	m.json(t, &object, "cleanup", "-t", "flows")
	require.Equal(t, false, object["deleted"])
	require.Equal(t, []any{map[string]any{"table": "flows", "rows": 0.0}}, object["tables"])
	m.json(t, &object, "version")
	require.NotEmpty(t, object["go"])
	m.json(t, &object, "config", "check")
	require.Equal(t, true, object["ok"])
	require.Equal(t, "1 [redacted]", object["settings"].(map[string]any)["secrets.keys"])
	m.must(t, "user", "generate", "-o", "users.json", "-c", "3")
	m.json(t, &object, "user", "import", "-i", "users.json", "--tenant", "bank", "--dry-run")
	require.Equal(t, true, object["dry_run"])
	m.json(t, &object, "user", "import", "-i", "users.json", "--tenant", "bank")
	require.Equal(t, 3.0, object["users"])
	m.json(t, &object, "user", "export", "-o", "out.json", "--tenant", "bank")
	require.Equal(t, 3.0, object["users"])
	require.Equal(t, "out.json", object["file"])
	m.json(t, &object, "doctor")
	require.Equal(t, true, object["ok"])
	require.NotEmpty(t, object["findings"])
	m.json(t, &object, "tenant", "delete", "shop", "--yes")
	require.Equal(t, true, object["deleted"])

	// What is wrong is told as JSON, too, and the status is the same.
	sick := m.with("LATCHKEEP_LOG_FORMAT=xml", "LATCHKEEP_DATABASE_POOL=-3").run(t, "config", "check", "--output", "json")
	require.Equal(t, 1, sick.code)
	var told struct {
		OK       bool
		Problems []struct{ Setting, Where, Reason string }
	}
	require.NoError(t, json.Unmarshal([]byte(sick.stdout), &told), sick.stdout)
	require.False(t, told.OK)
	require.Len(t, told.Problems, 2)
	require.Equal(t, "environment", told.Problems[0].Where)
	sick = m.with("LATCHKEEP_REDIS_URL=redis://127.0.0.1:1/0").run(t, "doctor", "--output", "json")
	require.Equal(t, 1, sick.code)
	require.NoError(t, json.Unmarshal([]byte(sick.stdout), &object))
	require.Equal(t, false, object["ok"])
}

func TestUsage_IsPrintedWhereACommandIsNotCalledAsItSays(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	for _, args := range [][]string{
		{"servr"}, {"tenant", "creat"}, {"tenant", "create"}, {"tenant", "create", "a", "b"}, {"version", "--loud"}, {"migrate", "sideways"},
		{"version", "--output", "xml"}, {"siwa"}, {"jwt", "create"}, {"jwt", "create", "kim"}, {"jwt", "create", uuid.NewString()}, {"config", "show"},
		{"jwt", "create", uuid.NewString(), "--tenant", "a", "--tenant_id", "b"},
	} {
		require.Contains(t, m.refuses(t, args), "Usage:", args)
	}
	m.refuses(t, []string{"servr"}, `unknown command "servr"`, "did you mean serve?")
	m.refuses(t, []string{"tenant", "creat"}, `unknown command "creat" for "latchkeep tenant"`, "did you mean create?")
	require.NotContains(t, m.refuses(t, []string{"tenant", "show", "shop"}), "Usage:", "that was called well")
	m.refuses(t, []string{"migrate", "down", "1"}, "only go forward")
	require.Contains(t, m.must(t, "tenant"), "Usage:")
}

func TestFlags_StandBeforeOrAfterTheNamesOfCommands(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.write(t, "other.yaml", "database: {pool: 11}")
	for _, args := range [][]string{
		{"--config", "other.yaml", "config", "check"}, {"config", "--config", "other.yaml", "check"}, {"config", "check", "--config", "other.yaml"},
	} {
		require.Contains(t, m.must(t, args...), "database.pool = 11", args)
	}
	m.must(t, "migrate", "up")
	m.must(t, "--config", "other.yaml", "cleanup")
	m.must(t, "cleanup", "-c", "other.yaml")
	m.refuses(t, []string{"cleanup", "-c", "nowhere.yaml"}, "nowhere.yaml")
}

func TestCompletion_KnowsCommandsAndTenants(t *testing.T) {
	t.Parallel()

	m := node(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		require.Contains(t, m.must(t, "completion", shell), "latchkeep")
	}
	require.Contains(t, m.must(t, "__complete", "ten"), "tenant\t")
	require.Contains(t, m.must(t, "__complete", "serve", "pu"), "public")
	require.Equal(t, ":4\n", m.must(t, "__complete", "tenant", "show", ""), "no database yet: nothing, and no complaint")
	m.must(t, "migrate", "up")
	for _, slug := range []string{"shop", "shed", "bank"} {
		m.must(t, "tenant", "create", slug, "--name", "The "+slug)
	}
	said := m.must(t, "__complete", "tenant", "show", "sh")
	require.Contains(t, said, "shop\tThe shop")
	require.Contains(t, said, "shed\t")
	require.NotContains(t, said, "bank")
	require.Contains(t, m.must(t, "__complete", "jwt", "create", "--tenant", "b"), "bank")
}

func TestTenant_IsSuspendedAndResumedByCommands(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	m.must(t, "tenant", "create", "shop")
	for command, status := range map[string]string{"suspend": "suspended", "read-only": "read_only", "resume": "active"} {
		require.Regexp(t, `^shop \(.*\) is `+status+"\n$", m.must(t, "tenant", command, "shop"))
		require.Contains(t, m.must(t, "tenant", "show", "shop"), `"status": "`+status+`"`)
	}
	m.refuses(t, []string{"tenant", "suspend", "nobody"}, "no such tenant")
}

func TestKeysAndTokens_AreListedAndRevokedByCommands(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	m.must(t, "tenant", "create", "shop")
	m.must(t, "tenant", "create", "bank")
	for kind, c := range map[string]struct{ make, list, revoke []string }{
		"API key":  {[]string{"tenant", "api-key", "shop"}, []string{"tenant", "api-key", "list", "shop"}, []string{"tenant", "api-key", "revoke", "shop"}},
		"operator": {[]string{"operator", "token"}, []string{"operator", "list"}, []string{"operator", "revoke"}},
	} {
		var made struct{ ID, Token, Hint string }
		m.json(t, &made, append(c.make, "--name", "back end")...)
		listed := m.must(t, c.list...)
		require.Regexp(t, `(?m)^`+made.ID+` +back end +\S+ +good +\*`, listed, kind)
		require.NotContains(t, listed, made.Token)
		require.Equal(t, "revoked "+made.ID+"\n", m.must(t, append(c.revoke, made.ID)...))
		require.Regexp(t, `(?m)^`+made.ID+` +back end +\S+ +revoked`, m.must(t, c.list...))
		m.must(t, append(c.revoke, made.ID)...) // again changes nothing
		m.refuses(t, append(c.revoke, uuid.NewString()), "no such key or token")
		m.refuses(t, append(c.revoke, "nonsense"), "list")
	}
	var made struct{ ID string }
	m.json(t, &made, "tenant", "api-key", "shop")
	m.refuses(t, []string{"tenant", "api-key", "revoke", "bank", made.ID}, "no such key or token")
}

func TestJWK_IsAPrivateRSAKey(t *testing.T) {
	t.Parallel()

	said := strings.TrimSpace(newMachine(t).must(t, "jwk", "create"))
	require.NotContains(t, said, "\n")
	key, err := jose.ParsePrivate([]byte(said))
	require.NoError(t, err)
	require.Equal(t, "key1", key.ID())
	require.Equal(t, jose.RS256, key.Alg())
	var members map[string]string
	require.NoError(t, json.Unmarshal([]byte(said), &members))
	require.Equal(t, "sig", members["use"])
	modulus, err := base64.RawURLEncoding.DecodeString(members["n"])
	require.NoError(t, err)
	require.Len(t, modulus, 512)
}

func TestSIWA_IsASecretThatAppleTakes(t *testing.T) {
	t.Parallel()

	m := newMachine(t)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	m.write(t, "key.p8", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	secret := strings.TrimSpace(m.must(t, "siwa", "-p", "key.p8", "-t", "TEAM", "-s", "com.shop.example", "-k", "KEY"))

	key, err := jose.ParseES256PEM("KEY", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	require.NoError(t, err)
	set, err := jose.NewSet(key.Public())
	require.NoError(t, err)
	claims, err := set.Verify(secret, time.Now(), jose.Validation{Type: "JWT", Issuer: "TEAM", Audience: "https://appleid.apple.com"})
	require.NoError(t, err)
	require.Equal(t, "com.shop.example", claims.Subject())
	issued, _ := claims.Time("iat")
	require.Equal(t, 180*24*time.Hour, claims.Expires().Sub(issued))

	m.write(t, "broken.p8", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
	m.write(t, "text.p8", "not a key")
	for _, file := range []string{"broken.p8", "text.p8", "nowhere.p8"} {
		m.refuses(t, []string{"siwa", "-p", file, "-t", "TEAM", "-s", "com.shop.example", "-k", "KEY"}, "--private_key")
	}
}

// single is a machine with one tenant.
func single(t *testing.T, file string) *machine {
	t.Helper()
	m := node(t).with("LATCHKEEP_CONFIG=hanko.yaml")
	m.write(t, "hanko.yaml", "multi_tenancy: {enabled: false}\n"+file)
	return m
}

func TestConfigShow_PrintsTheWholeInOneLine(t *testing.T) {
	t.Parallel()

	m := single(t, "service: {name: Shop}\nemail_delivery: {smtp: {host: mail.example, password: hunter2hunter2hunter3}}\n")
	said := m.must(t, "config", "show")
	require.Equal(t, 1, strings.Count(said, "\n"))
	require.NotContains(t, said, "hunter2")
	var c map[string]map[string]any
	require.NoError(t, json.Unmarshal([]byte(said), &c))
	require.Equal(t, "Shop", c["service"]["name"])
	require.NotNil(t, c["session"]["lifespan"], "defaults, too")
	require.Contains(t, m.must(t, "config", "show", "--show-secrets"), "hunter2hunter2hunter3")
	m.with("SESSION_LIFESPAN=soon").refuses(t, []string{"config", "show"}, "SESSION_LIFESPAN")

	m = node(t)
	m.must(t, "migrate", "up")
	m.must(t, "tenant", "create", "shop", "--name", "The shop")
	require.Contains(t, m.must(t, "config", "show", "--tenant", "shop"), `"name":"The shop"`)
}

func TestConfigCheck_WarnsOfClaimsThatCannotWork(t *testing.T) {
	t.Parallel()

	said := single(t, `session: {jwt_template: {claims: {role: "{{ .User", "https://ns.example/a": "{{ .User.Name }}"}}}`).must(t, "config", "check")
	require.Contains(t, said, "warning: session.jwt_template.claims.role: is left out of session tokens")
	require.Contains(t, said, `"https://ns.example/a"`)
	require.Equal(t, 1, strings.Count(said, "warning:"))
}

// person makes a user of a tenant, behind the program's back.
func (m *machine) person(
	t *testing.T, tenant uuid.UUID, name string, more ...func(context.Context, *store.Tx, uuid.UUID) error,
) string {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{URL: m.database})
	require.NoError(t, err)
	defer st.Close()
	u := user.New(uuid.Must(uuid.NewV7()))
	u.SetUsername(name)
	require.NoError(t, st.Do(t.Context(), scope.Tenant(tenant), user.Create(u)))
	for _, one := range more {
		require.NoError(t, st.Do(t.Context(), scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error { return one(ctx, tx, u.ID) }))
	}
	return u.ID.String()
}

func TestJWT_OfAUserOpensASession(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := onDatabase(t, name)
			m.must(t, "tenant", "create", "shop")
			m.must(t, "tenant", "create", "bank")
			var shop struct {
				ID        string
				PublicURL string `json:"public_url"`
			}
			m.json(t, &shop, "tenant", "show", "shop")
			kim := m.person(t, uuid.MustParse(shop.ID), "kim")
			s := m.start(t, "serve")

			var token struct {
				Token  string
				Claims map[string]any
			}
			m.json(t, &token, "jwt", "create", kim, "--tenant", "shop")
			require.Equal(t, kim, token.Claims["subject"])
			require.NotContains(t, token.Claims, "amr")
			public := browse(s.address(t, "public"), strings.Replace(shop.PublicURL, "https://", "http://", 1))
			require.True(t, public.valid(t, token.Token))

			said := m.must(t, "jwt", "create", kim, "--tenant_id", shop.ID)
			require.Regexp(t, "^Token: \\S+\n{\n", said)
			require.Regexp(t, "^Token: \\S+\n$", m.must(t, "jwt", "create", kim, "--tenant", "shop", "--pretty=false"))
			m.refuses(t, []string{"jwt", "create", uuid.NewString(), "--tenant", "shop"}, "does not exist")
			blocked := m.person(t, uuid.MustParse(shop.ID), "mallory", func(ctx context.Context, tx *store.Tx, id uuid.UUID) error {
				return tx.User.UpdateOneID(id).SetBlockedAt(time.Now()).Exec(ctx)
			})
			m.refuses(t, []string{"jwt", "create", blocked, "--tenant", "shop"}, "blocked")
			m.refuses(t, []string{"jwt", "create", kim, "--tenant", "bank"}, "does not exist")
		})
	}
}

func TestServe_SaysThatItCannotReadTheNamesOfAuthenticators(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	m.write(t, "names.json", `{"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": {"name": "A phone"}}`)
	m.write(t, "broken.json", `{"phone": {"name": "A phone"}}`)
	for file, said := range map[string]bool{"names.json": false, "broken.json": true, "nowhere.json": true} {
		s := m.start(t, "serve", "public", "--auth-meta", file)
		s.address(t, "public")
		require.Equal(t, said, strings.Contains(s.stderr.text(), "passkeys get no names"), file)
		s.stop(t)
	}
}

func TestDoctor_CallsTheMailHost(t *testing.T) {
	t.Parallel()

	sink := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain})
	m := node(t)
	m.must(t, "migrate", "up")
	require.Regexp(t, `(?m)^ok +mail +only of tenants`, m.must(t, "doctor"))
	m = m.with("LATCHKEEP_DEFAULT_EMAIL_DELIVERY_ENABLED=true", "LATCHKEEP_DEFAULT_EMAIL_DELIVERY_FROM_ADDRESS=login@shop.example",
		"LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_HOST="+sink.Host())
	require.Regexp(t, `(?m)^ok +mail +\S+ takes mails`, m.with("LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_PORT="+sink.Port()).must(t, "doctor"))
	require.Empty(t, sink.Messages())
	dead := m.with("LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_PORT=1").run(t, "doctor")
	require.Equal(t, 1, dead.code)
	require.Regexp(t, `(?m)^BROKEN +mail `, dead.stdout)
	require.Contains(t, dead.stdout, "default_email_delivery")

	sink.Behave(smtpsink.Hang(smtpsink.Greeting))
	start := time.Now()
	hung := m.with("LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_PORT="+sink.Port()).run(t, "doctor")
	require.Equal(t, 1, hung.code)
	require.Less(t, time.Since(start), 20*time.Second)
}

func TestDoctor_LooksWhetherPasskeysAndNamesCanWork(t *testing.T) {
	t.Parallel()

	m := node(t).with("LATCHKEEP_PUBLIC_BASE_URL=https://login.invalid")
	m.must(t, "migrate", "up")
	m.write(t, "elsewhere.json", `{"webauthn": {"relying_party": {"id": "shop.example", "origins": ["https://shop.example"]}},
		"session": {"jwt_template": {"claims": {"role": "{{ .User"}}}}`)
	m.must(t, "tenant", "create", "good")
	m.must(t, "tenant", "create", "elsewhere", "--config-file", "elsewhere.json")
	said := m.must(t, "doctor")
	require.Regexp(t, `(?m)^warning +passkeys +elsewhere .*elsewhere\.login\.invalid is not below the relying party shop\.example`, said)
	require.Regexp(t, `(?m)^warning +configuration +elsewhere .*session\.jwt_template\.claims\.role`, said)
	require.NotContains(t, said, "good (")
	require.NotContains(t, said, "dns")
	require.Regexp(t, `(?m)^ok +tenants +2 looked at`, said)
	require.Regexp(t, `(?m)^warning +dns +good `, m.must(t, "doctor", "--dns"))
}
