package hankodb_test

import (
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/latchkeep/latchkeep/auth/hankodb"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// A version is a database of Hanko that was last migrated before a day: the next newer one without what came on that day.
type version struct {
	before string
	older  func(schema) schema
}

// versions are those that differ, newest first. Spec: data-model §4.4.
func versions() []version {
	without := func(names ...string) func(schema) schema { return func(s schema) schema { return s.without(names...) } }
	return []version{
		{"today", without()},
		{"2026-06-29", without("otp_secrets.last_validated_step")},
		{"2026-05-20", without("saml_providers", "saml_idp_metadata")},
		{"2026-02-17", without("tenants", "*.tenant_id")},
		{"2026-02-04", without("users.name", "users.given_name", "users.family_name", "users.picture")},
		{"2025-11-04", without("identities.user_id")},
		{"2025-04-14", without("user_metadata")},
		{"2025-01-30", func(s schema) schema {
			return s.without("saml_identities").renamed("identities", "provider_id", "provider_name").renamed("identities", "provider_user_id", "provider_id")
		}},
		{"2024-11-01", without("trusted_devices", "webauthn_credential_user_handles", "webauthn_credentials.user_handle_id")},
		{"2024-10-01", without("sessions")},
		{"2024-08-26", without("otp_secrets", "webauthn_credentials.mfa_only")},
		{"2024-07-23", func(s schema) schema {
			s["users"] = append(s["users"], "username:str")
			return s.without("usernames")
		}},
	}
}

// has reports whether a version has a table, or a column written table.column.
func (s schema) has(name string) bool {
	table, column, ok := strings.Cut(name, ".")
	return s[table] != nil && (!ok || slices.ContainsFunc(s[table], func(c string) bool { return strings.HasPrefix(c, column+":") }))
}

func TestImport_EveryVersionOfHankosDatabase(t *testing.T) {
	t.Parallel()

	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	last := current()
	for _, v := range versions() {
		last = v.older(last)
		s := schema{}
		for table, columns := range last {
			s[table] = slices.Clone(columns)
		}
		t.Run("before "+v.before, func(t *testing.T) {
			t.Parallel()
			h, tenant := newHanko(t, dialect.Postgres, s), single
			if s.has("tenants") {
				tenant = uuid.New()
				h.insert("tenants", record{"id": tenant, "config": tenantConfig(t)})
			}
			signer := newSigner(0)
			h.insert("jwks", record{"tenant_id": tenant, "key_data": seal(t, oldSecret, signer.jwk(t))})
			kim := h.person(tenant, "kim@shop.example")
			h.password(tenant, kim, password, string(hash))
			if s.has("sessions") {
				h.session(tenant, kim, signer)
			}
			google := record{"tenant_id": tenant, "provider_user_id": "g-1", "provider_id": "google", "email_id": kim.emailID, "user_id": kim.id}
			if s.has("identities.provider_name") {
				google["provider_name"], google["provider_id"] = "google", "g-1"
			}
			h.insert("identities", google)
			pia := h.person(tenant, "pia@shop.example")
			h.passkey(tenant, pia, "")
			secret := totp.NewSecret()
			h.insert("otp_secrets", record{"tenant_id": tenant, "user_id": pia.id, "secret": secret, "last_validated_step": 77})
			una := uuid.New()
			h.insert("users", record{"id": una, "tenant_id": tenant, "username": "una"})
			h.insert("usernames", record{"tenant_id": tenant, "user_id": una, "username": "una"})
			h.insert("user_metadata", record{"tenant_id": tenant, "user_id": una, "public_metadata": `{"plan": "pro"}`})

			old, err := hankodb.ReadOldConfig([]byte(oldFile))
			require.NoError(t, err)
			env := testenv.OnSQLite(t, testenv.Quiet())
			r := imported(t, h, env, func(o *hankodb.Options) { o.DefaultConfig = old.Tenant })
			require.Empty(t, r.problems)
			require.Equal(t, v.before == "today", len(r.Missing) == 0, "%q", r.Missing)
			require.Equal(t, hankodb.Count{Read: 3, Imported: 3}, r.Total(hankodb.Users))

			shop := at(env, tenant)
			require.Equal(t, kim.id, person(shop, kim).SignIn(t).UserID)
			if s.has("sessions") {
				require.True(t, shop.Accepts(t, kim.token))
			}
			ctx, db := scope.With(t.Context(), scope.Tenant(tenant)), env.App.Store.Reader()
			identity := db.Identity.Query().OnlyX(ctx)
			require.Equal(t, []string{"google", "g-1"}, []string{identity.ProviderID, identity.Subject})
			require.Equal(t, kim.id, *identity.UserID)
			require.False(t, db.WebauthnCredential.Query().OnlyX(ctx).MfaOnly)
			u := db.User.GetX(ctx, una)
			require.Equal(t, "una", *u.Username)
			if s.has("user_metadata") {
				require.JSONEq(t, `{"plan": "pro"}`, *u.PublicMetadata)
			}
			if s.has("users.name") {
				require.Equal(t, "Name of kim@shop.example", db.User.GetX(ctx, kim.id).Name)
			}
			if s.has("otp_secrets") {
				step := db.TOTPSecret.Query().OnlyX(ctx).LastValidatedStep
				require.Equal(t, s.has("otp_secrets.last_validated_step"), step != nil)
			}
		})
	}
}
