package bundle_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/tenants"
)

// TestBundle_OfManyPeopleTakesLittleMemory moves 5,000 people; with LATCHKEEP_TEST_SCALE_USERS as many as that says, and tells how long it takes.
func TestBundle_OfManyPeopleTakesLittleMemory(t *testing.T) {
	n := 5_000
	if text := os.Getenv("LATCHKEEP_TEST_SCALE_USERS"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	from, to := newPlace(t, "sqlite3", here), newPlace(t, "sqlite3", elsewhere)
	made, err := from.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "shop"})
	require.NoError(t, err)
	from.many(t, made.ID, n)

	name := filepath.Join(t.TempDir(), "shop.lktenant")
	file, err := os.Create(name)
	require.NoError(t, err)
	begun := time.Now()
	peak := memoryDuring(func() {
		e, err := from.room.Prepare(t.Context(), made.ID, bundle.ExportOptions{Lock: forUs()})
		require.NoError(t, err)
		_, err = e.Write(t.Context(), tenants.ByCLI, file)
		require.NoError(t, err)
	})
	size, err := file.Seek(0, io.SeekCurrent)
	require.NoError(t, err)
	t.Logf("export of %d people: %s, %d MB, %d MB of heap at most", n, time.Since(begun).Round(time.Millisecond), size>>20, peak>>20)
	require.Less(t, peak, uint64(64<<20), "memory does not grow with the tenant")

	_, err = file.Seek(0, io.SeekStart)
	require.NoError(t, err)
	begun = time.Now()
	peak = memoryDuring(func() {
		done, err := to.room.Import(t.Context(), tenants.ByCLI, file, bundle.ImportOptions{Key: ours()})
		require.NoError(t, err)
		require.Equal(t, n, done.Rows["users"])
	})
	t.Logf("import of %d people: %s, %d MB of heap at most", n, time.Since(begun).Round(time.Millisecond), peak>>20)
	require.Less(t, peak, uint64(64<<20), "memory does not grow with the tenant")
	require.NoError(t, file.Close())
}

// memoryDuring is the most that the heap grows while f runs.
func memoryDuring(f func()) uint64 {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before := heap()
	var peak atomic.Uint64
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if now := heap(); now > before && now-before > peak.Load() {
					peak.Store(now - before)
				}
			}
		}
	}()
	f()
	close(done)
	<-watched
	return peak.Load()
}

// many adds people with an address, a password and a passkey each.
func (p *place) many(t testing.TB, id uuid.UUID, n int) {
	t.Helper()
	at := p.clock.Now().Truncate(time.Microsecond)
	format := int(password.FormatOf(bcrypt))
	for ; n > 0; n -= 1000 {
		var users []*ent.User
		var emails []*ent.Email
		var hashes []*ent.PasswordCredential
		var keys []*ent.WebauthnCredential
		for range min(n, 1000) {
			u := uuid.Must(uuid.NewV7())
			users = append(users, &ent.User{ID: u, Name: "Kim", CreatedAt: at, UpdatedAt: at})
			emails = append(emails, &ent.Email{ID: uuid.Must(uuid.NewV7()), UserID: &u, Address: u.String() + "@shop.example", IsVerified: true, PrimaryOf: &u, CreatedAt: at, UpdatedAt: at})
			hashes = append(hashes, &ent.PasswordCredential{ID: uuid.Must(uuid.NewV7()), UserID: u, Hash: bcrypt, Format: format, CreatedAt: at, UpdatedAt: at})
			keys = append(keys, &ent.WebauthnCredential{
				ID: uuid.Must(uuid.NewV7()), UserID: u, CredentialID: u[:], CredentialHash: hash(string(u[:])), PublicKey: bytes.Repeat([]byte("k"), 77),
				AttestationType: "none", Transports: []string{"internal"}, CreatedAt: at, UpdatedAt: at,
			})
		}
		require.NoError(t, p.store.Do(t.Context(), scope.Tenant(id), func(ctx context.Context, tx *store.Tx) error {
			for _, err := range []error{
				tx.Raw.InsertUsers(ctx, users), tx.Raw.InsertEmails(ctx, emails), tx.Raw.InsertPasswords(ctx, hashes), tx.Raw.InsertCredentials(ctx, keys),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
}
