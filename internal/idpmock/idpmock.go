// Package idpmock plays the built-in OAuth providers, and custom ones, for tests: over real HTTP, with real signatures, and as particular about what
// it is sent as they are. A test says who is signed in there, and may make a provider fail or lie in any way.
package idpmock

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/latchkeep/latchkeep/auth/federation/oauth"
)

// A Server is the internet as far as providers are concerned: each is below a path of its own.
type Server struct {
	URL       string
	providers map[string]*Provider
}

// RedirectURI is where the providers send browsers back to.
const RedirectURI = "https://shop.example/thirdparty/callback"

// New starts a server with the built-in providers; each has a client called client-{id} with the secret secret-{id}, and Kim is signed in.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{providers: map[string]*Provider{}}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.URL = server.URL
	for _, p := range builtIn() {
		s.add(mux, p)
	}
	for _, id := range []string{"acme", "other"} {
		s.add(mux, custom(id, server.URL+"/"+id))
	}
	return s
}

// Get is a provider by its id: a built-in one, or acme or other, which are OpenID Connect providers.
func (s *Server) Get(id string) *Provider { return s.providers[id] }

// Endpoints are where the built-in providers are.
func (s *Server) Endpoints() map[string]oauth.Endpoints {
	all := map[string]oauth.Endpoints{}
	for id, real := range oauth.BuiltInEndpoints() {
		all[id] = s.providers[id].endpoints(real)
	}
	return all
}

func (s *Server) add(mux *http.ServeMux, p *Provider) {
	p.URL = s.URL + "/" + p.ID
	p.ClientID, p.Secret, p.RedirectURI = "client-"+p.ID, "secret-"+p.ID, RedirectURI
	p.codes, p.tokens, p.Instead = map[string]*code{}, map[string]*code{}, map[string]http.HandlerFunc{}
	p.Key = Key{ID: "key-of-" + p.ID, Private: everyday()}
	s.providers[p.ID] = p
	for name, handler := range map[string]http.HandlerFunc{
		"authorize": p.authorize, "token": p.token, "userinfo": p.userInfo, "emails": p.emails, "keys": p.keys,
	} {
		mux.HandleFunc("/"+p.ID+"/"+name, p.or(name, handler))
	}
	mux.HandleFunc("/"+p.ID+"/.well-known/openid-configuration", p.or("discovery", p.discovery))
}

// A Provider is one provider. A test may change its exported members before it is used.
type Provider struct {
	ID, URL, Issuer               string
	ClientID, Secret, RedirectURI string
	// Auth is how the client must make itself known at the token endpoint: basic, post, or either.
	Auth string
	// CheckSecret, where it is set, decides whether the secret is right.
	CheckSecret func(secret string) bool
	// NoVerifier refuses a token request with a code_verifier, as LinkedIn does.
	NoVerifier bool
	// FormPost answers with a page that posts, as Apple does.
	FormPost bool
	// FormTokens makes the token endpoint answer in a form, as GitHub does.
	FormTokens bool
	// NamesItself adds iss to answers (RFC 9207), and says so in the discovery document.
	NamesItself bool
	// Proof demands appsecret_proof, as Facebook does.
	Proof bool
	// WithIDToken gives an id_token.
	WithIDToken bool
	// UserInfo is what the user-info endpoint tells; Emails what the endpoint for addresses does; Claims what the id_token holds besides iss, aud, exp, iat, nonce.
	UserInfo map[string]any
	Emails   []map[string]any
	Claims   map[string]any
	// Change may change the claims of an id_token before it is signed.
	Change func(claims map[string]any)
	// SignWith replaces how an id_token is signed.
	SignWith func(claims map[string]any) string
	// Discovery may change the document.
	Discovery func(document map[string]any)
	// Key signs; Published are the keys that are published beside it.
	Key       Key
	Published []any
	// AlgLess publishes keys without alg, as Microsoft does.
	AlgLess bool
	// Instead replaces an endpoint: authorize, token, userinfo, emails, keys, discovery.
	Instead map[string]http.HandlerFunc

	mu     sync.Mutex
	codes  map[string]*code
	tokens map[string]*code
	calls  []Call
}

// A code remembers what was asked for.
type code struct {
	clientID, redirectURI, challenge, nonce, scope string
	used                                           bool
}

// A Call is a request that came in.
type Call struct {
	Endpoint string
	Header   http.Header
	Query    url.Values
	Form     url.Values
}

// Calls are those of an endpoint, in order.
func (p *Provider) Calls(endpoint string) []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Call
	for _, c := range p.calls {
		if c.Endpoint == endpoint {
			list = append(list, c)
		}
	}
	return list
}

func (p *Provider) or(name string, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		p.mu.Lock()
		p.calls = append(p.calls, Call{Endpoint: name, Header: r.Header.Clone(), Query: r.URL.Query(), Form: r.PostForm})
		instead := p.Instead[name]
		p.mu.Unlock()
		if instead != nil {
			instead(w, r)
			return
		}
		handler(w, r)
	}
}

// Replace replaces an endpoint while the provider is in use; nil puts the real one back.
func (p *Provider) Replace(endpoint string, handler http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Instead[endpoint] = handler
}

func (p *Provider) endpoints(real oauth.Endpoints) oauth.Endpoints {
	e := oauth.Endpoints{}
	for _, one := range []struct {
		real string
		mine *string
		path string
	}{
		{real.Authorization, &e.Authorization, "/authorize"},
		{real.Token, &e.Token, "/token"},
		{real.UserInfo, &e.UserInfo, "/userinfo"},
		{real.Emails, &e.Emails, "/emails"},
		{real.Keys, &e.Keys, "/keys"},
		{real.Discovery, &e.Discovery, "/.well-known/openid-configuration"},
	} {
		if one.real != "" {
			*one.mine = p.URL + one.path
		}
	}
	return e
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func has(list, word string) bool {
	for _, one := range strings.Fields(list) {
		if one == word {
			return true
		}
	}
	return false
}
