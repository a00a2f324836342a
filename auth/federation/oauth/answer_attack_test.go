package oauth_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/tenants/config"
)

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
