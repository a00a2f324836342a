package public_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestThirdParty_EveryProviderSignsInOverRealHTTP(t *testing.T) {
	t.Parallel()

	idp := idpmock.New(t)
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		ids := slices.Sorted(maps.Keys(idp.Endpoints()))
		providers := map[string]any{}
		for _, id := range ids {
			providers[id] = map[string]any{"enabled": true, "client_id": "client-" + id, "secret": "secret-" + id}
		}
		c, err := json.Marshal(map[string]any{
			"mfa": map[string]any{"enabled": false}, "passkey": map[string]any{"enabled": false},
			"third_party": map[string]any{
				"redirect_url": idpmock.RedirectURI, "error_redirect_url": "https://app.shop.example/error",
				"allowed_redirect_urls": []string{testenv.AppPage}, "providers": providers,
			},
		})
		require.NoError(t, err)
		for _, id := range ids { // a tenant each: Kim has one address at all of them
			shop := env.Tenant(t, "at-"+id, string(c))
			first := through(t, shop, idp, id, "registration")
			require.Contains(t, string(first.Payload["claims"]), "kim@shop.example", id)
			require.Contains(t, string(first.Payload["claims"]), fmt.Sprintf(`"amr":["ext:%s"]`, id))
			again := through(t, shop, idp, id, "login")
			require.Equal(t, subject(t, first), subject(t, again), id)
			require.Equal(t, 1, shop.Count(t, "users"), id)
		}
		// At one tenant, all that have verified her address are the same person.
		shop := env.Tenant(t, "shop", string(c))
		for _, id := range ids {
			through(t, shop, idp, id, "login")
		}
		require.Equal(t, 1, shop.Count(t, "users"))
		require.Equal(t, len(ids), shop.Count(t, "identities"))
		require.Empty(t, env.Errors())
	}, testenv.WithProviders(idp.Endpoints()), testenv.With("egress.allow_cidrs", "127.0.0.0/8"), testenv.With("rate_limiter.enabled", "false"))
}

// through signs Kim in, as a browser would.
func through(t *testing.T, shop *testenv.Tenant, _ *idpmock.Server, provider, flow string) testenv.State {
	t.Helper()
	f := shop.Begin(t, flow)
	at := f.LeaveFor(t, "thirdparty_oauth", provider)
	back := idpmock.Visit(t, at.String())
	query := back.Values
	if back.Method == http.MethodPost {
		r := f.Client.With("Content-Type", "application/x-www-form-urlencoded").
			Send(t, http.MethodPost, "/thirdparty/callback", []byte(query.Encode()))
		require.Equal(t, http.StatusSeeOther, r.Status)
		again, err := url.Parse(r.Header.Get("Location"))
		require.NoError(t, err)
		query = again.Query()
	}
	to, _ := f.Client.ComeBack(t, query)
	require.True(t, strings.HasPrefix(to.String(), testenv.AppPage), "%s", to)
	s := f.Exchange(t, to)
	require.Equal(t, "success", s.Name, "%s: %s", provider, s.Response.Body)
	return s
}

// subject is whose session a flow opened.
func subject(t *testing.T, s testenv.State) string {
	t.Helper()
	return string(member[map[string]json.RawMessage](t, s, "claims")["subject"])
}
