package main_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTenant_IsPlannedAndAppliedFromAFile(t *testing.T) {
	t.Parallel()

	m := node(t).with("SMTP_PASSWORD=hunter2")
	m.must(t, "migrate", "up")
	m.write(t, "tenants.yaml", `
tenants:
  - slug: shop
    name: "true"
    config: {session: {limit: 3}, email_delivery: {smtp: {password: "${SMTP_PASSWORD}"}}}
`)
	planned := m.run(t, "tenant", "plan", "-f", "tenants.yaml")
	require.Equal(t, 2, planned.code, planned.all())
	require.Contains(t, planned.stdout, "shop: create")
	require.NotContains(t, planned.all(), "hunter2")
	require.Contains(t, m.must(t, "tenant", "apply", "-f", "tenants.yaml"), "shop: create")
	shown := m.must(t, "tenant", "show", "shop", "-o", "yaml")
	require.NotContains(t, shown, "hunter2")
	m.write(t, "shown.yaml", shown)
	for _, file := range []string{"shown.yaml", "tenants.yaml"} {
		require.Equal(t, "shop: keep\n", m.must(t, "tenant", "plan", "-f", file), shown)
	}
	m.must(t, "tenant", "apply", "-f", "shown.yaml")
	require.Contains(t, m.must(t, "tenant", "create", "copy", "--copy-from", "shop"), `"limit": 3`)
	require.Contains(t, m.must(t, "tenant", "create", "pk", "--template", "passkey_first"), `"slug": "pk"`)
	m.refuses(t, []string{"tenant", "create", "x", "--template", "nonsense"}, "passkey_first")
	m.refuses(t, []string{"tenant", "plan"}, "file")
	m.refuses(t, []string{"tenant", "apply", "-f", "nowhere.yaml"}, "nowhere.yaml")
}
