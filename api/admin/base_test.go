package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestBase_IsOpenToEverybodyAndSaysLittle(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t).Tenant(t, "shop")
	root := shop.Admin(t).Root().With("Authorization", "")
	for path, want := range map[string]struct{ media, body string }{
		"/": {"text/html", "<!doctype html>"}, "/health/alive": {"application/json", `{"alive":true}`}, "/health/ready": {"application/json", `{"ready":true}`},
		"/openapi.json": {"application/openapi+json", `"openapi":"3.1.0"`}, "/openapi.yaml": {"application/openapi+yaml", "openapi: 3.1.0"},
	} {
		r := root.Get(t, path)
		require.Equal(t, http.StatusOK, r.Status, path)
		require.Contains(t, r.Header.Get("Content-Type"), want.media, path)
		require.Contains(t, strings.ToLower(string(r.Body)), strings.ToLower(want.body), path)
		require.NotContains(t, string(r.Body), shop.ID.String(), path)
	}
	require.Equal(t, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'", root.Get(t, "/").Header.Get("Content-Security-Policy"))
	for _, path := range []string{"/metrics", "/users", "/health", "/" + shop.ID.String() + "/health/alive", "/" + shop.ID.String()} {
		require.Equal(t, http.StatusUnauthorized, root.Get(t, path).Status, path)
	}
}

func TestRoutes_ThatAreNotThereAre404WithTheErrorOfAllOthers(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t).Tenant(t, "shop")
	admin := shop.Admin(t)
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	for _, route := range [][2]string{
		{"GET", "/nothing"}, {"PUT", "/users"}, {"DELETE", "/users"}, {"OPTIONS", "/users"}, {"POST", userPath(kim)}, {"PATCH", userPath(kim, "/password")},
		{"POST", userPath(kim, "/otp")}, {"POST", userPath(kim, "/sessions")}, {"GET", "/sessions"}, {"PATCH", "/webhooks"}, {"POST", "/audit_logs"},
		{"GET", "/audit_logs/" + uuid.NewString()}, {"DELETE", "/audit_logs"}, {"GET", ""}, {"GET", "/"}, {"GET", "/users/"}, {"GET", userPath(kim, "/emails/")},
	} {
		r := admin.Send(t, route[0], route[1], nil)
		require.Equal(t, http.StatusNotFound, r.Status, "%v", route)
		require.JSONEq(t, `{"code":404,"message":"Not Found"}`, string(r.Body), "%v", route)
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
	}
}

func TestAnswers_AreForNoCacheNorForPagesOfOtherSites(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t).Tenant(t, "shop", `{"cors": {"allow_origins": ["https://shop.example"]}}`)
	admin := shop.Admin(t).With("Origin", "https://shop.example").With("X-Request-Id", "of-the-client")
	for _, a := range []*testenv.Admin{admin, admin.With("Authorization", "")} {
		for _, r := range []testenv.Response{
			a.Get(t, "/users"), a.Get(t, "/users/7"), a.With("Access-Control-Request-Method", "GET").Send(t, http.MethodOptions, "/users", nil),
		} {
			for name := range r.Header {
				require.NotContains(t, name, "Access-Control", "there is no CORS")
			}
			require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
			require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
			require.Equal(t, "of-the-client", r.Header.Get("X-Request-Id"))
			require.GreaterOrEqual(t, r.Status, 200)
			require.NotEqual(t, http.StatusNoContent, r.Status, "nor an answer to a preflight")
		}
	}
	require.NotEmpty(t, admin.With("X-Request-Id", "").Get(t, "/users").Header.Get("X-Request-Id"))
}

func TestStatus_OfATenantThatIsDeletedIsThatSheIsNotThere(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		admin := shop.Admin(t)
		require.Equal(t, http.StatusOK, admin.Get(t, "/users").Status)
		require.NoError(t, env.App.Provisioner.Delete(t.Context(), tenants.BySystem, shop.ID))
		for _, r := range []testenv.Response{
			admin.Get(t, "/users"), admin.Do(t, http.MethodPost, "/users", `{"username":"kim"}`), admin.Get(t, "/webhooks"), admin.Get(t, "/audit_logs"),
		} {
			require.Contains(t, []int{http.StatusNotFound, http.StatusUnauthorized}, r.Status, "%s", r.Body)
		}
	})
}
