package tenants_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/template"
)

func TestCreate_BeginsWithATemplate(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		for _, from := range template.List() {
			slug := map[string]string{"passkey_first": "pk", "classic_password": "pw", "enterprise_sso": "corp"}[from.Name]
			require.NotEmpty(t, slug, from.Name)
			made, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
				Slug: slug, Template: from.Name, Config: []byte(`{"session": {"limit": 3}}`),
			})
			require.NoError(t, err, from.Name)
			require.Equal(t, 3, made.Config.Session.Limit, "what is given goes over the template")
			require.Empty(t, made.Config.Warnings(), from.Name)
			switch from.Name {
			case "passkey_first":
				require.False(t, made.Config.Password.Enabled)
			case "classic_password":
				require.Equal(t, 10, made.Config.Password.MinLength)
			case "enterprise_sso":
				require.Equal(t, "http://corp.localhost:8000", made.Config.SAML.AudienceURI)
			}
			over, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
				Slug: slug + "-over", Template: from.Name, Config: []byte(`{"password": {"enabled": true, "min_length": 12}}`),
			})
			require.NoError(t, err)
			require.Equal(t, 12, over.Config.Password.MinLength)
		}
		_, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "x", Template: "nonsense"})
		requireCode(t, err, "invalid_tenant")
		_, err = s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "x", Template: "passkey_first", CopyFrom: uuid.New()})
		requireCode(t, err, "invalid_tenant")
		_, err = s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "x", Template: "passkey_first", Config: []byte(`[]`)})
		requireCode(t, err, "invalid_config")
	})
}

func TestCreate_CopiesTheSettingsOfATenantAndNobody(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		shop, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
			Slug: "shop", Name: "Shop", Config: []byte(`{"email_delivery": {"smtp": {"host": "mail.shop.example", "password": "very secret"}}, "session": {"limit": 2}}`),
		})
		require.NoError(t, err)
		s.people(t, shop.ID, 2)
		at := time.Now()
		require.NoError(t, s.store.Do(t.Context(), scope.Tenant(shop.ID), func(ctx context.Context, tx *store.Tx) error {
			tx.SAMLProvider.Create().SetName("Corp").SetEntityID("https://corp.example/saml").SetDomain("corp.example").SetEnabled(true).
				SetMetadataXML("<x/>").SaveX(ctx)
			events, _ := json.Marshal([]tenants.HookEvent{{ID: uuid.New(), Event: "user"}})
			for _, enabled := range []bool{true, false} {
				tx.Webhook.Create().SetCallback("https://shop.example/hook").SetEvents(events).SetEnabled(enabled).
					SetExpiresAt(at.Add(time.Hour)).SetUpdatedAt(at).SaveX(ctx)
			}
			return nil
		}))
		made, err := s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
			Slug: "copy", Name: "Copy", CopyFrom: shop.ID, Config: []byte(`{"session": {"limit": 4}}`),
		})
		require.NoError(t, err)
		require.Equal(t, "mail.shop.example", made.Config.EmailDelivery.SMTP.Host)
		require.Equal(t, config.Placeholder, made.Config.EmailDelivery.SMTP.Password)
		require.Equal(t, 4, made.Config.Session.Limit)
		require.Equal(t, "Copy", made.Config.Service.Name, "what follows from the name is its own")
		require.Equal(t, "copy.localhost", made.Config.WebAuthn.RelyingParty.ID, "and what follows from the address")
		found, err := s.registry.ByID(t.Context(), made.ID)
		require.NoError(t, err)
		require.Equal(t, "very secret", found.Config.EmailDelivery.SMTP.Password, "sealed for the copy, and good there")

		in := scope.With(t.Context(), scope.Tenant(made.ID))
		db := s.store.Reader()
		require.Zero(t, db.User.Query().CountX(in))
		require.Zero(t, db.APIKey.Query().CountX(in))
		require.Equal(t, 1, db.SigningKey.Query().CountX(in), "a key of its own")
		providers := db.SAMLProvider.Query().AllX(in)
		require.Len(t, providers, 1)
		require.Equal(t, "corp.example", providers[0].Domain)
		hooks := db.Webhook.Query().AllX(in)
		require.Len(t, hooks, 2)
		require.NotEqual(t, hooks[0].Enabled, hooks[1].Enabled, "what was disabled stays so")
		_, err = s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "x", CopyFrom: uuid.New()})
		requireCode(t, err, "invalid_tenant")
		require.NoError(t, s.tenants.EnsureSystem(t.Context()))
		_, err = s.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "x", CopyFrom: tenants.SystemID})
		requireCode(t, err, "invalid_tenant")
	})
}
