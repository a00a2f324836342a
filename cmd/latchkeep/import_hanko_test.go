package main_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// An oldHanko is a database of a Hanko of before there were tenants.
type oldHanko struct {
	url string
	db  *sql.DB
	kim uuid.UUID
	// token is of her session.
	token string
}

func newOldHanko(t testing.TB) *oldHanko {
	t.Helper()
	source := testdb.Empty(t, dialect.Postgres)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	h := &oldHanko{url: source.Raw(), db: db, kim: uuid.New()}
	for _, statement := range []string{
		"CREATE TABLE schema_migration (version varchar(14))",
		"CREATE TABLE users (id uuid PRIMARY KEY, created_at timestamp, updated_at timestamp)",
		"CREATE TABLE emails (id uuid PRIMARY KEY, user_id uuid, address varchar(255), verified boolean, created_at timestamp, updated_at timestamp)",
		"CREATE TABLE primary_emails (id uuid PRIMARY KEY, email_id uuid, user_id uuid, created_at timestamp, updated_at timestamp)",
		"CREATE TABLE password_credentials (id uuid PRIMARY KEY, user_id uuid, password varchar(255), created_at timestamp, updated_at timestamp)",
		"CREATE TABLE sessions (id uuid PRIMARY KEY, user_id uuid, expires_at timestamp, last_used timestamp, created_at timestamp, updated_at timestamp)",
		"CREATE TABLE jwks (id serial PRIMARY KEY, key_data text, created_at timestamp)",
	} {
		h.exec(t, statement)
	}
	key, err := jose.Generate(jose.RS256)
	require.NoError(t, err)
	private, err := key.MarshalPrivate()
	require.NoError(t, err)
	ring, err := secret.NewKeyring([]string{otherSecret})
	require.NoError(t, err)
	h.exec(t, "INSERT INTO jwks (key_data, created_at) VALUES ($1, now())", ring.SealLegacy(private))

	email, session := uuid.New(), uuid.New()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	h.exec(t, "INSERT INTO users VALUES ($1, now(), now())", h.kim)
	h.exec(t, "INSERT INTO emails VALUES ($1, $2, 'kim@shop.example', true, now(), now())", email, h.kim)
	h.exec(t, "INSERT INTO primary_emails VALUES ($1, $2, $3, now(), now())", uuid.New(), email, h.kim)
	h.exec(t, "INSERT INTO password_credentials VALUES ($1, $2, $3, now(), now())", uuid.New(), h.kim, string(hash))
	h.exec(t, "INSERT INTO sessions VALUES ($1, $2, now() + interval '1 day', now(), now(), now())", session, h.kim)
	h.token, err = key.Sign("JWT", map[string]any{
		"sub": h.kim.String(), "session_id": session.String(), "iat": time.Now().Add(-time.Hour).Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	require.NoError(t, err)
	return h
}

func (h *oldHanko) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	_, err := h.db.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err, statement)
}

func TestImportHanko_ASingleInstallationMovesWithItsFile(t *testing.T) {
	t.Parallel()

	old := newOldHanko(t)
	m, _ := hanko(t) // whose file has the old secret behind a new one
	m.must(t, "migrate", "up")
	require.Contains(t, m.must(t, "import", "hanko", "--database-url", old.url, "--dry-run"), "Nothing was written")
	said := m.must(t, "import", "hanko", "--database-url", old.url, "--report", "report.json")
	require.Regexp(t, `users +1 +1 +0`, said)
	require.Contains(t, said, "0 problems")

	raw, err := os.ReadFile(filepath.Join(m.dir, "report.json"))
	require.NoError(t, err)
	var report struct {
		Problems []any
		Report   struct {
			Tenants []struct {
				Counts map[string]struct{ Imported int }
			}
		}
	}
	require.NoError(t, json.Unmarshal(raw, &report), "%s", raw)
	require.Empty(t, report.Problems)
	require.Equal(t, 1, report.Report.Tenants[0].Counts["sessions"].Imported)
	var told struct {
		DryRun  bool `json:"dry_run"`
		Tenants []struct {
			Counts map[string]struct{ Imported, Present int }
		}
	}
	m.json(t, &told, "import", "hanko", "--database-url", old.url, "--dry-run")
	require.True(t, told.DryRun)
	require.Equal(t, 1, told.Tenants[0].Counts["users"].Present)
	require.Regexp(t, `users +1 +0 +1`, m.with("HANKO_DATABASE_URL="+old.url).must(t, "import", "hanko"), "again: nothing new")

	s := m.start(t, "serve")
	shop := browse(s.address(t, "public"), "http://shop.example")
	require.True(t, shop.valid(t, old.token), "she is still signed in")
	shop.fresh().signIn(t, "kim@shop.example")
	s.stop(t)
}

func TestImportHanko_RefusesWithTheReason(t *testing.T) {
	t.Parallel()

	old := newOldHanko(t)
	m := onDatabase(t, dialect.SQLite)
	url := []string{"import", "hanko", "--database-url", old.url}
	m.refuses(t, []string{"import", "hanko"}, "--database-url")
	m.refuses(t, url, "signing key 1", "every secret of the old installation")
	m.refuses(t, append(url, "--secrets", "too short"), "less than 16 bytes")
	m.refuses(t, append(url, "--tenant", "x"), "--tenant")
	m.refuses(t, append(url, "--slug", "x"), "ID=SLUG")
	m.refuses(t, append(url, "--skip", "users"), "cannot be left out")
	m.refuses(t, append(url, "--hanko-config", "nowhere.yaml"), "nowhere.yaml")
	m.refuses(t, []string{"import", "hanko", "--database-url", "postgres://kim:hunter2hunter2hunter2@127.0.0.1:1/x"}, "127.0.0.1:1")
	require.NotContains(t, m.must(t, "tenant", "list"), "0000")

	m.write(t, "old.yaml", "secrets: {keys: ["+otherSecret+"]}\nservice: {name: Corner Shop}\n")
	said := m.must(t, append(url, "--hanko-config", "old.yaml", "--slug", singleID+"=corner-shop", "--skip", "sessions")...)
	require.Contains(t, said, "1 tenants, 1 of them new")
	require.Contains(t, m.must(t, "tenant", "show", "corner-shop"), `"name": "Corner Shop"`)
}

// TestImportHanko_GoesOnAfterItWasKilled kills an import while it writes, twice, and lets another one finish it.
func TestImportHanko_GoesOnAfterItWasKilled(t *testing.T) {
	t.Parallel()

	old := newOldHanko(t)
	const users = 1500
	old.populate(t, users)
	m := onDatabase(t, dialect.SQLite)
	source, err := dsn.Parse(m.database)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	count := func(table string) (n int) {
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n))
		return n
	}
	args := []string{"import", "hanko", "--database-url", old.url, "--secrets", otherSecret, "--page", "2"}
	for _, enough := range []int{100, 400} {
		s := m.start(t, args...)
		require.Eventually(t, func() bool { return count("users") >= enough || s.ended() }, patience, 5*time.Millisecond)
		s.kill(t)
		require.GreaterOrEqual(t, count("users"), enough)
		require.Less(t, count("users"), users, "it was killed in the midst of it")
	}
	m.must(t, append(args[:len(args)-1], "500")...)
	require.Equal(t, users, count("users"))
	require.Equal(t, users, count("emails WHERE primary_of = user_id"))
	require.Equal(t, users, count("sessions"))
	require.Equal(t, users, count("password_credentials"))
	require.Equal(t, 1, count("signing_keys WHERE tenant_id <> '"+tenants.SystemID.String()+"'"), "beside that of the operators")
}
