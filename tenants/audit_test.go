package tenants_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestOperators_WhatTheyDoIsInTheTenantsLog(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		p, by := env.App.Provisioner, tenants.ByToken(uuid.MustParse("019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"))
		name := "Corner Shop"
		must := func(_ any, err error) { t.Helper(); require.NoError(t, err) }
		must(p.Edit(t.Context(), by, shop.ID, tenants.Edit{Name: &name}))
		must(p.Edit(t.Context(), by, shop.ID, tenants.Edit{Name: &name}))
		must(p.SetStatus(t.Context(), by, shop.ID, tenants.StatusSuspended, "unpaid"))
		must(p.SetStatus(t.Context(), by, shop.ID, tenants.StatusReadOnly, ""))
		must(p.SetStatus(t.Context(), by, shop.ID, tenants.StatusActive, ""))
		must(p.PatchConfig(t.Context(), shop.ID, json.RawMessage(`{"service": {"name": "Shop"}, "email_delivery": {"smtp": {"password": "very secret"}}}`), tenants.How{By: by}))
		must(p.PatchConfig(t.Context(), shop.ID, json.RawMessage(`{"service": {"name": "Other"}}`), tenants.How{By: by, DryRun: true}))
		must(p.RotateKey(t.Context(), by, shop.ID))
		key, _, err := env.App.APIKeys.Create(t.Context(), tenants.ByCLI, nil, shop.ID, tenants.NewToken{Name: "back end", Scopes: tenants.Scopes{tenants.AuditRead}})
		require.NoError(t, err)
		require.NoError(t, env.App.APIKeys.Revoke(t.Context(), by, shop.ID, key.ID))
		require.NoError(t, env.App.APIKeys.Revoke(t.Context(), by, shop.ID, key.ID))
		require.NoError(t, p.Delete(t.Context(), by, shop.ID))

		want := []string{
			"tenant_created", "tenant_updated", "tenant_suspended", "tenant_set_read_only", "tenant_resumed", "tenant_config_changed", "signing_key_rotated",
			"api_key_created", "api_key_revoked", "tenant_deleted",
		}
		var got []testenv.AuditRecord
		require.Eventually(t, func() bool { got = shop.Operations(t); return len(got) >= len(want) }, 30*time.Second, 20*time.Millisecond)
		kinds := make([]string, len(got))
		for i, r := range got {
			kinds[i] = r.Type
			require.NotContains(t, r.Details, "very secret")
		}
		require.Equal(t, want, kinds, "in order, and nothing of what changed nothing")
		require.Equal(t, map[string]any{"by": string(by), "name": name}, got[1].Details)
		require.Equal(t, map[string]any{"by": string(by), "reason": "unpaid"}, got[2].Details)
		require.ElementsMatch(t, []any{"service.name", "email_delivery.smtp.password"}, got[5].Details["changed"])
		require.Equal(t, "cli", got[7].Details["by"])
		require.Equal(t, key.ID.String(), got[7].Details["api_key"])
		require.Eventually(t, func() bool { return len(bank.Operations(t)) > 0 }, 30*time.Second, 20*time.Millisecond)
		require.Len(t, bank.Operations(t), 1)
		report, err := env.App.AuditKeeper.Verify(t.Context(), shop.ID, nil)
		require.NoError(t, err)
		require.Nil(t, report.Problem)
	})
}
