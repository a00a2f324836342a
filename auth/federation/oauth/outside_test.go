package oauth_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// everyEndpoint are all that we call, by provider.
var everyEndpoint = map[string][]string{
	"apple": {"token", "keys"}, "discord": {"token", "userinfo"}, "facebook": {"token", "userinfo"}, "github": {"token", "userinfo", "emails"},
	"google": {"token", "userinfo"}, "linkedin": {"discovery", "token", "userinfo"}, "microsoft": {"token", "keys"},
	"acme": {"discovery", "token", "userinfo", "keys"}, "other": {"token", "userinfo"},
}

// signInSomehow is signIn for providers that may not even be asked.
func (w world) signInSomehow(t testing.TB, name string) (federation.Account, error) {
	t.Helper()
	if _, err := w.provider(t, idOf(name)).AuthorizationURL(t.Context(), request()); err != nil {
		return federation.Account{}, err
	}
	return w.signIn(t, name)
}

func TestEndpoints_ThatRedirectAreNotFollowed(t *testing.T) {
	t.Parallel()

	for name, endpoints := range everyEndpoint {
		for _, endpoint := range endpoints {
			t.Run(name+"/"+endpoint, func(t *testing.T) {
				t.Parallel()

				var hits atomic.Int64
				elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					hits.Add(1)
					writeJSON(w, map[string]any{"access_token": "x", "token_type": "Bearer", "sub": "x", "id": "x", "email": "evil@shop.example"})
				}))
				t.Cleanup(elsewhere.Close)
				w := setup(t)
				for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
					w.Get(name).Replace(endpoint, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, status) })
					_, err := w.signInSomehow(t, name)
					refused(t, federation.InvalidRequest, err, ": ")
				}
				require.Zero(t, hits.Load())
			})
		}
	}
}

func TestEndpoints_ThatHangEndTheirOwnSignInOnly(t *testing.T) {
	t.Parallel()

	client := safehttp.NewClient(safehttp.NewDialer(safehttp.Options{AllowLoopback: true}), 200*time.Millisecond)
	for name, endpoints := range everyEndpoint {
		for _, endpoint := range endpoints {
			t.Run(name+"/"+endpoint, func(t *testing.T) {
				t.Parallel()

				w := setupWith(t, oauth.Needs{Client: client})
				released := make(chan struct{})
				t.Cleanup(func() { close(released) })
				w.Get(name).Replace(endpoint, func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-released:
					case <-r.Context().Done():
					}
				})
				_, err := w.signInSomehow(t, name)
				refused(t, federation.InvalidRequest, err, "no answer in time")
				other := "google"
				if name == other {
					other = "discord"
				}
				_, err = w.signIn(t, other)
				require.NoError(t, err)
			})
		}
	}
}

// However many wait for a provider that hangs, few of them do so at its door, and each leaves when her time is up.
func TestProviders_ThatHangHoldNoMoreThanTheirShare(t *testing.T) {
	t.Parallel()

	w := setup(t)
	var inside, most atomic.Int64
	released := make(chan struct{})
	w.Get("google").Replace("token", func(http.ResponseWriter, *http.Request) {
		now := inside.Add(1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
		}
		<-released
		inside.Add(-1)
	})
	p := w.provider(t, "google")
	ctx := brief(t, 500*time.Millisecond)
	var wait sync.WaitGroup
	var busy atomic.Int64
	for range 100 {
		wait.Go(func() {
			_, err := p.Account(ctx, oauth.Answer{Code: "x"})
			if err != nil {
				busy.Add(1)
			}
		})
	}
	wait.Wait()
	close(released)
	require.EqualValues(t, 100, busy.Load())
	require.LessOrEqual(t, most.Load(), int64(32))
	w.Get("google").Replace("token", nil)
	_, err := w.signIn(t, "google")
	require.NoError(t, err, "and then all is well")
}

func TestEndpoints_ThatNeverEndAreReadInPart(t *testing.T) {
	t.Parallel()

	for name, endpoints := range everyEndpoint {
		for _, endpoint := range endpoints {
			t.Run(name+"/"+endpoint, func(t *testing.T) {
				t.Parallel()

				w := setup(t)
				var written atomic.Int64
				w.Get(name).Replace(endpoint, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					_, _ = w.Write([]byte(`{"sub":"`))
					for chunk := []byte(strings.Repeat("x", 64<<10)); written.Load() < 200<<20; {
						n, err := w.Write(chunk)
						if err != nil {
							return
						}
						written.Add(int64(n))
					}
				})
				_, err := w.signInSomehow(t, name)
				refused(t, federation.InvalidRequest, err, ": ")
				require.Less(t, written.Load(), int64(50<<20))
			})
		}
	}
}

// guarded is a room as in production: it reaches public addresses only.
func guarded(t *testing.T, change ...func(*config.ThirdParty)) world {
	t.Helper()
	return setupWith(t, oauth.Needs{Client: safehttp.NewClient(safehttp.NewDialer(safehttp.Options{}), oauth.Timeout)}, change...)
}

func TestAddresses_InsideAreRefused(t *testing.T) {
	t.Parallel()

	w := guarded(t, custom("acme", func(c *config.CustomProvider) { c.Issuer = "http://169.254.169.254/latest" }))
	_, err := w.provider(t, "custom_acme").AuthorizationURL(t.Context(), request())
	refused(t, federation.InvalidRequest, err, "not a public one")
	for _, name := range []string{"google", "other", "apple"} {
		_, err = w.provider(t, idOf(name)).Account(t.Context(), oauth.Answer{Code: "x", Nonce: "n"})
		refused(t, federation.InvalidRequest, err, "not a public one")
		require.NotContains(t, err.Error(), "127.0.0.1")
		require.Empty(t, w.Get(name).Calls("token"))
	}
}

// A discovery document that is public itself may name endpoints inside (SSRF).
func TestDiscovery_ThatLeadsInsideIsRefused(t *testing.T) {
	t.Parallel()

	var reached atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(inside.Close)
	for _, endpoint := range []string{"token_endpoint", "userinfo_endpoint", "jwks_uri"} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()

			// The providers of the test are public here: they are at addresses that the client may reach.
			outside := &http.Client{Transport: onlyPort{t, inside.URL[strings.LastIndexByte(inside.URL, ':')+1:]}, CheckRedirect: noRedirects}
			w := setupWith(t, oauth.Needs{Client: outside})
			w.Get("acme").Discovery = func(document map[string]any) { document[endpoint] = inside.URL + "/x" }
			_, err := w.signInSomehow(t, "acme")
			refused(t, federation.InvalidRequest, err, "not a public one")
			require.Zero(t, reached.Load())
		})
	}
}

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// onlyPort reaches everything on this machine but one port, which is inside.
type onlyPort struct {
	t      *testing.T
	inside string
}

func (o onlyPort) RoundTrip(r *http.Request) (*http.Response, error) {
	options := safehttp.Options{AllowLoopback: r.URL.Port() != o.inside}
	transport := &http.Transport{DialContext: safehttp.NewDialer(options).DialContext, DisableKeepAlives: true}
	return transport.RoundTrip(r)
}

func TestDiscovery_ThatLiesIsRefused(t *testing.T) {
	t.Parallel()

	for how, c := range map[string]struct {
		change func(document map[string]any)
		reason string
	}{
		"another issuer":    {func(d map[string]any) { d["issuer"] = "https://evil.example" }, "another issuer"},
		"issuer with slash": {func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" }, "another issuer"},
		"issuer in capitals": {func(d map[string]any) {
			d["issuer"] = strings.Replace(d["issuer"].(string), "http", "HTTP", 1)
		}, "another issuer"},
		"no issuer":              {func(d map[string]any) { delete(d, "issuer") }, "another issuer"},
		"issuer is a list":       {func(d map[string]any) { d["issuer"] = []any{d["issuer"]} }, "cannot be read"},
		"no authorization":       {func(d map[string]any) { delete(d, "authorization_endpoint") }, "endpoint is not a URL"},
		"no token":               {func(d map[string]any) { delete(d, "token_endpoint") }, "endpoint is not a URL"},
		"no user-info":           {func(d map[string]any) { delete(d, "userinfo_endpoint") }, "endpoint is not a URL"},
		"authorization runs":     {func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)//" }, "endpoint is not a URL"},
		"authorization is data":  {func(d map[string]any) { d["authorization_endpoint"] = "data:text/html,x" }, "endpoint is not a URL"},
		"authorization is local": {func(d map[string]any) { d["authorization_endpoint"] = "/authorize" }, "endpoint is not a URL"},
		"token is a file":        {func(d map[string]any) { d["token_endpoint"] = "file:///etc/passwd" }, "endpoint is not a URL"},
		"fragment":               {func(d map[string]any) { d["authorization_endpoint"] = "https://a.example/#" }, "endpoint is not a URL"},
		"user-info":              {func(d map[string]any) { d["token_endpoint"] = "https://u:p@a.example/" }, "endpoint is not a URL"},
		"keys are odd":           {func(d map[string]any) { d["jwks_uri"] = "gopher://a.example/" }, "endpoint is not a URL"},
		"endless":                {func(d map[string]any) { d["token_endpoint"] = "https://a.example/" + strings.Repeat("x", 5000) }, "endpoint is not a URL"},
		"huge":                   {func(d map[string]any) { d["x"] = strings.Repeat("x", 1<<20) }, "too large"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()

			w := setup(t)
			w.Get("acme").Discovery = c.change
			_, err := w.provider(t, "custom_acme").AuthorizationURL(t.Context(), request())
			refused(t, federation.InvalidRequest, err, "discovery: ")
			require.ErrorContains(t, err, c.reason)
		})
	}
}

// A provider that is protected by TLS does not send secrets elsewhere without.
func TestDiscovery_DoesNotLeaveTLS(t *testing.T) {
	t.Parallel()

	var issuer string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{
			"issuer": issuer, "authorization_endpoint": issuer + "/a", "token_endpoint": strings.Replace(issuer, "https", "http", 1) + "/t",
			"userinfo_endpoint": issuer + "/u", "jwks_uri": issuer + "/k",
		})
	}))
	t.Cleanup(server.Close)
	issuer = server.URL
	w := setupWith(t, oauth.Needs{Client: server.Client()}, custom("acme", func(c *config.CustomProvider) { c.Issuer = issuer }))
	_, err := w.provider(t, "custom_acme").AuthorizationURL(t.Context(), request())
	refused(t, federation.InvalidRequest, err, "not protected by TLS")
}

func TestCause_SaysNothingOfWhatWasSent(t *testing.T) {
	t.Parallel()

	for how, handler := range map[string]http.HandlerFunc{
		"echo as error": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			writeJSON(w, map[string]any{"error": "bad " + r.Form.Encode() + r.Header.Get("Authorization"), "error_description": r.Form.Encode()})
		},
		"echo as page": func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Form.Encode())) },
		"echo as status": func(w http.ResponseWriter, r *http.Request) {
			connection, buffer, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = buffer.WriteString("HTTP/1.1 " + r.Form.Get("code_verifier") + " secret-google\r\n\r\n")
				_ = buffer.Flush()
				_ = connection.Close()
			}
		},
		"echo as header": func(w http.ResponseWriter, r *http.Request) {
			connection, buffer, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = buffer.WriteString("HTTP/1.1 200 OK\r\nsecret-google " + r.Form.Get("code") + "\r\n\r\n")
				_ = buffer.Flush()
				_ = connection.Close()
			}
		},
		"echo as redirect": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://a.example/?"+r.Form.Encode()+"secret-google")
			w.WriteHeader(http.StatusFound)
		},
		"echo as token": func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, map[string]any{"access_token": map[string]any{"x": r.Form.Encode()}})
		},
	} {
		for _, name := range []string{"google", "acme", "apple"} {
			for _, endpoint := range everyEndpoint[name] {
				if how == "echo as token" && endpoint == "userinfo" {
					continue // an object without an id: that is another matter
				}
				t.Run(how+"/"+name+"/"+endpoint, func(t *testing.T) {
					t.Parallel()

					w := setup(t)
					w.Get(name).Replace(endpoint, handler)
					_, err := w.signInSomehow(t, name)
					refused(t, federation.InvalidRequest, err, ": ")
				})
			}
		}
	}
}

func TestAccount_EndsWithItsCaller(t *testing.T) {
	t.Parallel()

	w := setup(t)
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	w.Get("google").Replace("token", func(http.ResponseWriter, *http.Request) { <-released })
	ctx, cancel := context.WithCancel(t.Context())
	context.AfterFunc(brief(t, 50*time.Millisecond), cancel)
	_, err := w.provider(t, "google").Account(ctx, oauth.Answer{Code: "x"})
	refused(t, federation.InvalidRequest, err, "given up")
}

func TestProviders_ThatAreNotThere(t *testing.T) {
	t.Parallel()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	w := setup(t, custom("other", func(c *config.CustomProvider) { c.TokenEndpoint = address + "/token" }),
		custom("acme", func(c *config.CustomProvider) { c.Issuer = "http://name.invalid" }))
	_, err = w.provider(t, "custom_other").Account(t.Context(), oauth.Answer{Code: "x"})
	refused(t, federation.InvalidRequest, err, "cannot be reached")
	_, err = w.provider(t, "custom_acme").AuthorizationURL(t.Context(), request())
	refused(t, federation.InvalidRequest, err, "cannot be reached")

	tls := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tls.Close)
	w = setup(t, custom("other", func(c *config.CustomProvider) { c.TokenEndpoint = tls.URL }))
	_, err = w.provider(t, "custom_other").Account(t.Context(), oauth.Answer{Code: "x"})
	refused(t, federation.InvalidRequest, err, "certificate is not trusted")
}
