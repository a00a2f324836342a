package password_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/latchkeep/latchkeep/pkg/password"
)

func TestHash_IsArgon2idAndMatchesOnlyItsPassword(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{})
	encoded, err := h.Hash(t.Context(), "a", "correct horse")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$"))
	require.Equal(t, password.Argon2id, password.FormatOf(encoded))

	right, err := h.Verify(t.Context(), "a", encoded, "correct horse")
	require.NoError(t, err)
	wrong, err := h.Verify(t.Context(), "a", encoded, "wrong horse")
	require.NoError(t, err)

	require.Equal(t, password.Result{OK: true}, right)
	require.Equal(t, password.Result{}, wrong)
}

func TestVerify_AcceptsImportedHashesAndAsksForNewOnes(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{})
	long := strings.Repeat("x", 80)
	for _, plain := range []string{"hunter2 hunter2", long} {
		hash, err := bcrypt.GenerateFromPassword([]byte(plain[:min(len(plain), 72)]), bcrypt.MinCost)
		require.NoError(t, err)
		for _, minor := range []string{"$2a$", "$2b$", "$2y$"} {
			got, err := h.Verify(t.Context(), "a", minor+string(hash[4:]), plain)
			require.NoError(t, err)
			require.Equal(t, password.Result{OK: true, Rehash: true}, got, minor)
		}
	}
	// Firebase's published example.
	const firebase = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==" +
		"$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
	got, err := h.Verify(t.Context(), "a", firebase, "user1password")
	require.NoError(t, err)
	require.Equal(t, password.Result{OK: true, Rehash: true}, got)
	got, err = h.Verify(t.Context(), "a", firebase, "user2password")
	require.NoError(t, err)
	require.False(t, got.OK)
}

func TestVerify_AMalformedOrMonstrousHashMatchesNothing(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{})
	for _, encoded := range []string{
		"", "plain", "$2a$12$short", "$2a$31$abcdefghijklmnopqrstuuTBWVHZFWwY5bK0uYQ0yJrVv2VZ7nF2e", "$fbscrypt$v=1,n=99,r=8,p=1$AA==$AA==", "$fbscrypt$",
		"$argon2id$v=19$m=4194304,t=2,p=1$bGF0Y2hrZWVwIGR1bW15IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=19456,t=2,p=1,x=1$bGF0Y2hrZWVwIGR1bW15IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=19456,t=0,p=0$$",
	} {
		got, err := h.Verify(t.Context(), "a", encoded, "x")
		require.NoError(t, err)
		require.False(t, got.OK, encoded)
	}
}

func TestDummy_CostsWhatCheckingTheFormatCosts(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{})
	for _, f := range []password.Format{password.Argon2id, password.Firebase, password.BcryptLo, password.Bcrypt} {
		started := time.Now()
		require.NoError(t, h.Dummy(t.Context(), "a", f, "x"))
		require.Greater(t, time.Since(started), 5*time.Millisecond, f) // none of them is refused before hashing
	}
}

func TestHasher_RefusesMoreThanItsQueueAndServesEveryoneInTurn(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{Workers: 1, Queue: 4, MaxWait: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var busy, served int
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			_, err := h.Hash(ctx, "rush", "x")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				served++
				return
			}
			require.ErrorAs(t, err, new(*password.BusyError))
			busy++
		})
	}
	all.Wait()
	require.Positive(t, busy)
	require.GreaterOrEqual(t, served, 5)

	cancelled, stop := context.WithCancel(t.Context())
	stop()
	_, err := h.Hash(cancelled, "late", "x")
	require.ErrorIs(t, err, context.Canceled)
	_, err = h.Hash(t.Context(), "next", "x")
	require.NoError(t, err) // no place was lost
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$bGF0Y2hrZWVwIGR1bW15IQ$AAAAAAAAAAAAAAAAAAAAAA", "x")
	f.Add("$fbscrypt$v=1,n=1,r=1,p=1$AA==$AA==", "x")
	h := password.New(password.Options{})
	f.Fuzz(func(t *testing.T, encoded, plain string) {
		if strings.HasPrefix(encoded, "$2") {
			t.Skip("bcrypt is too slow to fuzz")
		}
		_, err := h.Verify(t.Context(), "a", encoded, plain)
		require.NoError(t, err)
	})
}

func BenchmarkHash(b *testing.B) {
	h := password.New(password.Options{})
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "a", "correct horse"); err != nil {
			b.Fatal(err)
		}
	}
}
