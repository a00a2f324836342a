package public_test

import (
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestReplicas_ARevokedSessionIsRefusedByAll(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		other := env.Replica(t)
		shop := env.Tenant(t, "shop", `{"session": {"limit": 2}, `+passwords+`}`)
		kim := newKim(t, shop)
		first, second := kim.SignIn(t), kim.SignIn(t)
		elsewhere := shop.On(other)
		require.True(t, elsewhere.Accepts(t, first.Token), "both remember it")
		require.True(t, elsewhere.Accepts(t, second.Token))
		require.True(t, first.Valid(t))

		require.Equal(t, http.StatusNoContent, first.Logout(t).Status)
		require.False(t, first.Valid(t))
		require.Eventually(t, func() bool { return !elsewhere.Accepts(t, first.Token) }, 30*time.Second, 20*time.Millisecond)
		require.Equal(t, http.StatusUnauthorized, elsewhere.Client().Bearer(first.Token).Get(t, "/me").Status)
		require.True(t, elsewhere.Accepts(t, second.Token))

		// A session that the limit ends, as well.
		kim.On(elsewhere).SignIn(t)
		require.True(t, second.Valid(t))
		kim.On(elsewhere).SignIn(t)
		require.False(t, elsewhere.Accepts(t, second.Token))
		require.Eventually(t, func() bool { return !second.Valid(t) }, 30*time.Second, 20*time.Millisecond)
		require.Empty(t, env.Errors())
		require.Empty(t, other.Errors())
	})
}

func TestReplicas_WithRedisARevocationTakesNoSecond(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.WithRedis())
	other := env.Replica(t)
	shop := env.Tenant(t, "shop", `{"session": {"limit": 20}, `+passwords+`}`)
	kim := newKim(t, shop)
	elsewhere := shop.On(other)
	best := time.Hour
	for round := range 4 { // a slow machine must not be mistaken for waiting
		session := kim.SignIn(t)
		require.True(t, elsewhere.Accepts(t, session.Token))
		session.Logout(t)
		ended := time.Now()
		require.Eventually(t, func() bool { return !elsewhere.Accepts(t, session.Token) }, 30*time.Second, 10*time.Millisecond)
		if round > 0 { // the first may happen to meet a poll; the next begin just after one, if that is what they wait for
			best = min(best, time.Since(ended))
		}
	}
	require.Less(t, best, time.Second)
}

func TestReplicas_AFlowGoesOnAtAnyOfThem(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		other := env.Replica(t)
		shop := env.Tenant(t, "shop", `{"mfa": {"enabled": false}, "passkey": {"enabled": false}}`)
		elsewhere := shop.On(other)
		f := shop.Begin(t, "registration")
		hop := func(to *testenv.Tenant) {
			f.Client = to.Client()
		}
		hop(elsewhere)
		f.Do(t, "register_login_identifier", testenv.Inputs{"email": "kim@shop.example"})
		hop(shop)
		f.Do(t, "verify_passcode", testenv.Inputs{"code": shop.CodeTo(t, "kim@shop.example")})
		hop(elsewhere)
		require.Equal(t, "success", f.Do(t, "register_password", testenv.Inputs{"new_password": testenv.Password}).Name)
		require.True(t, shop.Accepts(t, f.OpenSession(t).Token))
	})
}

func TestReplicas_NoOtherSpellingOfATokenOutlivesIt(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	other := env.Replica(t)
	shop := env.Tenant(t, "shop", `{`+passwords+`}`)
	session := newKim(t, shop).SignIn(t)
	all := append(spellings(t, session.Token), session.Token)
	accepts := func(at *testenv.Tenant, token string) bool {
		r := at.Client().PostJSON(t, "/sessions/validate", map[string]string{"session_token": token})
		return string(r.Body) != `{"is_valid":false}`
	}
	for range 2 {
		for _, token := range all { // whether they are accepted or not, they may be remembered
			accepts(shop, token)
			accepts(shop.On(other), token)
		}
	}
	require.True(t, session.Valid(t))

	session.Logout(t)
	for _, token := range all {
		require.False(t, accepts(shop, token), token)
		require.Eventually(t, func() bool { return !accepts(shop.On(other), token) }, 30*time.Second, 20*time.Millisecond, token)
	}
	for _, token := range all {
		require.False(t, accepts(shop, token), token)
		require.False(t, accepts(shop.On(other), token), token)
	}
}

// spellings are other texts that a lax reader takes for the token: the twin signature of ECDSA, and base64 with bits, signs or padding that
// decode to the same bytes.
func spellings(t *testing.T, token string) []string {
	t.Helper()
	cut := strings.LastIndex(token, ".")
	signed, signature := token[:cut+1], token[cut+1:]
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	require.NoError(t, err)
	require.Len(t, raw, 64, "ES256")
	order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	twin := new(big.Int).Sub(order, new(big.Int).SetBytes(raw[32:]))
	twisted := append(append([]byte(nil), raw[:32]...), twin.FillBytes(make([]byte, 32))...)
	list := []string{
		signed + base64.RawURLEncoding.EncodeToString(twisted),
		signed + signature + "==",
		signed + signature + "\n",
		strings.Replace(token, ".", "=.", 1),
		token + ".",
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, signature[len(signature)-1])
	return append(list, signed+signature[:len(signature)-1]+string(alphabet[last|1]), signed+signature[:len(signature)-1]+string(alphabet[last|15]))
}
