package declared_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/declared"
)

func read(text string, env map[string]string) ([]declared.Tenant, error) {
	return declared.Read(strings.NewReader(text), func(name string) (string, bool) { v, ok := env[name]; return v, ok })
}

func TestRead_TakesReferencesFromTheEnvironment(t *testing.T) {
	t.Parallel()

	list, err := read(`
tenants:
  - slug: shop
    name: ${NAME}
    config: {email_delivery: {smtp: {password: "a${PASSWORD}b", user: "$${PLAIN}"}}}
  - {slug: bank}
`, map[string]string{"NAME": "Corner Shop", "PASSWORD": "x: y # {"})
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "Corner Shop", *list[0].Name)
	require.JSONEq(t, `{"email_delivery": {"smtp": {"password": "ax: y # {b", "user": "${PLAIN}"}}}`, string(list[0].Config))

	for name, text := range map[string]string{
		"one": `slug: a`, "a list": `[{slug: a}]`, "JSON": `{"tenants": [{"slug": "a"}]}`, "documents": "---\nslug: a\n---\n",
	} {
		list, err := read(text, nil)
		require.NoError(t, err, name)
		require.Len(t, list, 1, name)
		require.Equal(t, "a", list[0].Slug, name)
	}
}

func TestRead_ReportsAllMistakesWithoutTheSecrets(t *testing.T) {
	t.Parallel()

	_, err := read("tenants: [{slug: a, nmae: x}, {name: b}, {slug: c, config: {x: '${GONE}', y: ['${']}}, {slug: d}, {slug: d}, 7]",
		map[string]string{"SECRET": "hunter2"})
	for _, part := range []string{`"nmae"`, "slug is missing", "config.x: the environment has no variable GONE", "config.y[0]", `"d" is there twice`} {
		require.ErrorContains(t, err, part)
	}
	for _, text := range []string{"", "--- \n", "a: [", "tenants: []"} {
		_, err := read(text, nil)
		require.Error(t, err, text)
	}
}

func TestApply_MakesTenantsWhatTheFileSaysAndThenChangesNothing(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		p := env.App.Provisioner
		env.Tenant(t, "shop", `{"session": {"limit": 2}}`)
		other := env.Tenant(t, "other", `{"session": {"limit": 9}}`)
		list, err := read(`
- {slug: shop, name: Corner Shop, status: suspended, status_reason: unpaid, config: {session: {limit: 3}, email_delivery: {smtp: {password: "${PW}"}}}}
- {slug: bank, template: passkey_first, status: read_only, config: {session: {limit: 4}}}
`, map[string]string{"PW": "hunter2"})
		require.NoError(t, err)
		plan, err := declared.Plan(t.Context(), p, list)
		require.NoError(t, err)
		require.Equal(t, declared.Update, plan[0].Action)
		require.Equal(t, declared.Create, plan[1].Action)
		paths := map[string]any{}
		for _, c := range plan[0].Changes {
			paths[c.Path] = c.New
		}
		require.Equal(t, "suspended", paths["status"])
		require.EqualValues(t, 3, paths["config.session.limit"])
		require.Equal(t, config.Placeholder, paths["config.email_delivery.smtp.password"])
		_, err = p.GetBySlug(t.Context(), "bank")
		require.ErrorIs(t, err, tenants.ErrNotFound, "a plan changes nothing")

		done, err := declared.Apply(t.Context(), p, tenants.ByCLI, list)
		require.NoError(t, err)
		require.Len(t, done, 2)
		shop, err := p.GetBySlug(t.Context(), "shop")
		require.NoError(t, err)
		require.Equal(t, tenants.StatusSuspended, shop.Status)
		require.Equal(t, "unpaid", shop.StatusReason)
		require.Equal(t, "Corner Shop", shop.Name)
		bank, err := p.GetBySlug(t.Context(), "bank")
		require.NoError(t, err)
		require.Equal(t, tenants.StatusReadOnly, bank.Status)
		require.False(t, bank.Config.Password.Enabled)

		again, err := declared.Apply(t.Context(), p, tenants.ByCLI, list)
		require.NoError(t, err)
		for _, step := range again {
			require.Equal(t, declared.Keep, step.Action, "%s: %v", step.Slug, step.Changes)
		}
		same, err := p.GetBySlug(t.Context(), "shop")
		require.NoError(t, err)
		require.Equal(t, shop.Version, same.Version)
		left, err := p.Get(t.Context(), other.ID)
		require.NoError(t, err)
		require.Equal(t, 9, left.Config.Session.Limit, "who is not named stays as she is")

		bad, err := read(`[{slug: shop, name: Other}, {slug: WWW}, {slug: shop2, status: gone}, {slug: shop3, config: {nonsense: 1}}]`, nil)
		require.NoError(t, err)
		_, err = declared.Apply(t.Context(), p, tenants.ByCLI, bad)
		for _, part := range []string{"tenant WWW", "tenant shop2", "tenant shop3"} {
			require.ErrorContains(t, err, part)
		}
		same, err = p.GetBySlug(t.Context(), "shop")
		require.NoError(t, err)
		require.Equal(t, "Corner Shop", same.Name, "nothing is done where something is wrong")
	})
}
