package jose_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/jose"
)

func claims(now time.Time) map[string]any {
	return map[string]any{"sub": "kim", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "aud": []string{"shop"}, "iss": "us"}
}

func TestSign_VerifiesWithItsSetForEveryAlgorithm(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, alg := range []jose.Alg{jose.ES256, jose.RS256, jose.EdDSA} {
		key, err := jose.Generate(alg)
		require.NoError(t, err)
		document, err := key.MarshalPrivate()
		require.NoError(t, err)
		again, err := jose.ParsePrivate(document)
		require.NoError(t, err)
		token, err := again.Sign("JWT", claims(now))
		require.NoError(t, err)
		set, err := jose.NewSet(key)
		require.NoError(t, err)

		got, err := set.Verify(token, now, jose.Validation{Type: "JWT", Issuer: "us", Audience: "shop"})

		require.NoError(t, err, alg)
		require.Equal(t, "kim", got["sub"])
		header, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
		require.NoError(t, err)
		require.JSONEq(t, `{"alg":"`+string(alg)+`","kid":"`+key.ID()+`","typ":"JWT"}`, string(header))
		require.NotContains(t, string(set.JWKS()), `"d"`)
	}
}

func TestVerify_RefusesWhatIsNotQuiteRight(t *testing.T) {
	t.Parallel()
	now := time.Now()
	key, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	other, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	set, err := jose.NewSet(key)
	require.NoError(t, err)
	sign := func(k *jose.Key, change func(map[string]any)) string {
		c := claims(now)
		change(c)
		token, err := k.Sign("JWT", c)
		require.NoError(t, err)
		return token
	}
	none := func(map[string]any) {}
	good := sign(key, none)
	parts := strings.Split(good, ".")
	encode := func(v any) string {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	cases := map[string]struct {
		token string
		v     jose.Validation
	}{
		"another key":         {sign(other, none), jose.Validation{}},
		"no signature":        {parts[0] + "." + parts[1] + ".", jose.Validation{}},
		"alg none":            {encode(map[string]any{"alg": "none", "kid": key.ID()}) + "." + parts[1] + ".", jose.Validation{}},
		"alg HS256":           {encode(map[string]any{"alg": "HS256", "kid": key.ID()}) + "." + parts[1] + "." + parts[2], jose.Validation{}},
		"no kid":              {encode(map[string]any{"alg": "ES256"}) + "." + parts[1] + "." + parts[2], jose.Validation{}},
		"other claims":        {parts[0] + "." + encode(map[string]any{"sub": "eve", "exp": now.Unix() + 99}) + "." + parts[2], jose.Validation{}},
		"expired now":         {sign(key, func(c map[string]any) { c["exp"] = now.Unix() }), jose.Validation{}},
		"no exp":              {sign(key, func(c map[string]any) { delete(c, "exp") }), jose.Validation{}},
		"exp as text":         {sign(key, func(c map[string]any) { c["exp"] = "9999999999" }), jose.Validation{}},
		"issued in 6 s":       {sign(key, func(c map[string]any) { c["iat"] = now.Unix() + 6 }), jose.Validation{Leeway: 5 * time.Second}},
		"not before tomorrow": {sign(key, func(c map[string]any) { c["nbf"] = now.Unix() + 86400 }), jose.Validation{Leeway: 5 * time.Second}},
		"another type":        {good, jose.Validation{Type: "at+jwt"}},
		"another issuer":      {good, jose.Validation{Issuer: "them"}},
		"another audience":    {good, jose.Validation{Audience: "bank"}},
		"JSON serialisation":  {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, jose.Validation{}},
		"empty":               {"", jose.Validation{}},
		"too long":            {strings.Repeat("a", 20_000) + "..", jose.Validation{}},
	}
	for name, c := range cases {
		_, err := set.Verify(c.token, now, c.v)
		require.ErrorIs(t, err, jose.ErrInvalid, name)
	}
	_, err = set.Verify(sign(key, func(c map[string]any) { c["iat"] = now.Unix() + 4 }), now, jose.Validation{Leeway: 5 * time.Second})
	require.NoError(t, err)
}

func TestNewSetFromPublic_NeverPublishesAPrivateKey(t *testing.T) {
	t.Parallel()
	key, err := jose.Generate(jose.EdDSA)
	require.NoError(t, err)
	private, err := key.MarshalPrivate()
	require.NoError(t, err)

	set, err := jose.NewSetFromPublic(private)

	require.NoError(t, err)
	require.NotContains(t, string(set.JWKS()), `"d":`)
}

func FuzzVerify(f *testing.F) {
	key, err := jose.Generate(jose.ES256)
	require.NoError(f, err)
	set, err := jose.NewSet(key)
	require.NoError(f, err)
	token, err := key.Sign("JWT", claims(time.Now()))
	require.NoError(f, err)
	f.Add(token)
	f.Add("..")
	f.Add(`{"signatures":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := set.Verify(text, time.Now(), jose.Validation{}); err == nil && !strings.HasPrefix(text, strings.Split(token, ".")[0]) {
			t.Fatal("accepted what we did not sign")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, alg := range []jose.Alg{jose.ES256, jose.RS256, jose.EdDSA} {
		key, err := jose.Generate(alg)
		require.NoError(b, err)
		set, err := jose.NewSet(key)
		require.NoError(b, err)
		token, err := key.Sign("JWT", claims(time.Now()))
		require.NoError(b, err)
		b.Run(string(alg), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := set.Verify(token, time.Now(), jose.Validation{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
