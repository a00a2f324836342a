package isolation_test

import (
	"crypto/rand"
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// What is sealed in a row is worth nothing in a row of another tenant, even under the same id: whoever can write to the database cannot lend one
// tenant the secrets of another.
func TestSeals_OpenForNoOtherTenant(t *testing.T) {
	t.Parallel()
	keyring, err := secret.NewKeyring([]string{rand.Text() + rand.Text()})
	require.NoError(t, err)
	mine, theirs, row := uuid.New(), uuid.New(), uuid.New()
	opens := func(bound func(tenant uuid.UUID) []byte) func(t *testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			sealed := keyring.Seal([]byte("a secret"), bound(mine))
			plain, err := keyring.Open(sealed, bound(mine))
			require.NoError(t, err)
			require.Equal(t, "a secret", string(plain))
			_, err = keyring.Open(sealed, bound(theirs))
			require.ErrorIs(t, err, secret.ErrUndecryptable)
		}
	}
	t.Run("signing keys", opens(func(tenant uuid.UUID) []byte { return tenants.KeySealedFor(tenant, "kid", 1) }))
	t.Run("secrets of webhooks", opens(func(tenant uuid.UUID) []byte { return webhook.SealedFor(tenant, row) }))
	t.Run("keys of SAML certificates", opens(func(tenant uuid.UUID) []byte { return saml.SealedFor(tenant, row) }))
	t.Run("authenticator apps", opens(func(tenant uuid.UUID) []byte { return totp.SealedFor(tenant, row) }))
	t.Run("recovery codes", opens(func(tenant uuid.UUID) []byte { return recoverycode.SealedFor(tenant, row) }))
	t.Run("secrets of configurations", opens(func(tenant uuid.UUID) []byte {
		var bound []byte
		_, err := tenants.RewriteSealed(tenant, json.RawMessage(`{"email_delivery":{"smtp":{"password":"sealed"}}}`), func(sealed string, aad []byte) string {
			bound = aad
			return sealed
		})
		require.NoError(t, err)
		require.NotEmpty(t, bound)
		return bound
	}))
}
