package secret

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vectors of the XAES-256-GCM specification (C2SP), one for each value of the top bit of the encrypted zero block.
func TestXAES_MatchesTheSpecification(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		key        byte
		aad, want  string
		plaintext  string
		nonceASCII string
	}{
		{0x01, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271", "XAES-256-GCM", "ABCDEFGHIJKLMNOPQRSTUVWX"},
		{0x03, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d", "XAES-256-GCM", "ABCDEFGHIJKLMNOPQRSTUVWX"},
	} {
		x, err := newXAES(bytes.Repeat([]byte{v.key}, 32))
		require.NoError(t, err)
		sealed := x.seal(nil, []byte(v.nonceASCII), []byte(v.plaintext), []byte(v.aad))
		require.Equal(t, v.want, hex.EncodeToString(sealed))
	}
}

func TestLegacy_MatchesThePublishedVector(t *testing.T) {
	t.Parallel()
	key := legacyKey("example-secret-0123456789")
	require.Equal(t, "4f13ae3670486783ad4099e31b556b46972970a63520df783271fb2f5a46abce", hex.EncodeToString(key))

	nonce, err := hex.DecodeString("000102030405060708090a0b")
	require.NoError(t, err)
	require.Equal(t, "AAECAwQFBgcICQoLoi42Q7D5lLonVPWMHrmGOeWB2WRb53XZFM6xhHnD96BF", sealLegacy(key, nonce, []byte(`{"hello":"world"}`)))
}

// A secret that everybody knows must not open what we sealed ourselves: anybody could forge it.
func TestOpen_RefusesWhatAWellKnownSecretSealed(t *testing.T) {
	t.Parallel()
	const builtin = "abcedfghijklmnopqrstuvwxyz"
	ring, err := NewKeyring([]string{"Nf3vWq0xZt7LmB2kRy8uHc5s", builtin})
	require.NoError(t, err)
	forger, err := newMasterKey(builtin)
	require.NoError(t, err)

	_, err = ring.Open(forger.seal([]byte("forged"), nil), nil)
	require.ErrorIs(t, err, ErrUndecryptable)

	opened, err := ring.OpenLegacy(sealLegacy(legacyKey(builtin), make([]byte, 12), []byte("adopted")))
	require.NoError(t, err)
	require.Equal(t, "adopted", string(opened))
}

func TestOpen_TriesEverySecretThatSharesTheKeyID(t *testing.T) {
	t.Parallel()
	ring, err := NewKeyring([]string{"Nf3vWq0xZt7LmB2kRy8uHc5s", "pG4jXe9dTa6QoV1nKi7wSz3b"})
	require.NoError(t, err)
	ring.keys[0].id = ring.keys[1].id

	opened, err := ring.Open(ring.keys[1].seal([]byte("data"), nil), nil)
	require.NoError(t, err)
	require.Equal(t, "data", string(opened))
}
