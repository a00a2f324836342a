package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestApple_MakesItsClientSecretWhereThereIsAKey(t *testing.T) {
	t.Parallel()

	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	public, err := jose.ParseES256PEM("the-key", []byte(text))
	require.NoError(t, err)
	set, err := jose.NewSet(public)
	require.NoError(t, err)

	clock := newClock()
	w := setupWith(t, needsAt(clock), func(tp *config.ThirdParty) {
		tp.Providers.Apple.Secret, tp.Providers.Apple.TeamID, tp.Providers.Apple.KeyID, tp.Providers.Apple.PrivateKey = "", "the-team", "the-key", text
	})
	seen := map[string]bool{}
	w.Get("apple").CheckSecret = func(secret string) bool {
		claims, err := set.Verify(secret, clock.now(), jose.Validation{Type: "JWT", Issuer: "the-team", Audience: "https://appleid.apple.com"})
		if err != nil || claims.Subject() != "client-apple" || claims.Expires().Sub(clock.now()) > time.Hour+time.Second {
			return false
		}
		seen[secret] = true
		return true
	}
	for range 3 {
		_, err = w.signIn(t, "apple")
		require.NoError(t, err)
	}
	require.Len(t, seen, 1, "made once")
	w.Get("apple").Change = func(claims map[string]any) { claims["exp"] = time.Now().Add(5 * time.Hour).Unix() }
	clock.advance(51 * 60)
	_, err = w.signIn(t, "apple")
	require.NoError(t, err)
	require.Len(t, seen, 2, "made anew before it expires")
}

func TestApple_WithAKeyThatIsNoneCannotBeAsked(t *testing.T) {
	t.Parallel()

	w := setup(t, func(tp *config.ThirdParty) { tp.Providers.Apple.PrivateKey = "secret-key" })
	_, err := w.provider(t, "apple").AuthorizationURL(t.Context(), request())
	refused(t, federation.InvalidRequest, err, "private_key")
}
