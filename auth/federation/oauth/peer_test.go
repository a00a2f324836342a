package oauth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/internal/oidcpeer"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// atPeer is a world with a tenant at a provider that we did not write.
func atPeer(t *testing.T) (world, *oidcpeer.Server) {
	t.Helper()
	peer := oidcpeer.Start(t,
		[]oidcpeer.Client{
			{ID: "shop", Secret: "s3cret:/+ of the shop", RedirectURIs: []string{idpmock.RedirectURI}},
			{ID: "elsewhere", Secret: "another", RedirectURIs: []string{idpmock.RedirectURI}},
		},
		oidcpeer.User{ID: "u-1", Username: "kim", Password: "let me in", FirstName: "Kim", LastName: "Kovac", Email: "kim@shop.example", EmailVerified: true},
		oidcpeer.User{ID: "u-2", Username: "lee", Password: "let me in", Email: "lee@shop.example"},
	)
	w := setup(t, custom("acme", func(c *config.CustomProvider) {
		c.Issuer, c.ClientID, c.Secret, c.Scopes = peer.Issuer, "shop", "s3cret:/+ of the shop", []string{"openid", "profile", "email"}
	}), func(tp *config.ThirdParty) {
		elsewhere := tp.CustomProviders["acme"]
		elsewhere.ClientID, elsewhere.Secret = "elsewhere", "another"
		tp.CustomProviders["elsewhere"] = elsewhere
	})
	return w, peer
}

func TestPeer_PeopleSignInThere(t *testing.T) {
	t.Parallel()

	w, peer := atPeer(t)
	provider := w.provider(t, "custom_acme")
	for _, r := range []oauth.Request{request(), {State: "without-challenge"}} {
		for user, want := range map[string]federation.Claims{
			"kim": {Subject: "u-1", Email: "kim@shop.example", EmailVerified: true, Name: "Kim Kovac", GivenName: "Kim", FamilyName: "Kovac", Locale: "de"},
			"lee": {Subject: "u-2", Email: "lee@shop.example", Locale: "de"},
		} {
			address, err := provider.AuthorizationURL(t.Context(), r)
			require.NoError(t, err)
			back := peer.SignIn(t, address, user, "let me in").Query()
			require.Equal(t, r.State, back.Get("state"))
			a := oauth.Answer{Code: back.Get("code"), Issuer: back.Get("iss")}
			if r.CodeChallenge != "" {
				a.CodeVerifier = verifier
			}
			account, err := provider.Account(t.Context(), a)
			require.NoError(t, err)
			got := account.Claims
			got.Custom, got.PreferredUsername = nil, ""
			if user == "lee" {
				got.Name = "" // she has none, of which the peer makes a space
			}
			require.Equal(t, want, got)

			_, err = provider.Account(t.Context(), a)
			refused(t, federation.InvalidRequest, err, "it answered 400")
		}
	}
}

func TestPeer_RefusesWhatIsNotOurs(t *testing.T) {
	t.Parallel()

	w, peer := atPeer(t)
	begin := func(id string) oauth.Answer {
		address, err := w.provider(t, id).AuthorizationURL(t.Context(), request())
		require.NoError(t, err)
		return oauth.Answer{Code: peer.SignIn(t, address, "kim", "let me in").Query().Get("code"), CodeVerifier: verifier}
	}
	for how, a := range map[string]oauth.Answer{
		"another verifier": {Code: begin("custom_acme").Code, CodeVerifier: "another-verifier-that-is-long-enough-0123456789abc"},
		"no verifier":      {Code: begin("custom_acme").Code},
		"another client":   begin("custom_elsewhere"),
		"no code of hers":  {Code: "x", CodeVerifier: verifier},
	} {
		_, err := w.provider(t, "custom_acme").Account(t.Context(), a)
		refused(t, federation.InvalidRequest, err, "custom_acme: it answered 40")
		require.Error(t, err, how)
	}
}

func TestPeer_SaysWhenNobodyIsSignedIn(t *testing.T) {
	t.Parallel()

	w, peer := atPeer(t)
	address, err := w.provider(t, "custom_acme").AuthorizationURL(t.Context(), request())
	require.NoError(t, err)
	back := peer.SignIn(t, address+"&prompt=none", "", "").Query()
	require.Equal(t, "login_required", back.Get("error"))
	require.Equal(t, "the-state", back.Get("state"))
}
