package jose_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/jose"
)

// members decodes a JWK, changes it and encodes it again. A nil value removes a member.
func members(t *testing.T, jwk []byte, change map[string]any) []byte {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(jwk, &m))
	for name, value := range change {
		if m[name] = value; value == nil {
			delete(m, name)
		}
	}
	raw, err := json.Marshal(m)
	require.NoError(t, err)
	return raw
}

func private(t *testing.T, key *jose.Key) []byte {
	t.Helper()
	raw, err := key.MarshalPrivate()
	require.NoError(t, err)
	return raw
}

func TestKey_JWKsHaveExactlyTheirMembers(t *testing.T) {
	t.Parallel()
	common := []string{"alg", "kid", "kty", "use"}
	for alg, want := range map[jose.Alg]struct{ public, private []string }{
		jose.ES256: {[]string{"crv", "x", "y"}, []string{"d"}},
		jose.EdDSA: {[]string{"crv", "x"}, []string{"d"}},
		jose.RS256: {[]string{"e", "n"}, []string{"d", "dp", "dq", "p", "q", "qi"}},
	} {
		key, err := jose.Generate(alg)
		require.NoError(t, err)
		names := func(raw []byte) []string {
			var m map[string]any
			require.NoError(t, json.Unmarshal(raw, &m))
			require.Equal(t, string(alg), m["alg"])
			require.Equal(t, "sig", m["use"])
			require.Equal(t, key.ID(), m["kid"])
			var names []string
			for name := range m {
				names = append(names, name)
			}
			return names
		}
		public := slices.Concat(common, want.public)
		require.ElementsMatch(t, public, names(key.PublicJWK()))
		require.ElementsMatch(t, slices.Concat(public, want.private), names(private(t, key)))
	}
}

func TestKey_PublicHalfVerifiesButNeverSigns(t *testing.T) {
	t.Parallel()
	key, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	parsed, err := jose.ParsePublic(private(t, key))
	require.NoError(t, err)
	for _, public := range []*jose.Key{key.Public(), parsed} {
		_, err = public.Sign("JWT", nil)
		require.ErrorIs(t, err, jose.ErrNotAKey)
		_, err = public.MarshalPrivate()
		require.ErrorIs(t, err, jose.ErrNotAKey)
		require.JSONEq(t, string(key.PublicJWK()), string(public.PublicJWK()))
	}
	_, err = jose.ParsePrivate(key.PublicJWK())
	require.ErrorIs(t, err, jose.ErrNotAKey)
}

func TestParse_RefusesWeakForeignAndInconsistentKeys(t *testing.T) {
	t.Parallel()
	es, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	otherES, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	ed, err := jose.Generate(jose.EdDSA)
	require.NoError(t, err)
	otherEd, err := jose.Generate(jose.EdDSA)
	require.NoError(t, err)
	get := func(key *jose.Key, name string) any {
		var m map[string]any
		require.NoError(t, json.Unmarshal(private(t, key), &m))
		return m[name]
	}
	b64 := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	modulus := func(bits uint) string { // any odd number of that size: it is refused by its size alone
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return b64(n.Add(n, big.NewInt(1)))
	}
	rsaKey := func(n, e string) []byte { return []byte(`{"kty":"RSA","kid":"a","n":"` + n + `","e":"` + e + `"}`) }

	for name, jwk := range map[string][]byte{
		"no JSON":                 []byte(`x`),
		"empty":                   {},
		"no JWK":                  []byte(`{}`),
		"symmetric":               []byte(`{"kty":"oct","kid":"a","alg":"HS256","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}`),
		"another curve":           []byte(`{"kty":"EC","kid":"a","crv":"P-384","x":"` + b64(p384.X) + `","y":"` + b64(p384.Y) + `"}`),
		"key agreement":           []byte(`{"kty":"OKP","kid":"a","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}`),
		"a point off the curve":   members(t, es.PublicJWK(), map[string]any{"y": get(otherES, "y")}),
		"RSA of 1024 bits":        rsaKey(modulus(1024), "AQAB"),
		"RSA of 2047 bits":        rsaKey(modulus(2047), "AQAB"),
		"RSA of 16384 bits":       rsaKey(modulus(16384), "AQAB"),
		"RSA with exponent 1":     rsaKey(modulus(2048), "AQ"),
		"RSA with even exponent":  rsaKey(modulus(2048), "AQAA"),
		"another algorithm":       members(t, es.PublicJWK(), map[string]any{"alg": "ES384"}),
		"for encryption":          members(t, es.PublicJWK(), map[string]any{"use": "enc"}),
		"no kid":                  members(t, es.PublicJWK(), map[string]any{"kid": nil}),
		"EC d of another key":     members(t, private(t, es), map[string]any{"d": get(otherES, "d")}),
		"EC d is zero":            members(t, private(t, es), map[string]any{"d": base64.RawURLEncoding.EncodeToString(make([]byte, 32))}),
		"EC d is too long":        members(t, private(t, es), map[string]any{"d": base64.RawURLEncoding.EncodeToString(make([]byte, 99))}),
		"Ed25519 d of another":    members(t, private(t, ed), map[string]any{"d": get(otherEd, "d")}),
		"Ed25519 d is short":      members(t, private(t, ed), map[string]any{"d": "AAAA"}),
		"Ed25519 x is short":      members(t, ed.PublicJWK(), map[string]any{"x": "AAAA"}),
		"EC d larger than 32 set": members(t, private(t, es), map[string]any{"d": base64.RawURLEncoding.EncodeToString(slices.Repeat([]byte{255}, 33))}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := jose.ParsePublic(jwk)
			require.ErrorIs(t, err, jose.ErrNotAKey)
			_, err = jose.ParsePrivate(jwk)
			require.ErrorIs(t, err, jose.ErrNotAKey)
		})
	}
}

func TestParsePrivate_TakesOverRSAKeysOfAnySizeFrom2048(t *testing.T) {
	t.Parallel()
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	b64 := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	raw, err := json.Marshal(map[string]string{ // as an older release stored it: no use, alg inferred
		"kty": "RSA", "kid": "old", "n": b64(small.N), "e": "AQAB", "d": b64(small.D), "p": b64(small.Primes[0]), "q": b64(small.Primes[1]),
		"dp": b64(small.Precomputed.Dp), "dq": b64(small.Precomputed.Dq), "qi": b64(small.Precomputed.Qinv),
	})
	require.NoError(t, err)

	key, err := jose.ParsePrivate(raw)
	require.NoError(t, err)
	require.Equal(t, jose.RS256, key.Alg())
	token, err := key.Sign("", map[string]any{"exp": time.Now().Add(time.Hour).Unix()})
	require.NoError(t, err)
	set, err := jose.NewSet(key)
	require.NoError(t, err)
	_, err = set.Verify(token, time.Now(), jose.Validation{Type: jose.TypeJWT})
	require.NoError(t, err)

	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for name, value := range map[string]*big.Int{"d": other.D, "p": other.Primes[0], "n": other.N} {
		_, err = jose.ParsePrivate(members(t, raw, map[string]any{name: b64(value)}))
		require.ErrorIs(t, err, jose.ErrNotAKey, name)
	}
}

func TestGenerate_RefusesUnknownAlgorithms(t *testing.T) {
	t.Parallel()
	for _, alg := range []jose.Alg{"", "none", "HS256", "es256"} {
		_, err := jose.Generate(alg)
		require.ErrorIs(t, err, jose.ErrNotAKey, alg)
	}
}

func TestPool_GivesEachKeyOnceAndStopsWithItsContext(t *testing.T) {
	t.Parallel()
	pool := jose.NewPool(2)
	ctx, stop := context.WithCancel(t.Context())
	var filling sync.WaitGroup
	filling.Go(func() { pool.Fill(ctx) })
	seen := map[string]bool{}
	for _, alg := range []jose.Alg{jose.RS256, jose.ES256, jose.RS256, jose.EdDSA, jose.RS256} {
		key, err := pool.Get(t.Context(), alg)
		require.NoError(t, err)
		require.Equal(t, alg, key.Alg())
		require.False(t, seen[key.ID()])
		seen[key.ID()] = true
	}
	stop()
	filling.Wait()

	_, err := pool.Get(ctx, jose.ES256)
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzParsePrivate(f *testing.F) {
	for _, alg := range []jose.Alg{jose.ES256, jose.EdDSA} {
		key, err := jose.Generate(alg)
		require.NoError(f, err)
		raw, err := key.MarshalPrivate()
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add([]byte(`{"kty":"RSA","kid":"a","n":"AA","e":"AA","d":"AA"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		key, err := jose.ParsePrivate(raw)
		if err != nil {
			require.ErrorIs(t, err, jose.ErrNotAKey)
			return
		}
		token, err := key.Sign("JWT", map[string]any{"exp": 4102444800})
		require.NoError(t, err)
		set, err := jose.NewSet(key)
		require.NoError(t, err)
		_, err = set.Verify(token, time.Unix(1, 0), jose.Validation{})
		require.NoError(t, err, "a key that is accepted works")
	})
}
