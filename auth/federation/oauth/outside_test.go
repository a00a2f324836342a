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

	client := safehttp.NewClient(safehttp.NewDialer(safehttp.Options{AllowLoopback: true}), time.Second)
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

func TestCause_SaysNothingOfWhatWasSent(t *testing.T) {
	t.Parallel()

	for how, handler := range map[string]http.HandlerFunc{
		"echo as error": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
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
