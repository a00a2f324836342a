package hankodb_test

import (
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/latchkeep/latchkeep/auth/hankodb"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// single is the tenant of an installation that knows no tenants.
var single = uuid.UUID{15: 1}

// oldFile is the configuration of an installation of one tenant.
const oldFile = `
secrets: {keys: ["` + oldSecret + `"]}
service: {name: Corner Shop}
webauthn: {relying_party: {id: ` + rpID + `, origins: ["` + origin + `"]}}
emails: {require_verification: true}
email: {acquire_on_login: false}
session: {issuer: "https://id.shop.example"}
email_delivery: {smtp: {host: mail.shop.example, password: a password of the mail host}}
`

// v2 is the schema of Hanko v2, before there were tenants, second factors and metadata.
func v2() schema {
	return current().without("tenants", "*.tenant_id", "user_metadata", "otp_secrets", "trusted_devices", "webauthn_credential_user_handles",
		"saml_providers", "saml_idp_metadata", "saml_identities", "identities.user_id", "users.name", "users.given_name", "users.family_name",
		"users.picture", "webauthn_credentials.mfa_only", "webauthn_credentials.user_handle_id").
		renamed("identities", "provider_id", "provider_name").renamed("identities", "provider_user_id", "provider_id")
}

func TestImport_OlderVersionsOfHanko(t *testing.T) {
	t.Parallel()

	pairs(t, func(t *testing.T, from string, env *testenv.Env) {
		h, s := newHanko(t, from, v2()), newSigner(0)
		h.insert("jwks", record{"key_data": seal(t, oldSecret, s.jwk(t))})
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		require.NoError(t, err)
		kim := h.person(single, "kim@shop.example")
		h.password(single, kim, password, string(hash))
		h.session(single, kim, s)
		pia := h.person(single, "pia@shop.example")
		h.passkey(single, pia, "")
		h.insert("identities", record{"provider_id": "g-1", "provider_name": "google", "email_id": kim.emailID})
		h.insert("audit_logs", record{"type": "login_success", "details": nil})

		old, err := hankodb.ReadOldConfig([]byte(oldFile))
		require.NoError(t, err)
		require.Equal(t, []string{oldSecret}, old.Secrets)
		require.Len(t, old.Warnings, 1, "a key of old")
		r := imported(t, h, env, func(o *hankodb.Options) { o.Secrets, o.DefaultConfig = old.Secrets, old.Tenant })
		require.Empty(t, r.problems)
		require.Contains(t, r.Missing, "tenants")
		require.Contains(t, r.Missing, "otp_secrets")
		require.Contains(t, r.Missing, "identities.provider_user_id")

		shop := at(env, single)
		require.Equal(t, kim.id, person(shop, kim).SignIn(t).UserID)
		require.True(t, shop.Accepts(t, kim.token))
		signsIn := shop.Client().Flow(t, "login")
		signsIn.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": true})
		signsIn.Do(t, "webauthn_generate_request_options")
		signsIn.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{
			"assertion_response": pia.device.Get(t, signsIn.State.Payload["request_options"]),
		})
		require.Equal(t, "success", signsIn.State.Name)
		ctx := scope.With(t.Context(), scope.Tenant(single))
		identity := env.App.Store.Reader().Identity.Query().OnlyX(ctx)
		require.Equal(t, kim.id, *identity.UserID, "whose address it is bound to")
		require.Equal(t, "google", identity.ProviderID)
		require.Equal(t, "g-1", identity.Subject)
		snapshot, err := env.App.Registry.ByID(t.Context(), single)
		require.NoError(t, err)
		require.Equal(t, "Corner Shop", snapshot.Config.Service.Name, "the file is the default tenant's configuration")
		require.Equal(t, "https://id.shop.example", snapshot.Config.Session.Issuer)
		require.True(t, snapshot.Config.Email.RequireVerification)
		require.Equal(t, "a password of the mail host", snapshot.Config.EmailDelivery.SMTP.Password)
	})
}

func TestImport_TheOldestVersionKeptAddressesInUsers(t *testing.T) {
	t.Parallel()

	oldest := schema{"schema_migration": {"version:str"}, "users": {"id:uuid", "email:str", "verified:bool", "created_at:ts", "updated_at:ts"}}
	h := newHanko(t, dialect.MySQL, oldest)
	id := uuid.New()
	h.insert("users", record{"id": id, "email": "Kim@shop.example", "verified": true})
	env := testenv.OnSQLite(t, testenv.Quiet())
	for range 2 {
		r := imported(t, h, env)
		require.Len(t, r.about("tenants"), 1, "the file of the default tenant is missing")
		require.Len(t, r.about("jwks"), 1)
	}
	ctx := scope.With(t.Context(), scope.Tenant(single))
	address := env.App.Store.Reader().Email.Query().OnlyX(ctx)
	require.Equal(t, "kim@shop.example", address.Address)
	require.True(t, address.IsVerified)
	require.Equal(t, id, *address.PrimaryOf)
}

func TestReadOldConfig_NamesSettingsAndNeverTheirValues(t *testing.T) {
	t.Parallel()

	_, err := hankodb.ReadOldConfig([]byte("secrets: [hunter2hunter2\n\t- x"))
	require.ErrorContains(t, err, "YAML")
	require.NotContains(t, err.Error(), "hunter2")
	_, err = hankodb.ReadOldConfig([]byte("session: {limit: many}"))
	require.ErrorContains(t, err, "session.limit")
	several, err := hankodb.ReadOldConfig([]byte("multi_tenancy: {enabled: true}\nsecret_keys: one-secret-of-sixteen\nservice: {name: Shop}"))
	require.NoError(t, err)
	require.Equal(t, []string{"one-secret-of-sixteen"}, several.Secrets)
	require.Nil(t, several.Tenant, "each tenant's is in the database")
}
