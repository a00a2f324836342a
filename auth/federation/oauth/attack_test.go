package oauth_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// reading are the providers whose id_token is read or checked.
var reading = []string{"apple", "microsoft", "acme"}

// forged signs in with an id_token that is wrong in some way, at every provider that has one.
func forged(t *testing.T, reason string, forge func(t *testing.T, p *idpmock.Provider)) {
	t.Helper()
	for _, name := range reading {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := setup(t)
			_, err := w.signIn(t, name)
			require.NoError(t, err, "it works when nothing is wrong")
			forge(t, w.Get(name))
			_, err = w.signIn(t, name)
			refused(t, federation.InvalidRequest, err, reason)
		})
	}
}

func change(name string, value any) func(*testing.T, *idpmock.Provider) {
	return func(_ *testing.T, p *idpmock.Provider) {
		p.Change = func(claims map[string]any) {
			if value == nothing {
				delete(claims, name)
			} else {
				claims[name] = value
			}
		}
	}
}

func TestIDToken_OfAnotherIssuerIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "issue", change("iss", "https://evil.example"))
}

func TestIDToken_WithoutIssuerIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "issue", change("iss", nothing))
}

func TestIDToken_ForAnotherAudienceIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "audience", change("aud", "client-of-somebody-else"))
}

func TestIDToken_WithoutAudienceIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "audience", change("aud", nothing))
}

func TestIDToken_IssuedToAnotherPartyIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "another party", change("azp", "client-of-somebody-else"))
}

func TestIDToken_ForSeveralWithoutAPartyIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "another party", func(_ *testing.T, p *idpmock.Provider) {
		p.Change = func(claims map[string]any) { claims["aud"] = []string{p.ClientID, "client-of-somebody-else"} }
	})
}

func TestIDToken_ThatHasExpiredIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "expired", change("exp", time.Now().Add(-time.Second).Unix()))
}

func TestIDToken_WithoutExpiryIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "expired", change("exp", nothing))
}

func TestIDToken_OfTheFutureIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "future", change("iat", time.Now().Add(time.Hour).Unix()))
}

func TestIDToken_ThatIsNotYetValidIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "not before", change("nbf", time.Now().Add(time.Hour).Unix()))
}

func TestIDToken_WithAnotherNonceIsRefused(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"apple", "microsoft"} {
		for how, nonce := range map[string]any{"another": "another", "none": nothing, "empty": ""} {
			w := setup(t)
			change("nonce", nonce)(t, w.Get(name))
			_, err := w.signIn(t, name)
			refused(t, federation.InvalidRequest, err, "nonce")
			require.NotContains(t, err.Error(), "the-nonce", how)
		}
		w := setup(t)
		a := w.ask(t, name, request())
		a.Nonce = "" // who remembers none must not be satisfied with any
		_, err := w.provider(t, name).Account(t.Context(), a)
		refused(t, federation.InvalidRequest, err, "nonce")
		change("nonce", nothing)(t, w.Get(name)) // nor with none
		a = w.ask(t, name, request())
		a.Nonce = ""
		_, err = w.provider(t, name).Account(t.Context(), a)
		refused(t, federation.InvalidRequest, err, "nonce")
	}
}

func TestIDToken_OfAnotherAccessTokenIsRefused(t *testing.T) {
	t.Parallel()

	forged(t, "access token hash", change("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"))
}

func TestIDToken_WithAlgNoneIsRefused(t *testing.T) {
	t.Parallel()

	for _, alg := range []string{"none", "None", "nOnE", ""} {
		forgedAs(t, "alg="+alg, func(p *idpmock.Provider, claims map[string]any) string {
			return idpmock.Unsigned(map[string]any{"alg": alg, "typ": "JWT", "kid": p.Key.ID}, claims, "")
		})
	}
}

func TestIDToken_SignedWithThePublicKeyAsASecretIsRefused(t *testing.T) {
	t.Parallel()

	forgedAs(t, "PEM", func(p *idpmock.Provider, claims map[string]any) string {
		der, err := x509.MarshalPKIXPublicKey(&p.Key.Private.PublicKey)
		require.NoError(t, err)
		secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		return p.Key.SignAs(jose.HS256, secret, map[jose.HeaderKey]any{"kid": p.Key.ID}, claims)
	})
	forgedAs(t, "modulus", func(p *idpmock.Provider, claims map[string]any) string {
		return p.Key.SignAs(jose.HS256, p.Key.Private.PublicKey.N.Bytes(), map[jose.HeaderKey]any{"kid": p.Key.ID}, claims)
	})
}

func TestIDToken_SignedWithTheClientSecretIsRefused(t *testing.T) {
	t.Parallel()

	forgedAs(t, "secret", func(p *idpmock.Provider, claims map[string]any) string {
		return p.Key.SignAs(jose.HS256, []byte(p.Secret+"-padded-to-thirty-two-bytes-of-it"), nil, claims)
	})
}

func TestIDToken_SignedByAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()

	evil := idpmock.NewKey(t, "")
	forgedAs(t, "same kid", func(p *idpmock.Provider, claims map[string]any) string {
		return evil.SignAs(jose.RS256, evil.Private, map[jose.HeaderKey]any{"kid": p.Key.ID}, claims)
	})
	forgedAs(t, "another kid", func(_ *idpmock.Provider, claims map[string]any) string {
		return evil.SignAs(jose.RS256, evil.Private, map[jose.HeaderKey]any{"kid": "evil"}, claims)
	})
	forgedAs(t, "no kid", func(_ *idpmock.Provider, claims map[string]any) string {
		return evil.SignAs(jose.RS256, evil.Private, nil, claims)
	})
}

// A token cannot bring its own key, or say where one is.
func TestIDToken_ThatBringsItsKeyIsRefused(t *testing.T) {
	t.Parallel()

	evil := idpmock.NewKey(t, "evil")
	forgedAs(t, "jwk", func(p *idpmock.Provider, claims map[string]any) string {
		return evil.SignAs(jose.RS256, evil.Private, map[jose.HeaderKey]any{"kid": p.Key.ID, "jwk": evil.Public(false)}, claims)
	})
	hits := make(chan string, 10)
	elsewhere := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits <- r.URL.Path
		writeJSON(w, map[string]any{"keys": []any{evil.Public(false)}})
	})
	forgedAs(t, "jku", func(p *idpmock.Provider, claims map[string]any) string {
		p.Replace("emails", elsewhere)
		return evil.SignAs(jose.RS256, evil.Private, map[jose.HeaderKey]any{"kid": "evil", "jku": p.URL + "/emails", "x5u": p.URL + "/emails"}, claims)
	})
	t.Cleanup(func() { require.Empty(t, hits) })
}

func TestIDToken_ThatIsNoTokenIsRefused(t *testing.T) {
	t.Parallel()

	for _, text := range []string{"x", "..", "a.b.c", "e30.e30.", `{"payload":"e30","signatures":[]}`} {
		forgedAs(t, text, func(*idpmock.Provider, map[string]any) string { return text })
	}
	forgedAs(t, "encrypted", func(p *idpmock.Provider, claims map[string]any) string {
		encrypter, err := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.RSA_OAEP, Key: &p.Key.Private.PublicKey}, nil)
		require.NoError(t, err)
		raw, err := json.Marshal(claims)
		require.NoError(t, err)
		sealed, err := encrypter.Encrypt(raw)
		require.NoError(t, err)
		text, err := sealed.CompactSerialize()
		require.NoError(t, err)
		return text
	})
}

func forgedAs(t *testing.T, how string, forge func(p *idpmock.Provider, claims map[string]any) string) {
	t.Helper()
	t.Run(how, func(t *testing.T) {
		t.Parallel()

		forged(t, ": ", func(_ *testing.T, p *idpmock.Provider) {
			p.SignWith = func(claims map[string]any) string { return forge(p, claims) }
		})
	})
}

// What a provider publishes is not trusted blindly: keys that are weak, secret or for encryption verify nothing.
func TestKeys_ThatAreNotForUsVerifyNothing(t *testing.T) {
	t.Parallel()

	secret := []byte("a secret that the provider publishes by mistake")
	for how, key := range map[string]func(p *idpmock.Provider) map[string]any{
		"for encryption": func(p *idpmock.Provider) map[string]any { k := p.Key.Public(false); k["use"] = "enc"; return k },
		"of another alg": func(p *idpmock.Provider) map[string]any { k := p.Key.Public(false); k["alg"] = "RS512"; return k },
		"of alg none":    func(p *idpmock.Provider) map[string]any { k := p.Key.Public(false); k["alg"] = "none"; return k },
		"secret": func(p *idpmock.Provider) map[string]any {
			p.SignWith = func(claims map[string]any) string {
				return p.Key.SignAs(jose.HS256, secret, map[jose.HeaderKey]any{"kid": "s"}, claims)
			}
			return map[string]any{"kty": "oct", "kid": "s", "alg": "HS256", "k": base64.RawURLEncoding.EncodeToString(secret)}
		},
		"broken": func(*idpmock.Provider) map[string]any { return map[string]any{"kty": "RSA", "kid": "x", "n": "AQAB"} },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()

			for _, name := range reading {
				w := setup(t)
				p := w.Get(name)
				k := key(p)
				p.Replace("keys", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, map[string]any{"keys": []any{k}}) })
				_, err := w.signIn(t, name)
				refused(t, federation.InvalidRequest, err, ": ")
			}
		})
	}
}

func TestCode_WithAnotherVerifierIsRefused(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"apple", "discord", "facebook", "github", "google", "microsoft", "acme", "other"} {
		for how, given := range map[string]string{"another": "another-verifier-that-is-long-enough-0123456789abc", "none": ""} {
			w := setup(t)
			a := w.ask(t, name, request())
			a.CodeVerifier = given
			_, err := w.provider(t, idOf(name)).Account(t.Context(), a)
			refused(t, federation.InvalidRequest, err, "invalid_grant")
			require.NotContains(t, err.Error(), "another-verifier", how)
		}
	}
}

func TestCode_WithAVerifierThatWasNotAskedForIsRefused(t *testing.T) {
	t.Parallel()

	w := setup(t)
	a := w.ask(t, "google", oauth.Request{State: "s"})
	a.CodeVerifier = verifier
	_, err := w.provider(t, "google").Account(t.Context(), a)
	refused(t, federation.InvalidRequest, err, "invalid_grant")
}

func TestCode_OfAnotherClientIsRefused(t *testing.T) {
	t.Parallel()

	w := setup(t)
	_, values := parse(t, "https://x?client_id=client-of-somebody-else&redirect_uri=https%3A%2F%2Fshop.example%2Fthirdparty%2Fcallback")
	for _, name := range []string{"google", "github", "apple", "acme"} {
		_, err := w.provider(t, idOf(name)).Account(t.Context(), oauth.Answer{Code: w.Get(name).Code(values), Nonce: "the-nonce"})
		refused(t, federation.InvalidRequest, err, "invalid_grant")
	}
}

func TestCode_WorksOnce(t *testing.T) {
	t.Parallel()

	w := setup(t)
	a := w.ask(t, "google", request())
	_, err := w.provider(t, "google").Account(t.Context(), a)
	require.NoError(t, err)
	_, err = w.provider(t, "google").Account(t.Context(), a)
	refused(t, federation.InvalidRequest, err, "invalid_grant")
	_, err = w.provider(t, "google").Account(t.Context(), oauth.Answer{})
	refused(t, federation.InvalidRequest, err, "no code")
}

// A code that was injected from another browser's sign-in (RFC 9700 §4.5): its nonce is another, or its challenge.
func TestCode_OfAnotherSignInIsRefused(t *testing.T) {
	t.Parallel()

	w := setup(t)
	for _, name := range []string{"apple", "microsoft"} {
		victim := w.ask(t, name, oauth.Request{State: "v", Nonce: "nonce-of-the-victim"})
		_, err := w.provider(t, name).Account(t.Context(), oauth.Answer{Code: victim.Code, Nonce: "nonce-of-the-attacker"})
		refused(t, federation.InvalidRequest, err, "nonce")
	}
}

// RFC 9207: an answer that says that another provider gave it goes nowhere.
func TestMixUp_AnswersOfAnotherProviderAreRefused(t *testing.T) {
	t.Parallel()

	w := setup(t)
	acme := w.Get("acme")
	acme.NamesItself = true
	a := w.ask(t, "acme", request())
	require.Equal(t, acme.Issuer, a.Issuer)
	for _, issuer := range []string{"", w.URL + "/other", acme.Issuer + "/", "https://evil.example"} {
		mixed := a
		mixed.Issuer = issuer
		_, err := w.provider(t, "custom_acme").Account(t.Context(), mixed)
		refused(t, federation.InvalidRequest, err, "iss is not that of the provider")
	}
	require.Empty(t, acme.Calls("token"), "no code leaves for the wrong place")
	_, err := w.provider(t, "custom_acme").Account(t.Context(), a)
	require.NoError(t, err)
}

func TestMixUp_AnIssuerThatIsKnownIsCheckedWhereverItIsGiven(t *testing.T) {
	t.Parallel()

	w := setup(t)
	for name, good := range map[string]string{
		"google": "https://accounts.google.com", "apple": "https://appleid.apple.com", "linkedin": "https://www.linkedin.com/oauth",
		"acme": w.Get("acme").Issuer,
	} {
		a := w.ask(t, name, request())
		a.Issuer = "https://evil.example"
		_, err := w.provider(t, idOf(name)).Account(t.Context(), a)
		refused(t, federation.InvalidRequest, err, "iss is not that of the provider")
		a.Issuer = good
		_, err = w.provider(t, idOf(name)).Account(t.Context(), a)
		require.NoError(t, err, name)
	}
}

func TestUserInfo_OfAnotherPersonIsRefused(t *testing.T) {
	t.Parallel()

	for how, sub := range map[string]any{"another": "somebody-else", "empty": "", "number": 7} {
		w := setup(t)
		w.Get("acme").UserInfo["sub"] = sub
		_, err := w.signIn(t, "acme")
		refused(t, federation.InvalidRequest, err, "another person")
		require.Error(t, err, how)
	}
	w := setup(t, custom("acme", func(c *config.CustomProvider) { c.AttributeMapping = map[string]string{"sub": "email"} }))
	w.Get("acme").UserInfo["sub"] = "somebody-else"
	_, err := w.signIn(t, "acme")
	refused(t, federation.InvalidRequest, err, "another person") // whatever is made of it afterwards
}

func TestUserInfo_ThatWasSignedForOthersIsRefused(t *testing.T) {
	t.Parallel()

	evil := idpmock.NewKey(t, "evil")
	for how, c := range map[string]struct {
		change func(p *idpmock.Provider, claims map[string]any)
		key    *idpmock.Key
		reason string
	}{
		"good":             {func(*idpmock.Provider, map[string]any) {}, nil, ""},
		"without iss":      {func(_ *idpmock.Provider, c map[string]any) { delete(c, "iss"); delete(c, "aud") }, nil, ""},
		"several aud":      {func(p *idpmock.Provider, c map[string]any) { c["aud"] = []string{"x", p.ClientID} }, nil, ""},
		"another issuer":   {func(_ *idpmock.Provider, c map[string]any) { c["iss"] = "https://evil.example" }, nil, "another issuer"},
		"another audience": {func(_ *idpmock.Provider, c map[string]any) { c["aud"] = "x" }, nil, "another client"},
		"expired":          {func(_ *idpmock.Provider, c map[string]any) { c["exp"] = 1 }, nil, "expired"},
		"another person":   {func(_ *idpmock.Provider, c map[string]any) { c["sub"] = "x" }, nil, "another person"},
		"another key":      {func(*idpmock.Provider, map[string]any) {}, &evil, "signature"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()

			w := setup(t)
			p := w.Get("acme")
			claims := map[string]any{"iss": p.Issuer, "aud": p.ClientID, "sub": "kim-at-acme", "email": "kim@shop.example"}
			c.change(p, claims)
			key := p.Key
			if c.key != nil {
				key = *c.key
			}
			p.Replace("userinfo", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
				_, _ = w.Write([]byte(key.Sign(claims)))
			})
			account, err := w.signIn(t, "acme")
			if c.reason != "" {
				refused(t, federation.InvalidRequest, err, c.reason)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "kim@shop.example", account.Claims.Email)
		})
	}
}

func TestUserInfo_ThatIsSignedNeedsKnownKeys(t *testing.T) {
	t.Parallel()

	w := setup(t)
	p := w.Get("other")
	p.Replace("userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwt")
		_, _ = w.Write([]byte(p.Key.Sign(map[string]any{"sub": "kim-at-other"})))
	})
	_, err := w.signIn(t, "other")
	refused(t, federation.InvalidRequest, err, "needs discovery")
}
