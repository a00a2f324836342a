package jose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
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
		require.Equal(t, `{"alg":"`+string(alg)+`","kid":"`+key.ID()+`","typ":"JWT"}`, string(header))
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
		"no typ":              {encode(map[string]any{"alg": "ES256", "kid": key.ID()}) + "." + parts[1] + "." + parts[2], jose.Validation{}},
		"crit":                {encode(map[string]any{"alg": "ES256", "kid": key.ID(), "typ": "JWT", "crit": []string{"b64"}}) + "." + parts[1] + "." + parts[2], jose.Validation{}},
		"embedded key":        {encode(map[string]any{"alg": "ES256", "kid": key.ID(), "typ": "JWT", "jwk": other.PublicJWK()}) + "." + parts[1] + "." + parts[2], jose.Validation{}},
		"line end":            {good + "\n", jose.Validation{}},
		"line end inside":     {parts[0] + "." + parts[1][:4] + "\r\n" + parts[1][4:] + "." + parts[2], jose.Validation{}},
		"padding":             {good + "=", jose.Validation{}},
		"four parts":          {good + "." + parts[2], jose.Validation{}},
		"two parts":           {parts[0] + "." + parts[1], jose.Validation{}},
		"leading dot":         {"." + good, jose.Validation{}},
		"signature cut":       {good[:len(good)-4], jose.Validation{}},
		"iat as text":         {sign(key, func(c map[string]any) { c["iat"] = "now" }), jose.Validation{}},
		"exp beyond all time": {sign(key, func(c map[string]any) { c["exp"] = 1e300 }), jose.Validation{}},
		"exp is null":         {sign(key, func(c map[string]any) { c["exp"] = nil }), jose.Validation{}},
		"type in other case":  {good, jose.Validation{Type: "jwt"}},
		"audience missing":    {sign(key, func(c map[string]any) { delete(c, "aud") }), jose.Validation{Audience: "shop"}},
		"audience of numbers": {sign(key, func(c map[string]any) { c["aud"] = []any{"shop", 7} }), jose.Validation{Audience: "shop"}},
		"issuer is a list":    {sign(key, func(c map[string]any) { c["iss"] = []string{"us"} }), jose.Validation{Issuer: "us"}},
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

func TestVerify_TellsForLogsWhatIsWrong(t *testing.T) {
	t.Parallel()
	now := time.Now()
	key, err := jose.Generate(jose.EdDSA)
	require.NoError(t, err)
	set, err := jose.NewSet(key)
	require.NoError(t, err)
	for reason, change := range map[error]map[string]any{
		jose.ErrExpired: {"exp": now.Unix() - 1}, jose.ErrNotYet: {"nbf": now.Unix() + 60}, jose.ErrClaims: {"exp": "soon"},
	} {
		c := claims(now)
		maps.Copy(c, change)
		token, err := key.Sign("JWT", c)
		require.NoError(t, err)
		_, err = set.Verify(token, now, jose.Validation{})
		require.ErrorIs(t, err, reason)
		require.ErrorIs(t, err, jose.ErrInvalid)
	}
}

// A payload that is signed and yet no claims: only we could have signed it, but it must not be taken for a token.
func TestVerify_RefusesPayloadsThatAreNoObject(t *testing.T) {
	t.Parallel()
	key, err := jose.Generate(jose.EdDSA)
	require.NoError(t, err)
	set, err := jose.NewSet(key)
	require.NoError(t, err)
	for _, payload := range []string{"null", "[]", `"x"`, "1", "{", `{"exp":4102444800}{}`, "x"} {
		token, err := key.SignPayload("JWT", []byte(payload))
		require.NoError(t, err)
		_, err = set.Verify(token, time.Now(), jose.Validation{})
		require.ErrorIs(t, err, jose.ErrMalformed, payload)
	}
}

func TestVerify_KeyOfOneAlgorithmNeverServesAnother(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var keys []*jose.Key
	for _, alg := range []jose.Alg{jose.ES256, jose.EdDSA} {
		key, err := jose.Generate(alg)
		require.NoError(t, err)
		keys = append(keys, key)
	}
	set, err := jose.NewSet(keys...)
	require.NoError(t, err)
	for i, key := range keys {
		token, err := key.Sign("JWT", claims(now))
		require.NoError(t, err)
		_, err = set.Verify(token, now, jose.Validation{})
		require.NoError(t, err)
		parts := strings.Split(token, ".")
		for _, alg := range []string{"none", "None", "HS256", "RS256", "ES384", "PS256", string(keys[1-i].Alg())} {
			raw, err := json.Marshal(map[string]string{"alg": alg, "kid": key.ID(), "typ": "JWT"})
			require.NoError(t, err)
			_, err = set.Verify(base64.RawURLEncoding.EncodeToString(raw)+"."+parts[1]+"."+parts[2], now, jose.Validation{})
			require.ErrorIs(t, err, jose.ErrKey, alg)
		}
	}
}

func TestVerify_AcceptsAnotherTypeWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	key, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	set, err := jose.NewSet(key)
	require.NoError(t, err)
	token, err := key.Sign("state+jwt", claims(now))
	require.NoError(t, err)
	_, err = set.Verify(token, now, jose.Validation{Type: "state+jwt"})
	require.NoError(t, err)
	_, err = set.Verify(token, now, jose.Validation{Type: jose.TypeJWT})
	require.ErrorIs(t, err, jose.ErrClaims)
}

func TestVerify_NeedsNoExpiryOnlyWhereWhatWasSignedIsToLast(t *testing.T) {
	t.Parallel()

	now := time.Unix(1_700_000_000, 0)
	key, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	set, err := jose.NewSet(key)
	require.NoError(t, err)
	token, err := key.Sign("x+jwt", map[string]any{"iat": now.Unix()})
	require.NoError(t, err)
	_, err = set.Verify(token, now, jose.Validation{Type: "x+jwt"})
	require.ErrorIs(t, err, jose.ErrClaims)
	_, err = set.Verify(token, now, jose.Validation{Type: "x+jwt", Lasting: true})
	require.NoError(t, err)
	for _, exp := range []any{now.Unix(), "text"} {
		token, err = key.Sign("x+jwt", map[string]any{"exp": exp})
		require.NoError(t, err)
		_, err = set.Verify(token, now, jose.Validation{Type: "x+jwt", Lasting: true})
		require.Error(t, err, "one that is there counts")
	}
}

func TestClaims_AreReadByType(t *testing.T) {
	t.Parallel()
	now := time.Now()
	key, err := jose.Generate(jose.EdDSA)
	require.NoError(t, err)
	set, err := jose.NewSet(key)
	require.NoError(t, err)
	token, err := key.SignPayload("JWT", []byte(`{"sub":"kim","exp":4102444800.9,"aud":"shop","iss":"us","big":12345678901234567890,
		"n":7,"half":1.5,"yes":true,"email":{"address":"kim@shop.example"},"mixed":["a",1]}`))
	require.NoError(t, err)
	c, err := set.Verify(token, now, jose.Validation{Audience: "shop"})
	require.NoError(t, err)

	require.Equal(t, "kim", c.Subject())
	require.Equal(t, "us", c.Issuer())
	require.Equal(t, []string{"shop"}, c.Audience())
	require.Equal(t, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), c.Expires())
	require.Equal(t, "kim@shop.example", c.Object("email").String("address"))
	n, ok := c.Int("n")
	require.True(t, ok)
	require.EqualValues(t, 7, n)
	_, ok = c.Int("half")
	require.False(t, ok)
	yes, ok := c.Bool("yes")
	require.True(t, yes && ok)
	require.Nil(t, c.Strings("mixed"))
	require.Nil(t, c.Object("sub"))
	require.Empty(t, c.String("n"))
	_, ok = c.Time("sub")
	require.False(t, ok)
	raw, err := json.Marshal(c)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"big":12345678901234567890`, "no digit is lost on the way")
}

func TestSet_PublishesStableBytesInOrder(t *testing.T) {
	t.Parallel()
	empty, err := jose.NewSet()
	require.NoError(t, err)
	require.Equal(t, `{"keys":[]}`, string(empty.JWKS()))

	first, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	second, err := jose.Generate(jose.EdDSA)
	require.NoError(t, err)
	set, err := jose.NewSet(first, second)
	require.NoError(t, err)
	again, err := jose.NewSetFromPublic(first.PublicJWK(), second.PublicJWK())
	require.NoError(t, err)
	turned, err := jose.NewSet(second, first)
	require.NoError(t, err)

	require.Equal(t, `{"keys":[`+string(first.PublicJWK())+","+string(second.PublicJWK())+`]}`, string(set.JWKS()))
	require.Equal(t, string(set.JWKS()), string(again.JWKS()))
	require.Equal(t, set.ETag(), again.ETag())
	require.Regexp(t, `^"[0-9a-f]{32}"$`, set.ETag())
	require.NotEqual(t, set.ETag(), turned.ETag())
	require.Equal(t, 2, set.Len())

	_, err = jose.NewSet(first, first.Public())
	require.ErrorIs(t, err, jose.ErrNotAKey, "two keys under one id")
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

func BenchmarkSign(b *testing.B) {
	for _, alg := range []jose.Alg{jose.ES256, jose.RS256, jose.EdDSA} {
		key, err := jose.Generate(alg)
		require.NoError(b, err)
		c := claims(time.Now())
		b.Run(string(alg), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := key.Sign("JWT", c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerifyOverhead is what a check costs besides the signature.
func BenchmarkVerifyOverhead(b *testing.B) {
	key, err := jose.Generate(jose.ES256)
	require.NoError(b, err)
	set, err := jose.NewSet(key)
	require.NoError(b, err)
	token, err := key.Sign("JWT", claims(time.Now()))
	require.NoError(b, err)
	token = token[:len(token)-86] + strings.Repeat("A", 86) // r = 0 is refused before any arithmetic
	b.ReportAllocs()
	for b.Loop() {
		if _, err := set.Verify(token, time.Now(), jose.Validation{}); err == nil {
			b.Fatal("accepted")
		}
	}
}

func TestKeysOfOthers_AreOfTheKindThatWasAskedFor(t *testing.T) {
	t.Parallel()

	key, err := jose.GenerateRSA("key1", 2048)
	require.NoError(t, err)
	require.Equal(t, "key1", key.ID())
	for id, bits := range map[string]int{"": 2048, "short": 1024, "long": 16384} {
		_, err := jose.GenerateRSA(id, bits)
		require.ErrorIs(t, err, jose.ErrNotAKey)
	}
	for curve, good := range map[elliptic.Curve]bool{elliptic.P256(): true, elliptic.P384(): false} {
		private, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		der, err := x509.MarshalPKCS8PrivateKey(private)
		require.NoError(t, err)
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		_, err = jose.ParseES256PEM("k", text)
		require.Equal(t, good, err == nil)
		_, err = jose.ParseES256PEM("", text)
		require.ErrorIs(t, err, jose.ErrNotAKey)
		_, err = jose.ParseES256PEM("k", der)
		require.ErrorIs(t, err, jose.ErrNotAKey)
	}
}
