package password_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/latchkeep/latchkeep/pkg/password"
)

// The vectors of the import format: one made for it, and Firebase's published example.
const (
	firebaseOwn = "$fbscrypt$v=1,n=12,r=8,p=1,ss=Bw==,sk=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==" +
		"$c3BlYy1zYWx0LTAx$3YNDvw1CkvYol72BG5qwTDVV6vU7wbLfPDreeHQKVG1WUjtWwNKJ+EMY2Cp+ZuPiR558VhIH5p53yTJ9SqUYAg=="
	firebasePublished = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==" +
		"$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)

func verify(t *testing.T, encoded, plain string) password.Result {
	t.Helper()
	result, err := password.New(password.Options{}).Verify(t.Context(), "tenant", encoded, plain)
	require.NoError(t, err)
	return result
}

func argonText(memory, time uint32, threads uint8, salt, key int) string {
	raw := argon2.IDKey([]byte("hunter2"), make([]byte, salt), time, memory, threads, uint32(key))
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, time, threads, encode(make([]byte, salt)), encode(raw))
}

func bcryptText(t testing.TB, plain string, cost int) string {
	raw, err := bcrypt.GenerateFromPassword([]byte(plain), cost)
	require.NoError(t, err)
	return string(raw)
}

func TestHash_IsArgon2idAndMatchesOnlyItsPassword(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{})
	for _, plain := range []string{"", "пароль🐎 a\x00b", strings.Repeat("x", 5000)} {
		encoded, err := h.Hash(t.Context(), "tenant", plain)
		require.NoError(t, err)
		require.Regexp(t, `^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, encoded)
		require.Equal(t, password.Argon2id, password.FormatOf(encoded))
		require.NoError(t, password.Check(encoded))

		require.Equal(t, password.Result{OK: true}, verify(t, encoded, plain))
		require.Equal(t, password.Result{}, verify(t, encoded, plain+"x"))
	}
	one, err := h.Hash(t.Context(), "tenant", "same")
	require.NoError(t, err)
	two, err := h.Hash(t.Context(), "tenant", "same")
	require.NoError(t, err)
	require.NotEqual(t, one, two)
}

func TestVerify_AsksToReplaceWeakerArgon2idOnly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		encoded string
		rehash  bool
	}{
		{argonText(19456, 2, 1, 16, 32), false},
		{argonText(65536, 3, 4, 16, 32), false},
		{argonText(19456, 1, 1, 16, 32), true},
		{argonText(8192, 3, 1, 16, 32), true},
		{argonText(19456, 2, 1, 16, 16), true},
		{argonText(19456, 2, 1, 8, 32), true},
	} {
		require.Equal(t, password.Result{OK: true, Rehash: test.rehash}, verify(t, test.encoded, "hunter2"), test.encoded)
		require.Equal(t, password.Result{}, verify(t, test.encoded, "hunter3"), "a wrong password never asks to be hashed")
	}
}

func TestVerify_AcceptsBcryptOfEveryMinorVersionAndAsksForANewHash(t *testing.T) {
	t.Parallel()
	encoded := bcryptText(t, "hunter2", bcrypt.MinCost)
	for _, version := range []string{"$2$", "$2a$", "$2b$", "$2x$", "$2y$"} {
		require.Equal(t, password.Result{OK: true, Rehash: true}, verify(t, version+encoded[4:], "hunter2"), version)
		require.Equal(t, password.Result{}, verify(t, version+encoded[4:], "hunter3"), version)
	}
	// A published vector of the OpenBSD function.
	require.True(t, verify(t, "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U").OK)
}

func TestVerify_BcryptLooksAtTheFirst72BytesArgonAtAll(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 72)
	encoded := bcryptText(t, long, bcrypt.MinCost)
	require.True(t, verify(t, encoded, long).OK)
	require.True(t, verify(t, encoded, long+"anything").OK)
	require.False(t, verify(t, encoded, long[:71]).OK)

	encoded, err := password.New(password.Options{}).Hash(t.Context(), "tenant", long)
	require.NoError(t, err)
	require.False(t, verify(t, encoded, long+"anything").OK)
}

func TestVerify_AcceptsFirebaseScrypt(t *testing.T) {
	t.Parallel()
	require.Equal(t, password.Result{OK: true, Rehash: true}, verify(t, firebaseOwn, "Tr0ub4dor&3"))
	require.Equal(t, password.Result{OK: true, Rehash: true}, verify(t, firebasePublished, "user1password"))
	require.Equal(t, password.Result{}, verify(t, firebasePublished, "user2password"))
	require.Equal(t, password.Result{}, verify(t, strings.Replace(firebaseOwn, "ss=Bw==,", "", 1), "Tr0ub4dor&3"), "the separator counts")
}

func TestVerify_AMalformedOrMonstrousHashMatchesNothing(t *testing.T) {
	t.Parallel()
	const salt, key = "bGF0Y2hrZWVwIGR1bW15IQ", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	h := password.New(password.Options{})
	rest := strings.Repeat(".", 53)
	for _, encoded := range []string{
		"", "plain", "$", "$$$$$", "$2a$", "$2a$12$short", "$2a$31$" + rest, "$2a$17$" + rest, "$2a$03$" + rest, "$2a$1$" + rest, "$2aa$12$" + rest,
		"$1a$12$" + rest, "$2a$12$" + rest + ".", "$2a$12$" + strings.Repeat("!", 53), "$2a$12$" + rest + "\n",
		"$fbscrypt$", "$fbscrypt$v=1$AA==$AA==", "$fbscrypt$v=2,n=1,r=1,p=1$AA==$AA==", "$fbscrypt$n=1,r=1,p=1$AA==$AA==",
		"$fbscrypt$v=1,n=0,r=1,p=1$AA==$AA==", "$fbscrypt$v=1,n=-1,r=1,p=1$AA==$AA==", "$fbscrypt$v=1,n=1,r=1,p=1$AA==$", "$fbscrypt$v=1,n=1,r=1,p=1$*$AA==",
		"$fbscrypt$v=1,n=1,r=1,p=1,x=1$AA==$AA==", "$fbscrypt$v=1,n=1,n=2,r=1,p=1$AA==$AA==", "$fbscrypt$v=1,n=1,r=1,p=1,sk=A$AA==$AA==",
		"$fbscrypt$v=1,n=21,r=1,p=1$AA==$AA==", "$fbscrypt$v=1,n=63,r=8,p=1$AA==$AA==", "$fbscrypt$v=1,n=14,r=65,p=1$AA==$AA==",
		"$fbscrypt$v=1,n=14,r=8,p=17$AA==$AA==", "$fbscrypt$v=1,n=20,r=64,p=16$AA==$AA==", "$fbscrypt$v=1,n=18,r=8,p=16$AA==$AA==",
		"$fbscrypt$v=1,n=99999999999999999999,r=8,p=1$AA==$AA==", "$fbscrypt$v=1,n=1,r=1,p=1$AA==$" + strings.Repeat("A", 8000),
		"$argon2id$v=19$m=262145,t=1,p=1$" + salt + "$" + key, "$argon2id$v=19$m=4194304,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=11,p=1$" + salt + "$" + key, "$argon2id$v=19$m=19456,t=2,p=17$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=2,p=1,x=1$" + salt + "$" + key, "$argon2id$v=19$t=2,m=19456,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=2$" + salt + "$" + key, "$argon2id$v=19$m=+19456,t=2,p=1$" + salt + "$" + key, "$argon2id$v=19$m=019456,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=0,p=1$" + salt + "$" + key, "$argon2id$v=19$m=19456,t=2,p=0$" + salt + "$" + key, "$argon2id$v=19$m=7,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + key, "$argon2i$v=19$m=19456,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=2,p=1$AAAA$" + key, "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$AAAA", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$",
		"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key + "$", "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + strings.Repeat("A", 172),
	} {
		require.Error(t, password.Check(encoded), encoded)
		require.Equal(t, password.Unknown, password.FormatOf(encoded), encoded)
		if encoded != "" {
			require.NotContains(t, password.Check(encoded).Error(), encoded+"\"")
		}
	}
	for _, encoded := range []string{"", "$2a$31$" + rest, "$fbscrypt$v=1,n=63,r=8,p=1$AA==$AA==", "$argon2id$v=19$m=4194304,t=2,p=1$" + salt + "$" + key} {
		got, err := h.Verify(t.Context(), "tenant", encoded, "x")
		require.NoError(t, err)
		require.Equal(t, password.Result{}, got, encoded)
	}
}

func TestFormats_AreOrderedByCost(t *testing.T) {
	t.Parallel()
	var formats []password.Format
	for _, encoded := range []string{
		"unknown",
		"$2a$08$" + strings.Repeat(".", 53),                // 15 ms
		"$fbscrypt$v=1,n=12,r=8,p=1$AA==$AA==",             // 12 ms
		argonText(19456, 2, 1, 16, 32),                     // 34 ms
		"$fbscrypt$v=1,n=14,r=8,p=1$AA==$AA==",             // 49 ms
		"$2a$10$" + strings.Repeat(".", 53),                // 59 ms
		argonText(65536, 3, 1, 16, 32),                     // 170 ms
		"$2a$12$" + strings.Repeat(".", 53),                // 236 ms
		"$fbscrypt$v=1,n=17,r=8,p=1,ss=Bw==,sk=$AA==$AA==", // 390 ms
		"$2b$13$" + strings.Repeat(".", 53),                // 470 ms
		"$2y$16$" + strings.Repeat("A", 53),                // 3.8 s
	} {
		formats = append(formats, password.FormatOf(encoded))
	}
	formats[1], formats[2] = formats[2], formats[1]
	require.True(t, slices.IsSorted(formats), "%v", formats)
	require.Equal(t, len(formats), len(slices.Compact(slices.Clone(formats))))
	require.Equal(t, password.Unknown, formats[0])
	require.Equal(t, password.Argon2id, formats[3])
	require.Equal(t, "bcrypt 12", formats[7].String())
	require.Equal(t, "argon2id m=65536,t=3,p=1", formats[6].String())
	require.Equal(t, "firebase-scrypt n=14,r=8,p=1", formats[4].String())
	require.Equal(t, "unknown", formats[0].String())
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$bGF0Y2hrZWVwIGR1bW15IQ$AAAAAAAAAAAAAAAAAAAAAA", "x")
	f.Add("$fbscrypt$v=1,n=1,r=1,p=1$AA==$AA==", "x")
	f.Add("$2a$04$"+strings.Repeat(".", 53), "x")
	h := password.New(password.Options{})
	f.Fuzz(func(t *testing.T, encoded, plain string) {
		format := password.FormatOf(encoded)
		require.Equal(t, password.Check(encoded) != nil, format == password.Unknown)
		require.GreaterOrEqual(t, format, password.Unknown)
		if format == password.Unknown || format > password.Argon2id/100 {
			return // too slow to fuzz; the rest is parsed all the same
		}
		_, err := h.Verify(t.Context(), "tenant", encoded, plain)
		require.NoError(t, err)
	})
}

func BenchmarkVerify(b *testing.B) {
	h := password.New(password.Options{})
	for name, encoded := range map[string]string{
		"argon2id": argonText(19456, 2, 1, 16, 32), "bcrypt10": bcryptText(b, "hunter2", 10), "firebase14": firebasePublished,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := h.Verify(b.Context(), "tenant", encoded, "hunter2"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHash(b *testing.B) {
	h := password.New(password.Options{})
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "tenant", "correct horse"); err != nil {
			b.Fatal(err)
		}
	}
}
