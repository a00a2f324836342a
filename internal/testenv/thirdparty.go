package testenv

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/auth/federation/roundtrip"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// WithThirdParties lets people sign in through providers that answer at once, without a network: every provider that a tenant enables is one.
func WithThirdParties() Option { return func(o *options) { o.third = newThirdParties() } }

// AppPage is where tests' sign-ins return to.
const AppPage = "https://app.shop.example/start"

// ThirdParty is the configuration of a tenant with a built-in and a custom provider, to be continued with a comma. The built-in one lets accounts
// be linked.
const ThirdParty = `"third_party": {"redirect_url": "https://shop.example/thirdparty/callback", "error_redirect_url": "https://app.shop.example/error",
	"allowed_redirect_urls": ["https://app.shop.example/**", "https://app.shop.example/start**"],
	"providers": {"google": {"enabled": true, "client_id": "a", "secret": "b"}},
	"custom_providers": {"acme": {"enabled": true, "display_name": "Acme", "client_id": "a", "secret": "b", "scopes": ["openid"],
		"authorization_endpoint": "https://acme.example/authorize", "token_endpoint": "https://acme.example/token",
		"userinfo_endpoint": "https://acme.example/userinfo"}}}`

// thirdParties are all providers of all tenants.
type thirdParties struct {
	names *oauth.Room

	mu    sync.Mutex
	codes map[string]consent
}

// consent is what a person agreed to at a provider: a code stands for it, once.
type consent struct {
	provider, challenge, nonce string
	claims                     federation.Claims
}

func newThirdParties() *thirdParties {
	return &thirdParties{names: oauth.New(oauth.Needs{}), codes: map[string]consent{}}
}

// of are a tenant's providers.
func (p *thirdParties) of(t *tenants.Tenant) roundtrip.Providers {
	return tenantParties{thirdParties: p, tenant: t}
}

type tenantParties struct {
	*thirdParties
	tenant *tenants.Tenant
}

func (p tenantParties) List() []oauth.Listed {
	all, err := p.names.Providers(p.tenant)
	if err != nil {
		panic(err)
	}
	return all.List()
}

func (p tenantParties) Get(id string) (oauth.Provider, bool) {
	for _, l := range p.List() {
		if l.ID == id {
			return thirdParty{p, id}, true
		}
	}
	return nil, false
}

type thirdParty struct {
	tenantParties
	id string
}

func (p thirdParty) AuthorizationURL(_ context.Context, r oauth.Request) (string, error) {
	q := url.Values{"state": {r.State}, "provider": {p.id}, "nonce": {r.Nonce}}
	if r.CodeChallenge != "" {
		q.Set("code_challenge", r.CodeChallenge)
	}
	return "https://idp.example/authorize?" + q.Encode(), nil
}

// From is content with every answer: these providers do not name themselves.
func (p thirdParty) From(context.Context, string) error { return nil }

func (p thirdParty) Account(_ context.Context, a oauth.Answer) (federation.Account, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.codes[a.Code]
	delete(p.codes, a.Code)
	sum := sha256.Sum256([]byte(a.CodeVerifier))
	switch {
	case !ok || c.provider != p.id || c.nonce != a.Nonce,
		(c.challenge != "" || a.CodeVerifier != "") && c.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		return federation.Account{}, federation.Refuse(federation.InvalidRequest, "the code is not valid", errors.New("invalid_grant"))
	}
	allow := p.tenant.Config.ThirdParty.CustomProviders["acme"].AllowLinking
	for _, b := range p.tenant.Config.ThirdParty.Providers.BuiltIn() {
		if b.ID == p.id {
			allow = b.Provider.AllowLinking
		}
	}
	return federation.Account{Provider: p.id, Claims: c.claims, AllowLinking: allow}, nil
}

// A PartyAccount is what a provider tells of somebody who signed in there.
type PartyAccount = federation.Claims

// Verifier is a code verifier of tests.
const Verifier = "a-code-verifier-of-a-test-that-is-long-enough-to-be-one-0123456789"

// LeaveFor starts a sign-in through a provider, or what else action does, and returns the address at the provider.
func (f *Flow) LeaveFor(t testing.TB, action, provider string, inputs ...Inputs) *url.URL {
	t.Helper()
	given := Inputs{"provider": provider, "redirect_to": AppPage, "code_verifier": Verifier}
	for _, in := range inputs {
		maps.Copy(given, in)
	}
	s := f.Do(t, action, given)
	require.Equal(t, http.StatusOK, s.Status, "%s", s.Response.Body)
	require.Equal(t, "thirdparty", s.Name)
	var at string
	require.NoError(t, json.Unmarshal(s.Payload["redirect_url"], &at))
	u, err := url.Parse(at)
	require.NoError(t, err)
	return u
}

// Consent has somebody sign in at a provider's address with an account of hers, and returns the query that she comes back with.
func (e *Env) Consent(t testing.TB, at *url.URL, account PartyAccount) url.Values {
	t.Helper()
	require.NotNil(t, e.options.third, "there are no providers: WithThirdParties")
	q := at.Query()
	code := rand.Text()
	p := e.options.third
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = consent{provider: q.Get("provider"), challenge: q.Get("code_challenge"), nonce: q.Get("nonce"), claims: account}
	return url.Values{"state": q["state"], "code": {code}}
}

// ComeBack is the browser at the callback, and where it is sent on to.
func (c *Client) ComeBack(t testing.TB, query url.Values) (*url.URL, Response) {
	t.Helper()
	r := c.Get(t, "/thirdparty/callback?"+query.Encode())
	require.Equal(t, http.StatusTemporaryRedirect, r.Status, "%s", r.Body)
	require.Empty(t, r.Body)
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	require.Equal(t, "no-referrer", r.Header.Get("Referrer-Policy"))
	to, err := url.Parse(r.Header.Get("Location"))
	require.NoError(t, err)
	return to, r
}

// Through goes to a provider and back with an account, and returns where the browser is sent on to. The flow then waits for the token.
func (f *Flow) Through(t testing.TB, action, provider string, account PartyAccount, inputs ...Inputs) *url.URL {
	t.Helper()
	at := f.LeaveFor(t, action, provider, inputs...)
	to, _ := f.Client.ComeBack(t, f.Client.Tenant.Env.Consent(t, at, account))
	return to
}

// Exchange redeems the one-time token that a browser was sent on with.
func (f *Flow) Exchange(t testing.TB, to *url.URL) State {
	t.Helper()
	token := to.Query().Get("hanko_token")
	require.NotEmpty(t, token, "%s", to)
	return f.Do(t, "exchange_token", Inputs{"token": token, "code_verifier": Verifier})
}

// SignInThrough signs somebody in through a provider.
func (s *Tenant) SignInThrough(t testing.TB, provider string, account PartyAccount) *Session {
	t.Helper()
	f := s.Begin(t, "login")
	st := f.Exchange(t, f.Through(t, "thirdparty_oauth", provider, account))
	require.Equal(t, "success", st.Name, "%s", st.Response.Body)
	return newSession(t, f)
}

// State seals a state as the program does: one that expired, or that says what no start would.
func (s *Tenant) State(t testing.TB, state federation.State, purpose federation.Purpose) string {
	t.Helper()
	text, err := state.Seal(s.Env.keyring, s.ID, purpose)
	require.NoError(t, err)
	return text
}

// Token has an account sign in at a provider for a state, without a browser, and returns the one-time token.
func (s *Tenant) Token(t testing.TB, state federation.State, provider string, account PartyAccount) string {
	t.Helper()
	return s.TokenOf(t, state, federation.Account{Provider: provider, Claims: account, AllowLinking: true})
}

// IdP is the browser in which an identity provider posts.
var IdP = auth.Client{IP: netip.MustParseAddr("192.0.2.7"), UserAgent: "Latchkeep tests", RequestID: "a-request-of-a-test"}

// TokenOf is Token for an account of any kind.
func (s *Tenant) TokenOf(t testing.TB, state federation.State, account federation.Account) string {
	t.Helper()
	found, err := s.Env.App.Registry.ByID(t.Context(), s.ID)
	require.NoError(t, err)
	token, err := s.Env.App.Federation.SignIn(t.Context(), found, IdP, state, account)
	require.NoError(t, err)
	return token
}

// SAMLProvider gives the tenant an identity provider for a mail domain, whose entity id is https://DOMAIN/saml.
func (s *Tenant) SAMLProvider(t testing.TB, domain string, verifies bool) {
	t.Helper()
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.SAMLProvider.Create().SetName("IdP of " + domain).SetDomain(domain).SetEntityID("https://" + domain + "/saml").
			SetEnabled(true).SetSkipEmailVerification(verifies).Exec(ctx)
	}))
}
