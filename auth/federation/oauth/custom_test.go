package oauth_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// tell signs in at a plain OAuth provider that tells what a JSON text says.
func tell(t *testing.T, text string, change ...func(*config.ThirdParty)) (federation.Account, error) {
	t.Helper()
	w := setup(t, change...)
	w.Get("other").Replace("userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(text))
	})
	return w.signIn(t, "other")
}

func TestCustom_KeepsTheClaimsOfOpenIDConnectAndTheOthersApart(t *testing.T) {
	t.Parallel()

	account, err := tell(t, `{
		"iss":"https://i.example","sub":"s","aud":"client-other","iat":1700000000,"exp":1700003600.5,"birthdate":"0000-10-31","email":"Kim@Shop.Example",
		"email_verified":true,"family_name":"K","gender":"x","given_name":"Kim","locale":"de","middle_name":"M","name":"Kim K","nickname":"kk","phone":"+49",
		"phone_verified":true,"picture":"https://p","preferred_username":"kim","profile":"https://pr","updated_at":"2024","website":"https://w",
		"zoneinfo":"Europe/Berlin","address":{"formatted":"f","locality":"l","postal_code":"p","region":"r","street_address":"s","country":"c","more":1},
		"groups":["a","b"],"employee":9007199254740993,"nested":{"deep":[{"x":null}]},"none":null,"phone_number":"1"}`)
	require.NoError(t, err)
	require.Equal(t, "custom_other", account.Provider)
	require.True(t, account.AllowLinking)
	stored, err := json.Marshal(account.Claims)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"iss":"https://i.example","sub":"s","aud":"client-other","iat":1700000000,"exp":1700003600.5,"birthdate":"0000-10-31","email":"Kim@Shop.Example",
		"email_verified":true,"family_name":"K","gender":"x","given_name":"Kim","locale":"de","middle_name":"M","name":"Kim K","nickname":"kk","phone":"+49",
		"phone_verified":true,"picture":"https://p","preferred_username":"kim","profile":"https://pr","updated_at":"2024","website":"https://w",
		"zoneinfo":"Europe/Berlin","address":{"formatted":"f","locality":"l","postal_code":"p","region":"r","street_address":"s","country":"c"},
		"custom_claims":{"groups":["a","b"],"employee":9007199254740993,"nested":{"deep":[{"x":null}]},"phone_number":"1"}}`, string(stored))
	require.Contains(t, string(stored), "9007199254740993", "with every digit")
}

func TestCustom_ReadsWhatProvidersReallySend(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]federation.Claims{
		`{"sub":12345678901234567890}`:                      {Subject: "12345678901234567890"},
		`{"sub":"s","updated_at":1700000000}`:               {Subject: "s", UpdatedAt: "1700000000"},
		`{"sub":"s","email_verified":"true","email":"a@b"}`: {Subject: "s", Email: "a@b", EmailVerified: true},
		`{"sub":"s","email_verified":"1"}`:                  {Subject: "s", EmailVerified: true},
		`{"sub":"s","email_verified":"false"}`:              {Subject: "s"},
		`{"sub":"s","phone_verified":"true"}`:               {Subject: "s", PhoneVerified: true},
		`{"sub":"s","aud":["x","client-other"]}`:            {Subject: "s", Audience: "client-other"},
		`{"sub":"s","aud":["x","y"]}`:                       {Subject: "s", Audience: "x"},
		`{"sub":"s","aud":[]}`:                              {Subject: "s"},
		`{"SUB":"s","Email":"a@b","Email_Verified":true}`:   {Subject: "s", Email: "a@b", EmailVerified: true},
		`{"Sub":"x","sub":"s","SUB":"y"}`:                   {Subject: "s"},
		`{"sub":"s","email":null,"email_verified":null}`:    {Subject: "s"},
		`{"sub":"s","address":null,"name":""}`:              {Subject: "s"},
		`{"sub":"s","name":"Ki\u0000m"}`:                    {Subject: "s", Name: "Kim"},
		`{"sub":"s","custom_claims":{"a":"b"},"c":true}`:    {Subject: "s", Custom: map[string]any{"a": "b", "c": true}},
		`{"sub":"s","big":1e999}`:                           {Subject: "s", Custom: map[string]any{"big": "1e999"}},
		` {"sub":"s"} `:                                     {Subject: "s"},
	} {
		account, err := tell(t, text)
		require.NoError(t, err, text)
		require.Equal(t, want, account.Claims, text)
	}
}

func TestCustom_IsStrictOtherwise(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		`{"sub":true}`, `{"sub":["s"]}`, `{"sub":{}}`, `{"sub":"s","email":7}`, `{"sub":"s","email":["a@b"]}`, `{"sub":"s","email_verified":"yes"}`,
		`{"sub":"s","email_verified":1}`, `{"sub":"s","email_verified":{}}`, `{"sub":"s","name":{}}`, `{"sub":"s","name":7}`, `{"sub":"s","iat":"1"}`,
		`{"sub":"s","exp":true}`, `{"sub":"s","address":"street"}`, `{"sub":"s","address":{"region":7}}`, `{"sub":"s","aud":7}`, `{"sub":"s","aud":[7]}`,
		`{"sub":"s","updated_at":{}}`, `{"sub":"s","iat":1e999}`, `{"sub":"` + strings.Repeat("s", 256) + `"}`, `{"sub":"a\nb"}`, `{"sub":"s "}`, `{"sub":" s"}`, `{"sub":"a\u007fb"}`,
		`{"sub":"s","deep":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`, `{"sub":"s"} trailing`, `["sub"]`, `"sub"`, ``,
		`{"sub":"s","sub2":}`,
	} {
		_, err := tell(t, text)
		refused(t, federation.InvalidRequest, err, "custom_other: ")
	}
}

func TestCustom_WithoutSubIsAServerError(t *testing.T) {
	t.Parallel()

	for _, text := range []string{`{}`, `{"sub":""}`, `{"sub":null}`, `{"email":"kim@shop.example"}`, `{"sub":"\u0000"}`} {
		_, err := tell(t, text)
		refused(t, federation.ServerError, err, "no sub")
	}
}

func TestCustom_NeedsNoAddress(t *testing.T) {
	t.Parallel()

	account, err := tell(t, `{"sub":"s"}`)
	require.NoError(t, err)
	require.Empty(t, account.Claims.Email)
}

func TestCustom_NeedsExactly200(t *testing.T) {
	t.Parallel()

	w := setup(t)
	w.Get("other").Replace("userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"sub":"s"}`))
	})
	_, err := w.signIn(t, "other")
	refused(t, federation.InvalidRequest, err, "answered 201")
}

// Third-party §5, with what its notes correct.
func TestCustom_MapsAttributes(t *testing.T) {
	t.Parallel()

	const text = `{"id":"i","sub":"s","mail":"m@x.example","email":"e@x.example","a":"1","b":"2","name":"n","Nickname":"nick"}`
	type m = map[string]string
	for _, c := range []struct {
		mapping m
		want    federation.Claims
	}{
		{m{"sub": "id"}, federation.Claims{
			Subject: "i", Email: "e@x.example", Name: "n", Nickname: "nick", Custom: map[string]any{"mail": "m@x.example", "a": "1", "b": "2"},
		}},
		{m{"email": "mail"}, federation.Claims{
			Subject: "s", Email: "m@x.example", Name: "n", Nickname: "nick", Custom: map[string]any{"id": "i", "a": "1", "b": "2"},
		}},
		{m{"email": "email", "sub": "sub"}, federation.Claims{ // itself: stays
			Subject: "s", Email: "e@x.example", Name: "n", Nickname: "nick", Custom: map[string]any{"id": "i", "mail": "m@x.example", "a": "1", "b": "2"},
		}},
		{m{"email": "nowhere"}, federation.Claims{ // an absent source blanks
			Subject: "s", Name: "n", Nickname: "nick", Custom: map[string]any{"id": "i", "mail": "m@x.example", "a": "1", "b": "2"},
		}},
		{m{"a": "b", "b": "a"}, federation.Claims{ // two change places
			Subject: "s", Email: "e@x.example", Name: "n", Nickname: "nick", Custom: map[string]any{"id": "i", "mail": "m@x.example", "a": "2", "b": "1"},
		}},
		{m{"a": "b", "b": "id", "name": "a"}, federation.Claims{ // a chain
			Subject: "s", Email: "e@x.example", Name: "1", Nickname: "nick", Custom: map[string]any{"mail": "m@x.example", "a": "2", "b": "i"},
		}},
		{m{"name": "a", "nickname": "a"}, federation.Claims{ // one for two
			Subject: "s", Email: "e@x.example", Name: "1", Nickname: "1", Custom: map[string]any{"id": "i", "mail": "m@x.example", "b": "2"},
		}},
		{m{"nickname": "b"}, federation.Claims{ // in whatever case it was
			Subject: "s", Email: "e@x.example", Name: "n", Nickname: "2", Custom: map[string]any{"id": "i", "mail": "m@x.example", "a": "1"},
		}},
		{m{"role": "a"}, federation.Claims{
			Subject: "s", Email: "e@x.example", Name: "n", Nickname: "nick", Custom: map[string]any{"id": "i", "mail": "m@x.example", "role": "1", "b": "2"},
		}},
	} {
		for range 5 { // maps have no order
			account, err := tell(t, text, custom("other", func(p *config.CustomProvider) { p.AttributeMapping = c.mapping }))
			require.NoError(t, err)
			require.Equal(t, c.want, account.Claims, "%v", c.mapping)
		}
	}
}

func TestCustom_LearnsFromDiscovery(t *testing.T) {
	t.Parallel()

	w := setup(t)
	for range 3 {
		account, err := w.signIn(t, "acme")
		require.NoError(t, err)
		require.Equal(t, federation.Account{Provider: "custom_acme", Claims: federation.Claims{
			Subject: "kim-at-acme", Email: "kim@shop.example", EmailVerified: true, Name: "Kim K", Custom: map[string]any{"employee": json.Number("7")},
		}}, account)
	}
	require.Len(t, w.Get("acme").Calls("discovery"), 1, "kept")
	require.Len(t, w.Get("acme").Calls("keys"), 1, "kept")
	require.Empty(t, w.Get("other").Calls("discovery"))
}

func TestCustom_FindsTheDocumentOfAnIssuerWithASlash(t *testing.T) {
	t.Parallel()

	w := setup(t, custom("acme", func(c *config.CustomProvider) { c.Issuer += "/" }))
	w.Get("acme").Issuer += "/"
	_, err := w.signIn(t, "acme")
	require.NoError(t, err)
}

// Where the id_token was not asked for, it is none of our business: many OAuth providers have odd ones.
func TestCustom_LooksAtTheIDTokenOnlyWhereItAskedForOne(t *testing.T) {
	t.Parallel()

	w := setup(t, custom("acme", func(c *config.CustomProvider) { c.Scopes = []string{"email"} }))
	w.Get("acme").SignWith = func(map[string]any) string { return "no token" }
	_, err := w.signIn(t, "acme")
	require.NoError(t, err)

	w = setup(t)
	w.Get("acme").WithIDToken = false
	_, err = w.signIn(t, "acme")
	require.NoError(t, err)

	w = setup(t, custom("other", func(c *config.CustomProvider) { c.Scopes = []string{"openid"} })) // its keys are not known
	w.Get("other").SignWith = func(map[string]any) string { return "no token" }
	_, err = w.signIn(t, "other")
	require.NoError(t, err)
}

func TestCustom_SendsNoNonce(t *testing.T) {
	t.Parallel()

	w := setup(t)
	for _, name := range []string{"custom_acme", "custom_other"} {
		address, err := w.provider(t, name).AuthorizationURL(t.Context(), request())
		require.NoError(t, err)
		require.NotContains(t, address, "nonce")
	}
}

func TestKeys_ThatChangedAreFetchedAgain(t *testing.T) {
	t.Parallel()

	clock := newClock()
	w := setupWith(t, needsAt(clock))
	_, err := w.signIn(t, "apple")
	require.NoError(t, err)
	w.Get("apple").Rotate(idpmock.NewKey(t, "next"))
	_, err = w.signIn(t, "apple")
	refused(t, federation.InvalidRequest, err, "signature") // asked a moment ago
	clock.advance(31)
	_, err = w.signIn(t, "apple")
	require.NoError(t, err)
	require.Len(t, w.Get("apple").Calls("keys"), 2)
}
