package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestMetadata_FollowsTheRulesOfMergePatches(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", hooked)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		admin := shop.Admin(t)
		path := userPath(kim, "/metadata")
		require.Equal(t, http.StatusNoContent, admin.Get(t, path).Status, "nothing is set")

		for i, step := range []struct{ body, want string }{ // want "" is 204
			{`{}`, ``},
			{`{"public_metadata":{}}`, ``},
			{`{"public_metadata":{"plan":"pro","limits":{"seats":5,"old":1}},"other":{"a":1},"private_metadata":null}`,
				`{"public_metadata":{"plan":"pro","limits":{"seats":5,"old":1}}}`},
			{`{"private_metadata":{"score":{"gone":null,"kept":{"gone":null,"n":1.50}}},"unsafe_metadata":{"theme":"dark","list":[1,null,{"a":null}]}}`,
				`{"public_metadata":{"plan":"pro","limits":{"seats":5,"old":1}},"private_metadata":{"score":{"kept":{"n":1.50}}},
				  "unsafe_metadata":{"theme":"dark","list":[1,null,{"a":null}]}}`},
			{`{"public_metadata":{"limits":{"old":null},"plan":{"name":"pro"}}}`,
				`{"public_metadata":{"plan":{"name":"pro"},"limits":{"seats":5}},"private_metadata":{"score":{"kept":{"n":1.50}}},
				  "unsafe_metadata":{"theme":"dark","list":[1,null,{"a":null}]}}`},
			{`{"unsafe_metadata":{"theme":null,"list":null},"private_metadata":null}`, `{"public_metadata":{"plan":{"name":"pro"},"limits":{"seats":5}}}`},
			{`{"unsafe_metadata":{}}`, `{"public_metadata":{"plan":{"name":"pro"},"limits":{"seats":5}}}`},
			{` null `, ``},
			{`{"unsafe_metadata":{"quote":"<&>\u2028 🦊"}}`, `{"unsafe_metadata":{"quote":"<&>\u2028 🦊"}}`},
			{`null`, ``},
		} {
			r := admin.Do(t, http.MethodPatch, path, step.body)
			after := admin.Get(t, path)
			if step.want == "" {
				require.Equal(t, http.StatusNoContent, r.Status, "%d: %s", i, r.Body)
				require.Empty(t, r.Body)
				require.Equal(t, http.StatusNoContent, after.Status)
				continue
			}
			require.Equal(t, http.StatusOK, r.Status, "%d: %s", i, r.Body)
			require.JSONEq(t, step.want, string(r.Body), "%d", i)
			require.JSONEq(t, step.want, string(after.Body), "%d", i)
		}
		require.Empty(t, shop.Events(t), "nobody is told")
		changes := shop.AuditOf(t, event.MetadataChanged, 7)
		require.Equal(t, []any{"public_metadata"}, changes[0].Details["changed"])
		require.NotContains(t, changes[0].Details, "public_metadata", "what it says is not recorded")
	})
}

func TestMetadata_HasALimitOfItsCompactFormForEachKind(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		admin := shop.Admin(t)
		path := userPath(kim, "/metadata")
		const frame = len(`{"t":""}`)
		patch := func(kind string, characters int) int {
			return admin.Do(t, http.MethodPatch, path, `{"`+kind+`":  { "t" : "`+strings.Repeat("ü", characters)+`" } }`).Status
		}
		for _, kind := range []string{"public_metadata", "private_metadata", "unsafe_metadata"} {
			require.Equal(t, http.StatusOK, patch(kind, 3000-frame), kind)
			require.Equal(t, http.StatusBadRequest, patch(kind, 3001-frame), kind)
		}
		before := admin.Get(t, path)
		require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPatch, path, `{"public_metadata":{"x":1},"unsafe_metadata":null}`).Status)
		require.Equal(t, string(before.Body), string(admin.Get(t, path).Body), "all or nothing")
		require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPatch, path, `{"public_metadata":{"t":null,"x":1},"unsafe_metadata":null}`).Status)
	})
}

func TestMetadata_RefusesWhatIsNoMergePatch(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		kim, eve := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}), bank.Person(t, testenv.NewPerson{Email: "eve@bank.example"})
		admin := shop.Admin(t)
		path := userPath(kim, "/metadata")
		require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPatch, path, `{"public_metadata":{"a":1}}`).Status)
		for _, body := range []string{
			``, ` `, `[]`, `"x"`, `7`, `true`, `{`, `{"public_metadata":{"a":2}} {}`, `nullx`, `{"public_metadata":[]}`, `{"public_metadata":"x"}`,
			`{"private_metadata":7}`, `{"unsafe_metadata":false}`, `{"public_metadata":{"a":2},"unsafe_metadata":[]}`, "\xff", `{"public_metadata":{"a":2`,
			strings.Repeat("[", 20000),
		} {
			require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPatch, path, body).Status, "%.60q", body)
		}
		require.Equal(t, http.StatusRequestEntityTooLarge, admin.Do(t, http.MethodPatch, path, `{"x":"`+strings.Repeat("x", 2<<20)+`"}`).Status)
		require.JSONEq(t, `{"public_metadata":{"a":1}}`, string(admin.Get(t, path).Body))

		for _, other := range []string{userPath(eve, "/metadata"), "/users/" + uuid.NewString() + "/metadata"} {
			require.Equal(t, http.StatusNotFound, admin.Get(t, other).Status)
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodPatch, other, `{"public_metadata":{"a":1}}`).Status)
		}
		require.Equal(t, http.StatusNoContent, bank.Admin(t).Get(t, userPath(eve, "/metadata")).Status)
		require.Equal(t, http.StatusBadRequest, admin.Get(t, "/users/7/metadata").Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:read").Do(t, http.MethodPatch, path, `null`).Status)
		require.Equal(t, http.StatusOK, admin.With("Content-Type", "application/merge-patch+json").Send(t, http.MethodPatch, path, []byte(`{"public_metadata":{"a":2}}`)).Status)
	})
}

func TestMetadata_OfTwoChangesAtOnceNoneIsLost(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		admin := shop.Admin(t)
		path := userPath(kim, "/metadata")
		require.Equal(t, map[int]int{http.StatusOK: 3}, atOnce(3, func(i int) int {
			return admin.Do(t, http.MethodPatch, path, `{"public_metadata":{"`+string(rune('a'+i))+`":1}}`).Status
		}))
		require.JSONEq(t, `{"public_metadata":{"a":1,"b":1,"c":1}}`, string(admin.Get(t, path).Body))
	})
}

func TestMetadata_IsShownToWhomItIsFor(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"use_for_authentication": false}, "mfa": {"enabled": false}, "passkey": {"enabled": false}, `+testenv.Webhook+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		admin := shop.Admin(t)
		require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPatch, userPath(kim, "/metadata"),
			`{"public_metadata":{"plan":"pro"},"private_metadata":{"score":7},"unsafe_metadata":{}}`).Status)
		both := `"metadata":{"public_metadata":{"plan":"pro"},"private_metadata":{"score":7}}`
		require.Contains(t, string(admin.Get(t, userPath(kim)).Body), both)
		s := kim.SignIn(t)
		me := string(s.Client.Bearer(s.Token).Get(t, "/me").Body)
		require.Contains(t, me, `"metadata":{"public_metadata":{"plan":"pro"}}`)
		require.NotContains(t, me, "score")
		for _, e := range shop.Events(t) {
			if e.Name == "user.login" {
				require.Equal(t, map[string]any{"public_metadata": map[string]any{"plan": "pro"}, "private_metadata": map[string]any{"score": 7.0}}, e.Data["metadata"])
				return
			}
		}
		t.Fatal("no user.login")
	})
}
