package bundle_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
)

var golden = flag.Bool("golden", false, "write testdata/format-1.lktenant anew: never, once that format was released")

// passphrase opens the bundles in testdata: there is nothing in them that is anybody's.
const passphrase = "open sesame, golden file"

// A bundle that was made with the first version of the format is imported by every version that follows, on every database.
func TestBundle_OfFormat1IsImported(t *testing.T) {
	t.Parallel()

	const name = "testdata/format-1.lktenant"
	if *golden {
		from := newPlace(t, "sqlite3", here)
		made := from.shop(t, "shop")
		var file bytes.Buffer
		e, err := from.room.Prepare(t.Context(), made.ID, bundle.ExportOptions{Lock: bundle.Lock{Passphrase: passphrase}})
		require.NoError(t, err)
		_, err = e.Write(t.Context(), tenants.ByCLI, &file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(name, file.Bytes(), 0o600))
	}
	file, err := os.ReadFile(name)
	require.NoError(t, err)
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		to := placeOn(t, st, elsewhere)
		done, err := to.room.Import(t.Context(), tenants.ByCLI, bytes.NewReader(file), bundle.ImportOptions{Key: bundle.Key{Passphrase: passphrase}})
		require.NoError(t, err)
		require.True(t, done.Created)
		require.Equal(t, 2, done.Rows["users"])
		ctx := scope.With(t.Context(), scope.Tenant(done.Tenant.ID))
		require.Equal(t, 1, to.store.Reader().WebauthnCredential.Query().CountX(ctx))
		require.Equal(t, 2, to.store.Reader().RecoveryCode.Query().CountX(ctx))
		require.NotEqual(t, uuid.Nil, done.Bundle)
	})
}
