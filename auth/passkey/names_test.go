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
		c := passkey.Credential{AAGUID: uuid.MustParse(aaguid)}
		require.Equal(t, name, c.Shown(start).Name, aaguid)
	}
}
