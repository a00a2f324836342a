package hankodb_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/hankodb"
	"github.com/latchkeep/latchkeep/ent/email"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/webauthncredential"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// TestImport_OddRowsAreToldAndNobodyIsLost imports what a database of Hanko should not hold. Each thing is kept as far as it can be, and told.
func TestImport_OddRowsAreToldAndNobodyIsLost(t *testing.T) {
	t.Parallel()

	pairs(t, func(t *testing.T, from string, env *testenv.Env) {
		h, tenant := newHanko(t, from, current()), uuid.New()
		h.insert("tenants", record{"id": tenant, "config": tenantConfig(t)})
		h.insert("jwks", record{"tenant_id": tenant, "key_data": seal(t, oldSecret, newSigner(0).jwk(t))})

		first := h.person(tenant, "Case@Shop.Example ")
		second := h.person(tenant, "case@shop.example")
		h.insert("usernames", record{"tenant_id": tenant, "user_id": first.id, "username": " Upper"})
		h.insert("usernames", record{"tenant_id": tenant, "user_id": second.id, "username": "upper"})
		third := h.person(tenant, "third@shop.example")
		h.insert("usernames", record{"tenant_id": tenant, "user_id": third.id, "username": ""})
		two := uuid.New()
		h.insert("emails", record{"id": two, "tenant_id": tenant, "user_id": third.id, "address": "third.two@shop.example", "verified": nil})
		h.insert("primary_emails", record{"tenant_id": tenant, "email_id": two, "user_id": third.id, "created_at": now.Add(time.Hour)})
		h.insert("emails", record{"tenant_id": tenant, "user_id": third.id, "address": "THIRD@shop.example", "verified": true,
			"created_at": now.Add(time.Hour)})
		h.insert("emails", record{"tenant_id": tenant, "user_id": third.id, "address": nil})
		for _, hash := range []string{"plain text", "$1$md5crypt$x"} {
			h.insert("password_credentials", record{"tenant_id": tenant, "user_id": third.id, "password": hash})
		}
		h.insert("otp_secrets", record{"tenant_id": tenant, "user_id": third.id, "secret": "not base32!"})
		h.insert("otp_secrets", record{"tenant_id": tenant, "user_id": first.id, "secret": nil})
		h.insert("user_metadata", record{
			"tenant_id": tenant, "user_id": third.id, "public_metadata": `{"a": "` + strings.Repeat("x", 4000) + `"}`,
			"private_metadata": "{broken", "unsafe_metadata": "[1]",
		})

		fourth := h.person(tenant, "fourth@shop.example")
		h.passkey(tenant, fourth, "")
		good := base64.RawURLEncoding.EncodeToString(fourth.device.Credentials()[0].PublicKey())
		for id, key := range map[string]string{"!!!": good, "Zm91cg": "???", "Zml2ZQ": "AAAA", "": good} {
			h.insert("webauthn_credentials", record{"id": id, "tenant_id": tenant, "user_id": fourth.id, "public_key": key})
		}
		h.insert("webauthn_credentials", record{
			"id": "c2l4", "tenant_id": tenant, "user_id": fourth.id, "public_key": good, "sign_count": -5, "user_handle_id": uuid.New(),
			"backup_eligible": nil, "backup_state": nil, "mfa_only": nil, "created_at": nil, "updated_at": nil,
		})
		h.insert("webauthn_credential_transports", record{"tenant_id": tenant, "name": "Carrier Pigeon", "webauthn_credential_id": "c2l4"})
		h.insert("identities", record{"tenant_id": tenant, "user_id": fourth.id, "provider_id": "google", "provider_user_id": nil})
		h.insert("identities", record{"tenant_id": tenant, "user_id": fourth.id, "provider_id": "google", "provider_user_id": "one", "data": "{", "email_id": first.emailID})
		h.insert("identities", record{"tenant_id": tenant, "user_id": first.id, "provider_id": "google", "provider_user_id": "one"})

		h.insert("sessions", record{"tenant_id": tenant, "user_id": fourth.id, "expires_at": now.Add(-time.Hour)})
		h.insert("sessions", record{"tenant_id": tenant, "user_id": fourth.id, "expires_at": now.Add(3 * dayOfTests), "last_used": nil,
			"user_agent": strings.Repeat("ü", 255), "created_at": nil, "updated_at": nil})
		h.insert("sessions", record{"tenant_id": tenant, "user_id": nil, "expires_at": now.Add(3 * dayOfTests)})
		for range 2 {
			h.insert("trusted_devices", record{"tenant_id": tenant, "user_id": fourth.id, "device_token": "same", "expires_at": now.Add(3 * dayOfTests)})
		}
		hook := uuid.New()
		h.insert("webhooks", record{"id": hook, "tenant_id": tenant, "callback": "no url", "enabled": true, "failures": nil, "expires_at": nil})
		h.insert("webhook_events", record{"tenant_id": tenant, "webhook_id": hook, "event": "user.moved"})
		h.insert("audit_logs", record{"tenant_id": tenant, "type": strings.Repeat("t", 90), "details": "not JSON", "actor_user_id": nil,
			"created_at": nil, "updated_at": nil})
		h.insert("saml_providers", record{"tenant_id": tenant, "name": nil, "domain": nil})
		h.insert("saml_certificates", record{"tenant_id": tenant, "cert_data": "x", "cert_key": "y", "encryption_key": "z"})
		h.insert("emails", record{"tenant_id": tenant, "address": "CASE@shop.example"})

		dry := imported(t, h, env, func(o *hankodb.Options) { o.DryRun, o.Page = true, 2 })
		r := imported(t, h, env, func(o *hankodb.Options) { o.Page = 2 })
		require.LessOrEqual(t, len(dry.problems), len(r.problems))
		require.GreaterOrEqual(t, len(dry.problems), len(r.problems)-2, "a dry run tells the same, but for what collides between parts of a new tenant")
		require.Equal(t, hankodb.Count{Read: 4, Imported: 4}, r.Total(hankodb.Users), "nobody is lost")
		for _, kind := range hankodb.Kinds() {
			c := r.Total(kind)
			require.Equal(t, c.Read, c.Imported+c.Present+c.Gone+c.Expired+c.Refused, "%s: every row is accounted for", kind)
		}
		for table, want := range map[string][]string{
			"emails":                         {"empty", "other letters of case", "belongs to an account", "somebody has the address"},
			"primary_emails":                 {"two primary addresses"},
			"usernames":                      {"lower case", "is empty", "belongs to an account"},
			"password_credentials":           {"no form", "no form"},
			"otp_secrets":                    {"not base32", "not base32"},
			"user_metadata":                  {"longer than 3000", "private_metadata is no JSON object", "unsafe_metadata is no JSON object"},
			"webauthn_credentials":           {"1 to 1023 bytes", "1 to 1023 bytes", "not base64url", "no COSE key", "counter is out of range", "user handle is not there"},
			"webauthn_credential_transports": {"Carrier Pigeon"},
			"identities":                     {"not named", "data is no JSON object", "not one of hers", "linked to a user"},
			"trusted_devices":                {"twice"},
			"webhooks":                       {"no event", "switched off"},
			"audit_logs":                     {"details are no JSON object"},
			"saml_providers":                 {"domain is missing"},
			"saml_certificates":              {"secret that the key is sealed under"},
		} {
			reasons := strings.Join(r.about(table), "\n")
			require.Len(t, r.about(table), len(want), "%s:\n%s", table, reasons)
			for _, text := range want {
				require.Contains(t, reasons, text, table)
			}
		}
		lookAtOdd(t, env, tenant, third, fourth)
		require.Empty(t, env.Errors())
	}, testenv.Quiet())
}

func lookAtOdd(t *testing.T, env *testenv.Env, tenant uuid.UUID, third, fourth *member) {
	t.Helper()
	ctx, db := scope.With(t.Context(), scope.Tenant(tenant)), env.App.Store.Reader()
	u := db.User.GetX(ctx, third.id)
	require.Len(t, *u.PublicMetadata, 4000+len(`{"a":""}`))
	require.Nil(t, u.PrivateMetadata)
	require.Nil(t, u.Username)
	require.Equal(t, third.emailID, db.Email.Query().Where(email.PrimaryOf(third.id)).OnlyX(ctx).ID, "the older primary address")
	credentials := db.WebauthnCredential.Query().Where(webauthncredential.UserID(fourth.id)).AllX(ctx)
	require.Len(t, credentials, 2)
	require.Equal(t, 1, db.Email.Query().Where(email.Address("case@shop.example")).CountX(ctx), "one of two has the address")
	session := db.Session.Query().OnlyX(ctx)
	require.Equal(t, 255, len([]rune(*session.UserAgent)))
	hook := db.Webhook.Query().OnlyX(ctx)
	require.False(t, hook.Enabled)
	log := db.AuditLog.Query().OnlyX(ctx)
	require.JSONEq(t, `{"text": "not JSON"}`, string(log.Details))
}

func TestImport_SettingsThatBreakOurRulesGetTheirDefaults(t *testing.T) {
	t.Parallel()

	h, tenant := newHanko(t, dialect.Postgres, current()), uuid.New()
	h.insert("tenants", record{"id": tenant, "config": `{"service": {"name": "Corner Shop"}, "session": {"limit": 0, "lifespan": "1h"},
		"secrets": {"key_management": {"type": "aws_kms", "key_id": "k", "region": "r"}}, "password": {"min_length": "many"},
		"webhooks": {"enabled": true, "hooks": [{"callback": "https://x.example", "events": ["no.event"]}]}}`})
	h.person(tenant, "kim@shop.example")
	env := testenv.OnSQLite(t)
	r := imported(t, h, env)
	reasons := strings.Join(append(r.about("tenants"), r.about("jwks")...), "\n")
	for _, path := range []string{"session.limit", "secrets.key_management", "password.min_length", "webhooks.hooks", "no signing key"} {
		require.Contains(t, reasons, path)
	}
	snapshot, err := env.App.Registry.ByID(t.Context(), tenant)
	require.NoError(t, err)
	require.Equal(t, "Corner Shop", snapshot.Config.Service.Name)
	require.Equal(t, time.Hour, time.Duration(snapshot.Config.Session.Lifespan))
	require.Equal(t, 8, snapshot.Config.Password.MinLength)
	_, err = snapshot.Keys.Signer(time.Now())
	require.NoError(t, err, "a tenant without keys gets one")
}

func TestImport_AUserOfAnotherTenantIsNotTouched(t *testing.T) {
	t.Parallel()

	h, w := shopOf(t, dialect.Postgres)
	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "here-before")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	h.insert("users", record{"id": kim.ID, "tenant_id": w.tenant})
	dry := imported(t, h, env, func(o *hankodb.Options) { o.DryRun = true })
	r := imported(t, h, env)
	for _, one := range []result{dry, r} {
		require.Equal(t, []string{"a user with this id exists; the user was left out"}, one.about("users"))
		require.Equal(t, 1, one.Total(hankodb.Users).Refused)
	}
	require.Equal(t, 1, shop.Count(t, "users"))
}
