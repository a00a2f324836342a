package secret_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

const (
	newest = "Nf3vWq0xZt7LmB2kRy8uHc5s"
	older  = "pG4jXe9dTa6QoV1nKi7wSz3b"
	legacy = "example-secret-0123456789" // of a published test vector
)

func keyring(t testing.TB, secrets ...string) *secret.Keyring {
	t.Helper()
	ring, err := secret.NewKeyring(secrets)
	require.NoError(t, err)
	return ring
}

func TestKeyring_OpensWhatItSealedOnlyForTheSameOwner(t *testing.T) {
	t.Parallel()
	ring := keyring(t, newest)

	for _, plaintext := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("long "), 5000)} {
		sealed := ring.Seal(plaintext, []byte("tenant a"))
		require.Len(t, sealed, len(plaintext)+45)

		opened, err := ring.Open(sealed, []byte("tenant a"))
		require.NoError(t, err)
		require.Equal(t, string(plaintext), string(opened))

		_, err = ring.Open(sealed, []byte("tenant b"))
		require.ErrorIs(t, err, secret.ErrUndecryptable)
		_, err = ring.Open(sealed, nil)
		require.ErrorIs(t, err, secret.ErrUndecryptable)
	}
}

func TestKeyring_SealingTwiceGivesDifferentTexts(t *testing.T) {
	t.Parallel()
	ring := keyring(t, newest)
	require.NotEqual(t, ring.Seal([]byte("same"), nil), ring.Seal([]byte("same"), nil))
}

func TestKeyring_RefusesEveryChangedBitAndEveryCutText(t *testing.T) {
	t.Parallel()
	ring := keyring(t, newest, older)
	sealed := ring.Seal([]byte("payload"), []byte("aad"))

	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			_, err := ring.Open(changed, []byte("aad"))
			require.ErrorIs(t, err, secret.ErrUndecryptable, "byte %d bit %d", i, bit)
		}
		_, err := ring.Open(sealed[:i], []byte("aad"))
		require.ErrorIs(t, err, secret.ErrUndecryptable, "cut at %d", i)
	}
	_, err := ring.Open(append(bytes.Clone(sealed), 0), []byte("aad"))
	require.ErrorIs(t, err, secret.ErrUndecryptable)
}

func TestKeyring_RotationKeepsOldDataReadable(t *testing.T) {
	t.Parallel()
	before, during, after := keyring(t, older), keyring(t, newest, older), keyring(t, newest)
	old := before.SealString([]byte("data"), nil)

	opened, err := during.OpenString(old, nil)
	require.NoError(t, err)
	require.Equal(t, "data", string(opened))

	fresh := during.Seal([]byte("data"), nil)
	require.True(t, during.Current(fresh))
	require.False(t, during.Current(before.Seal(nil, nil)), "a text under an old secret wants to be sealed anew")
	_, err = after.Open(fresh, nil)
	require.NoError(t, err, "the newest secret encrypts")

	_, err = after.OpenString(old, nil)
	require.ErrorIs(t, err, secret.ErrUndecryptable, "a removed secret no longer decrypts")
}

func TestKeyring_WrapsAsKMS(t *testing.T) {
	t.Parallel()
	var kms secret.KMS = keyring(t, newest)

	wrapped, err := kms.Wrap(t.Context(), []byte("private key"), []byte("tenant|kid|1"))
	require.NoError(t, err)
	unwrapped, err := kms.Unwrap(t.Context(), wrapped, []byte("tenant|kid|1"))
	require.NoError(t, err)
	require.Equal(t, "private key", string(unwrapped))
	_, err = kms.Unwrap(t.Context(), wrapped, []byte("tenant|kid|2"))
	require.ErrorIs(t, err, secret.ErrUndecryptable)
}

func TestKeyring_DerivesIndependentKeysPerPurposeAndSecret(t *testing.T) {
	t.Parallel()
	ring := keyring(t, newest, older)

	passcodes := ring.Derive("passcode")
	require.Len(t, passcodes, 32)
	require.Equal(t, passcodes, ring.Derive("passcode"))
	require.NotEqual(t, passcodes, ring.Derive("handle"))
	require.Equal(t, [][]byte{passcodes, keyring(t, older).Derive("passcode")}, ring.DeriveAll("passcode"))
}

func TestNewKeyring_RefusesSecretsThatProtectNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		secrets []string
		reason  error
	}{
		"no list":                  {nil, secret.ErrMissing},
		"empty list":               {[]string{}, secret.ErrMissing},
		"empty first":              {[]string{"", older}, secret.ErrMissing},
		"15 bytes":                 {[]string{"Nf3vWq0xZt7LmB2"}, secret.ErrShort},
		"short later entry":        {[]string{newest, "short"}, secret.ErrShort},
		"built-in default":         {[]string{"abcedfghijklmnopqrstuvwxyz"}, secret.ErrWellKnown},
		"built-in default, spaced": {[]string{" ABCEDFGHIJKLMNOPQRSTUVWXYZ\n"}, secret.ErrWellKnown},
		"our own example":          {[]string{"at-least-sixteen-characters"}, secret.ErrWellKnown},
		"placeholder":              {[]string{"please-CHANGE-ME-0123456789"}, secret.ErrWellKnown},
		"one character":            {[]string{strings.Repeat("x", 40)}, secret.ErrWellKnown},
		"few characters":           {[]string{"abcdabcdaabbccddabcd"}, secret.ErrWellKnown},
		"repeated word":            {[]string{strings.Repeat("latch42", 3)}, secret.ErrWellKnown},
		"alphabet":                 {[]string{"abcdefghijklmnop"}, secret.ErrWellKnown},
		"hex digits twice":         {[]string{"0123456789abcdef0123456789ABCDEF"}, secret.ErrWellKnown},
		"digits":                   {[]string{"1234567890123456"}, secret.ErrWellKnown},
		"keyboard row":             {[]string{"qwertyuiopasdfgh"}, secret.ErrWellKnown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := secret.NewKeyring(test.secrets)
			require.ErrorIs(t, err, test.reason)
			var keyError *secret.KeyError
			require.ErrorAs(t, err, &keyError)
			require.Contains(t, err.Error(), "openssl rand", "the message says what to do")
			for _, s := range test.secrets {
				if s != "" && s != "short" {
					require.NotContains(t, err.Error(), strings.TrimSpace(s))
				}
			}
		})
	}
}

func TestNewKeyring_AcceptsGoodSecrets(t *testing.T) {
	t.Parallel()
	for _, good := range []string{newest, older, secret.Generate(), "f3a91c0e7b5d2846", "Zo7dKq1xQe9sRb4t "} {
		require.Empty(t, keyring(t, good).Warnings())
	}
}

func TestNewKeyring_AWellKnownLaterSecretOnlyReadsAdoptedData(t *testing.T) {
	t.Parallel()
	const builtin = "abcedfghijklmnopqrstuvwxyz"
	ring := keyring(t, newest, builtin)

	require.Len(t, ring.Warnings(), 1)
	require.Contains(t, ring.Warnings()[0], "entry 2")
	require.Len(t, ring.DeriveAll("passcode"), 1, "what everybody can derive must not verify anything")
}

func TestKeyring_ReadsTheLegacyScheme(t *testing.T) {
	t.Parallel()
	const vector = "AAECAwQFBgcICQoLoi42Q7D5lLonVPWMHrmGOeWB2WRb53XZFM6xhHnD96BF"
	ring := keyring(t, newest, older, legacy)

	opened, err := ring.OpenLegacy(vector)
	require.NoError(t, err)
	require.JSONEq(t, `{"hello":"world"}`, string(opened))

	_, err = keyring(t, newest, older).OpenLegacy(vector)
	require.ErrorIs(t, err, secret.ErrUndecryptable)
	for _, bad := range []string{"", "AAEC", "not base64!", vector[:len(vector)-4], "B" + vector[1:]} {
		_, err = ring.OpenLegacy(bad)
		require.ErrorIs(t, err, secret.ErrUndecryptable, bad)
	}

	opened, err = keyring(t, older, newest).OpenLegacy(ring.SealLegacy([]byte("key")))
	require.NoError(t, err)
	require.Equal(t, "key", string(opened))
}

func FuzzKeyring_Open(f *testing.F) {
	ring := keyring(f, newest, older)
	f.Add([]byte{}, []byte{})
	f.Add(ring.Seal([]byte("x"), []byte("a text to which no change of one letter comes")), []byte("b"))
	f.Add([]byte("\x01aaaabbbbbbbbbbbbbbbbbbbbbbbbcccccccccccccccc"), []byte(nil))
	f.Fuzz(func(t *testing.T, sealed, aad []byte) {
		_, err := ring.Open(sealed, aad)
		require.ErrorIs(t, err, secret.ErrUndecryptable, "nobody can guess a sealed text")
		_, err = ring.OpenString(string(sealed), aad)
		require.ErrorIs(t, err, secret.ErrUndecryptable)
		_, err = ring.OpenLegacy(string(sealed))
		require.ErrorIs(t, err, secret.ErrUndecryptable)

		opened, err := ring.Open(ring.Seal(sealed, aad), aad)
		require.NoError(t, err)
		require.True(t, bytes.Equal(sealed, opened))
	})
}

func BenchmarkKeyring(b *testing.B) {
	ring := keyring(b, newest, older)
	plaintext, aad := bytes.Repeat([]byte("x"), 400), []byte("tenant|login")
	sealed := ring.Seal(plaintext, aad)
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			ring.Seal(plaintext, aad)
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := ring.Open(sealed, aad); err != nil {
				b.Fatal(err)
			}
		}
	})
}
