package oauth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A world is a tenant with every provider, and the providers.
type world struct {
	*idpmock.Server
	room   *oauth.Room
	tenant *tenants.Tenant
}

const verifier = "a-verifier-that-the-client-made-up-0123456789-0123456789"

// setup puts a world together; change may change the tenant's configuration.
func setup(t testing.TB, change ...func(*config.ThirdParty)) world {
	t.Helper()
	return setupWith(t, oauth.Needs{}, change...)
}

func setupWith(t testing.TB, needs oauth.Needs, change ...func(*config.ThirdParty)) world {
	t.Helper()
	s := idpmock.New(t)
	if needs.Client == nil {
		needs.Client = safehttp.NewClient(safehttp.NewDialer(safehttp.Options{AllowLoopback: true}), oauth.Timeout)
	}
	needs.Endpoints = s.Endpoints()
	w := world{Server: s, room: oauth.New(needs), tenant: shop(s, change...)}
	return w
}

// shop is a tenant.
func shop(s *idpmock.Server, change ...func(*config.ThirdParty)) *tenants.Tenant {
	c := config.Default()
	of := func(id string) config.Provider {
		return config.Provider{Enabled: true, ClientID: "client-" + id, Secret: "secret-" + id, AllowLinking: true}
	}
	tp := config.ThirdParty{
		RedirectURL: idpmock.RedirectURI,
		Providers: config.Providers{
			Apple:   config.Apple{Enabled: true, ClientID: "client-apple", Secret: "secret-apple", AllowLinking: true},
			Discord: of("discord"), GitHub: of("github"), Google: of("google"), LinkedIn: of("linkedin"), Microsoft: of("microsoft"), Facebook: of("facebook"),
		},
		CustomProviders: map[string]config.CustomProvider{
			"acme": {
				Enabled: true, DisplayName: "Acme", ClientID: "client-acme", Secret: "secret-acme", UseDiscovery: true, Issuer: s.URL + "/acme",
				Scopes: []string{"openid", "email"},
			},
			"other": {
				Enabled: true, DisplayName: "Other", ClientID: "client-other", Secret: "secret-other", Scopes: []string{"email"}, AllowLinking: true,
				AuthorizationEndpoint: s.URL + "/other/authorize", TokenEndpoint: s.URL + "/other/token", UserinfoEndpoint: s.URL + "/other/userinfo",
			},
		},
	}
	for _, f := range change {
		f(&tp)
	}
	c.ThirdParty = tp
	return &tenants.Tenant{ID: uuid.New(), Config: &c}
}

// custom changes a custom provider.
func custom(key string, change func(*config.CustomProvider)) func(*config.ThirdParty) {
	return func(t *config.ThirdParty) {
		p := t.CustomProviders[key]
		change(&p)
		t.CustomProviders[key] = p
	}
}

// provider is one of the tenant's.
func (w world) provider(t testing.TB, id string) oauth.Provider {
	t.Helper()
	all, err := w.room.Providers(w.tenant)
	require.NoError(t, err)
	p, ok := all.Get(id)
	require.True(t, ok, id)
	return p
}

// idOf is the id of a provider of idpmock in the tenant.
func idOf(name string) string {
	if name == "acme" || name == "other" {
		return "custom_" + name
	}
	return name
}

// request is one with everything.
func request() oauth.Request {
	sum := sha256.Sum256([]byte(verifier))
	return oauth.Request{State: "the-state", CodeChallenge: base64.RawURLEncoding.EncodeToString(sum[:]), Nonce: "the-nonce"}
}

// ask goes to the provider and brings its answer back.
func (w world) ask(t testing.TB, name string, r oauth.Request) oauth.Answer {
	t.Helper()
	address, err := w.provider(t, idOf(name)).AuthorizationURL(t.Context(), r)
	require.NoError(t, err)
	back := idpmock.Visit(t, address)
	require.Equal(t, idpmock.RedirectURI, back.Target)
	require.Equal(t, r.State, back.Values.Get("state"))
	require.Empty(t, back.Values.Get("error"))
	a := oauth.Answer{Code: back.Values.Get("code"), Issuer: back.Values.Get("iss"), Nonce: r.Nonce}
	if r.CodeChallenge != "" {
		a.CodeVerifier = verifier
	}
	return a
}

// signIn goes there and back again.
func (w world) signIn(t testing.TB, name string) (federation.Account, error) {
	t.Helper()
	return w.provider(t, idOf(name)).Account(t.Context(), w.ask(t, name, request()))
}

// refused checks that an error is a refusal with a code, and that nothing secret is in it.
func refused(t testing.TB, code federation.Code, err error, reason string) {
	t.Helper()
	var refusal *federation.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, code, refusal.Code, "%s", refusal)
	require.Contains(t, refusal.Error(), reason)
	for _, secret := range []string{"secret-", "code-", "token-", verifier, "eyJ"} {
		require.NotContains(t, refusal.Error(), secret)
	}
}

// parse reads the query of a URL, and the URL without it.
func parse(t testing.TB, text string) (string, url.Values) {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	values, err := url.ParseQuery(u.RawQuery)
	require.NoError(t, err)
	u.RawQuery = ""
	return u.String(), values
}

// brief is a context that ends soon.
func brief(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errors.New("the test waits no longer"))
	t.Cleanup(cancel)
	return ctx
}

func writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// A clock that the test moves. It goes on from now, because what providers sign is good for a while from now.
type clock struct{ ahead atomic.Int64 }

func newClock() *clock { return &clock{} }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load()) * time.Second) }

func (c *clock) advance(seconds int64) { c.ahead.Add(seconds) }

func needsAt(c *clock) oauth.Needs { return oauth.Needs{Now: c.now} }
