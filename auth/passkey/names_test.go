package passkey_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passkey"
)

func TestCredential_IsNamedAfterItsAuthenticator(t *testing.T) {
	t.Parallel()

	for aaguid, name := range map[string]string{
		"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain",
		"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
		"fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
		"fcb1bcb4-f370-078c-6993-bc24d0ae3fbe": "Ledger Nano X",
		"00000000-0000-0000-0000-000000000000": "",
		"11111111-2222-4333-8444-555555555555": "",
	} {
		require.Equal(t, name, passkey.Models(nil).Name(uuid.MustParse(aaguid)), aaguid)
	}
}

func TestModels_OfAFileTakeThePlaceOfOurs(t *testing.T) {
	t.Parallel()

	models, err := passkey.ReadModels([]byte(`{"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": {"name": "A phone", "icon_light": "x"}, "11111111-2222-4333-8444-555555555555": {}}`))
	require.NoError(t, err)
	require.Equal(t, "A phone", models.Name(uuid.MustParse("fbfc3007-154e-4ecc-8c0b-6e020557d7bd")))
	require.Empty(t, models.Name(uuid.MustParse("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")))
	for _, broken := range []string{``, `[]`, `{"x": {"name": "y"}}`, `{"11111111-2222-4333-8444-555555555555": 7}`} {
		_, err := passkey.ReadModels([]byte(broken))
		require.Error(t, err, broken)
	}
}
