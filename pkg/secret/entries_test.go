package secret_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

func TestKeyring_NamesItsSecretsByFingerprintsOnly(t *testing.T) {
	t.Parallel()
	const builtin = "abcedfghijklmnopqrstuvwxyz"
	ring := keyring(t, newest, builtin, older)
	entries := ring.Entries()

	require.Len(t, entries, 3)
	require.Equal(t, secret.Entry{Position: 0, Key: ring.CurrentKey()}, entries[0])
	require.Equal(t, secret.Entry{Position: 1, Legacy: true}, entries[1], "nothing is sealed under what everybody knows")
	require.Equal(t, keyring(t, older).CurrentKey(), entries[2].Key)
	require.True(t, ring.Has(entries[2].Key))
	require.False(t, keyring(t, newest).Has(entries[2].Key))
	require.Regexp(t, `^[0-9a-f]{8}$`, entries[0].Key.String())
}

func TestKeyOf_TellsWhichSecretSealedATextByItsHead(t *testing.T) {
	t.Parallel()
	ring := keyring(t, older)
	sealed := ring.Seal([]byte("x"), nil)

	id, ok := secret.KeyOf(sealed[:secret.HeadSize])
	require.True(t, ok)
	require.Equal(t, ring.CurrentKey(), id)
	id, ok = secret.KeyOfString(ring.SealString([]byte("x"), nil))
	require.True(t, ok)
	require.Equal(t, ring.CurrentKey(), id)
	for _, none := range [][]byte{nil, sealed[:4], []byte("\x02aaaaa")} {
		_, ok = secret.KeyOf(none)
		require.False(t, ok)
	}
	_, ok = secret.KeyOfString("no sealed text")
	require.False(t, ok)
}

func TestKeyring_ResealsUnderTheNewestSecretForTheSameOwner(t *testing.T) {
	t.Parallel()
	ring := keyring(t, newest, older)
	sealed := keyring(t, older).Seal([]byte("data"), []byte("kim"))

	again, err := ring.Reseal(sealed, []byte("kim"))
	require.NoError(t, err)
	opened, err := keyring(t, newest).Open(again, []byte("kim"))
	require.NoError(t, err)
	require.Equal(t, "data", string(opened))
	_, err = ring.Reseal(sealed, []byte("alex"))
	require.ErrorIs(t, err, secret.ErrUndecryptable)
}
