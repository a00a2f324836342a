package oauth_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/tenants/config"
)

const challenge = "code_challenge=CHALLENGE&code_challenge_method=S256&"

// Third-party §3: parameters in order and spaces as +, but for Apple.
func TestAuthorizationURL_IsExactly(t *testing.T) {
	t.Parallel()

	redirect := "redirect_uri=" + url.QueryEscape("https://shop.example/thirdparty/callback")
	for name, want := range map[string]string{
		"apple":     "client_id=client-apple&CHALLENGEnonce=the-nonce&REDIRECT&response_mode=form_post&response_type=code&scope=name%20email&state=the-state",
		"discord":   "client_id=client-discord&CHALLENGEREDIRECT&response_type=code&scope=identify+email&state=the-state",
		"facebook":  "client_id=client-facebook&CHALLENGEREDIRECT&response_type=code&scope=email+public_profile&state=the-state",
		"github":    "client_id=client-github&CHALLENGEREDIRECT&response_type=code&scope=user%3Aemail+user%3Aread&state=the-state",
		"google":    "client_id=client-google&CHALLENGEREDIRECT&response_type=code&scope=email+profile&state=the-state",
		"linkedin":  "client_id=client-linkedin&CHALLENGEREDIRECT&response_type=code&scope=openid+profile+email&state=the-state",
		"microsoft": "client_id=client-microsoft&CHALLENGEnonce=the-nonce&REDIRECT&response_type=code&scope=openid+profile+email&state=the-state",
		"acme":      "client_id=client-acme&CHALLENGEREDIRECT&response_type=code&scope=openid+email&state=the-state",
		"other":     "client_id=client-other&CHALLENGEREDIRECT&response_type=code&scope=email&state=the-state",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := setup(t)
			r := request()
			for _, withChallenge := range []bool{true, false} {
				pkce := strings.Replace(challenge, "CHALLENGE", r.CodeChallenge, 1)
				if !withChallenge {
					r.CodeChallenge, pkce = "", ""
				}
				got, err := w.provider(t, idOf(name)).AuthorizationURL(t.Context(), r)
				require.NoError(t, err)
				query := strings.NewReplacer("CHALLENGE", pkce, "REDIRECT", redirect).Replace(want)
				require.Equal(t, w.URL+"/"+name+"/authorize?"+query, got)
			}
		})
	}
}

func TestAuthorizationURL_CarriesPromptAndACRValuesWhereTheyAreSet(t *testing.T) {
	t.Parallel()

	w := setup(t, func(tp *config.ThirdParty) {
		tp.Providers.Google.Prompt, tp.Providers.Apple.Prompt = "select_account", "login"
	}, custom("other", func(c *config.CustomProvider) {
		c.Prompt, c.ACRValues, c.AuthorizationEndpoint = "login consent", []string{"urn:a", "urn:b"}, c.AuthorizationEndpoint+"?tenant=7"
	}))
	for name, want := range map[string]map[string]string{
		"google": {"prompt": "select_account"}, "apple": {"prompt": "login"}, "discord": {"prompt": "", "acr_values": ""},
		"other": {"prompt": "login consent", "acr_values": "urn:a urn:b", "tenant": "7", "client_id": "client-other"},
	} {
		address, err := w.provider(t, idOf(name)).AuthorizationURL(t.Context(), request())
		require.NoError(t, err)
		_, values := parse(t, address)
		for parameter, value := range want {
			require.Equal(t, value, values.Get(parameter), "%s %s", name, parameter)
			require.Equal(t, value != "", values.Has(parameter))
		}
	}
}

func TestAuthorizationURL_NeedsANonceWhereTheIDTokenIsRead(t *testing.T) {
	t.Parallel()

	w := setup(t)
	for _, name := range []string{"apple", "microsoft"} {
		_, err := w.provider(t, name).AuthorizationURL(t.Context(), oauth.Request{State: "s"})
		refused(t, federation.InvalidRequest, err, "nonce")
	}
}

// The token request of third-party §3.
func TestAccount_RedeemsTheCodeAsTheProviderWants(t *testing.T) {
	t.Parallel()

	for _, auth := range []string{"basic", "post", ""} {
		for _, name := range []string{"google", "acme", "linkedin"} {
			t.Run(name+"/"+auth, func(t *testing.T) {
				t.Parallel()

				w := setup(t)
				w.Get(name).Auth = auth
				for range 2 {
					_, err := w.signIn(t, name)
					require.NoError(t, err)
				}
				calls := w.Get(name).Calls("token")
				first := calls[0]
				id, secret, basic := first.Header["Authorization"], first.Form.Get("client_secret"), strings.HasPrefix(first.Header.Get("Authorization"), "Basic ")
				require.True(t, basic, "Basic comes first: %v", id)
				require.Empty(t, secret)
				last := calls[len(calls)-1]
				require.Equal(t, "authorization_code", last.Form.Get("grant_type"))
				require.Equal(t, "https://shop.example/thirdparty/callback", last.Form.Get("redirect_uri"))
				require.Equal(t, name != "linkedin", last.Form.Has("code_verifier"))
				if auth == "post" {
					require.Len(t, calls, 3, "what the endpoint wants is remembered")
					require.Equal(t, "secret-"+name, last.Form.Get("client_secret"))
					require.Equal(t, "client-"+name, last.Form.Get("client_id"))
				} else {
					require.Len(t, calls, 2)
					require.Equal(t, verifier, first.Form.Get("code_verifier")+map[bool]string{true: verifier}[name == "linkedin"])
				}
			})
		}
	}
}

func TestAccount_EncodesTheClientInBasic(t *testing.T) {
	t.Parallel()

	const odd = "a:b c+d%&=ü"
	w := setup(t, custom("other", func(c *config.CustomProvider) { c.ClientID, c.Secret = odd, odd+"secret" }))
	p := w.Get("other")
	p.ClientID, p.Secret, p.Auth = odd, odd+"secret", "basic"
	_, err := w.signIn(t, "other")
	require.NoError(t, err)
}

func TestAccount_SendsNoVerifierWithoutAChallenge(t *testing.T) {
	t.Parallel()

	w := setup(t)
	for _, name := range []string{"google", "apple", "github", "facebook", "discord", "microsoft", "linkedin", "acme", "other"} {
		a := w.ask(t, name, oauth.Request{State: "s", Nonce: "the-nonce"})
		_, err := w.provider(t, idOf(name)).Account(t.Context(), a)
		require.NoError(t, err, name)
		require.False(t, w.Get(name).Calls("token")[0].Form.Has("code_verifier"), name)
	}
}

func TestAccount_ProvesTheSecretToFacebook(t *testing.T) {
	t.Parallel()

	w := setup(t)
	_, err := w.signIn(t, "facebook")
	require.NoError(t, err)
	call := w.Get("facebook").Calls("userinfo")[0]
	require.Equal(t, "id,name,email,picture,first_name,middle_name,last_name", call.Query.Get("fields"))
	require.Len(t, call.Query.Get("appsecret_proof"), 64)
}
