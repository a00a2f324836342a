package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// refused is the code of insufficient_privilege, which row-level security answers with.
const refused = "42501"

func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// asRole opens a plain connection, below ent and its hooks, that says whose it is.
func asRole(t *testing.T, url, setting string) *sql.Conn {
	t.Helper()
	source, err := dsn.Parse(url)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	if setting != "" {
		_, err = conn.ExecContext(t.Context(), "SELECT set_config('app.tenant', $1, false)", setting)
		require.NoError(t, err)
	}
	return conn
}

func count(t *testing.T, conn *sql.Conn, table string) int {
	t.Helper()
	var n int
	require.NoError(t, conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n))
	return n
}

func TestRowLevelSecurity_StopsRawStatements(t *testing.T) {
	t.Parallel()

	st, url := testdb.New(t, dialect.Postgres)
	a, b := newTenant(t, st), newTenant(t, st)
	newUser(t, st, a)
	theirs := newUser(t, st, b)
	require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Operator.Create().SetEmail("op@example.com").SetGrants([]byte(`[{"role":"owner"}]`)).Exec(ctx)
	}))
	ctx := t.Context()
	const insert = "INSERT INTO users (id, tenant_id, created_at, updated_at) VALUES ($1, $2, now(), now())"

	for what, conn := range map[string]*sql.Conn{"the program": asRole(t, url, ""), "the owner": asRole(t, testdb.Owner(t, url), "")} {
		for _, table := range append(ddl.TenantTables(), "tenants", "operators", "operator_tokens") {
			require.Zero(t, count(t, conn, table), "%s sees %s without a scope", what, table)
		}
		_, err := conn.ExecContext(ctx, insert, uuid.New(), a.TenantID())
		require.Equal(t, refused, code(err), "%s inserts without a scope", what)
	}

	conn := asRole(t, url, a.TenantID().String())
	require.Equal(t, 1, count(t, conn, "users"))
	require.Equal(t, 1, count(t, conn, "tenants"))
	require.Zero(t, count(t, conn, "operators"))
	res, err := conn.ExecContext(ctx, "UPDATE users SET name = 'x' WHERE id = $1", theirs)
	require.NoError(t, err)
	n, err := res.RowsAffected()
	require.NoError(t, err)
	require.Zero(t, n, "another's row is not there to update")
	res, err = conn.ExecContext(ctx, "DELETE FROM users WHERE id = $1", theirs)
	require.NoError(t, err)
	n, err = res.RowsAffected()
	require.NoError(t, err)
	require.Zero(t, n, "nor to delete")
	_, err = conn.ExecContext(ctx, insert, uuid.New(), b.TenantID())
	require.Equal(t, refused, code(err), "a row in another's house")
	_, err = conn.ExecContext(ctx, "UPDATE users SET tenant_id = $1", b.TenantID())
	require.Equal(t, refused, code(err), "moving a row to another's house")
	_, err = conn.ExecContext(ctx, insert+" ON CONFLICT (id) DO UPDATE SET name = 'overwritten'", theirs, a.TenantID())
	require.Equal(t, refused, code(err), "an upsert on the id of another's row")
	_, err = conn.ExecContext(ctx, "INSERT INTO operators (id, created_at, updated_at, email, grants) VALUES ($1, now(), now(), 'x', '[]')", uuid.New())
	require.Equal(t, refused, code(err))
	_, err = conn.ExecContext(ctx, "ALTER TABLE users DISABLE ROW LEVEL SECURITY")
	require.Equal(t, refused, code(err), "the program owns nothing")
	_, err = conn.ExecContext(ctx, "SET row_security = off")
	require.NoError(t, err)
	_, err = conn.QueryContext(ctx, "SELECT * FROM users")
	require.Equal(t, refused, code(err), "the policies cannot be left out")

	system := asRole(t, url, "system")
	require.Equal(t, 2, count(t, system, "users"))
	require.Equal(t, 1, count(t, system, "operators"))
	for _, junk := range []string{"SYSTEM", "x", "' OR 1=1"} {
		_, err = asRole(t, url, junk).QueryContext(ctx, "SELECT * FROM users")
		require.Equal(t, "22P02", code(err), "a setting that is no UUID is an error, not a way in")
	}
}

// TestRowLevelSecurity_StopsWhatGetsPastEnt tries the one way through ent that its hooks cannot see.
func TestRowLevelSecurity_StopsWhatGetsPastEnt(t *testing.T) {
	t.Parallel()

	for _, option := range map[string][]testdb.Option{"session": nil, "transaction": {testdb.WithTxScope()}} {
		st, _ := testdb.New(t, dialect.Postgres, option...)
		a, b := newTenant(t, st), newTenant(t, st)
		theirs := newUser(t, st, b)
		err := st.Do(t.Context(), a, func(ctx context.Context, tx *store.Tx) error {
			return tx.User.Create().SetID(theirs).SetName("overwritten").OnConflictColumns(user.FieldID).UpdateNewValues().Exec(ctx)
		})
		require.Equal(t, refused, code(err), "%v", err)
		require.Empty(t, st.Reader().User.GetX(scope.With(t.Context(), b), theirs).Name)
	}
}

// TestScopeOfTheConnection_NeverMixes has two tenants and the system share four connections, and asks without naming a tenant.
func TestScopeOfTheConnection_NeverMixes(t *testing.T) {
	t.Parallel()

	for name, options := range map[string][]testdb.Option{
		"session":     {testdb.WithPool(4)},
		"transaction": {testdb.WithPool(4), testdb.WithTxScope()},
		"pool of one": {testdb.WithPool(1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, _ := testdb.New(t, dialect.Postgres, options...)
			a, b := newTenant(t, st), newTenant(t, st)
			users := map[scope.Scope]uuid.UUID{a: newUser(t, st, a), b: newUser(t, st, b)}
			rows := func(ctx context.Context, on interface {
				QueryContext(context.Context, string, ...any) (*sql.Rows, error)
			}) (string, error) {
				rows, err := on.QueryContext(ctx, "SELECT tenant_id::text FROM users ORDER BY 1")
				if err != nil {
					return "", err
				}
				defer rows.Close()
				var all string
				for rows.Next() {
					var id string
					if err := rows.Scan(&id); err != nil {
						return "", err
					}
					all += id + " "
				}
				return all, rows.Err()
			}
			want := map[scope.Scope]string{
				{}:                    "",
				a:                     a.TenantID().String() + " ",
				b:                     b.TenantID().String() + " ",
				scope.System("test"):  a.TenantID().String() + " " + b.TenantID().String() + " ",
				scope.System("other"): a.TenantID().String() + " " + b.TenantID().String() + " ",
			}
			if a.TenantID().String() > b.TenantID().String() {
				t.Fatal("ids are ordered by time")
			}
			var wg sync.WaitGroup
			for s, expect := range want {
				for range 2 {
					wg.Go(func() {
						for range 60 {
							ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
							if s != (scope.Scope{}) {
								ctx = scope.With(ctx, s)
							}
							got, err := rows(ctx, st.DB())
							if err != nil || got != expect {
								t.Errorf("%s saw %q, %v", s, got, err)
							}
							cancel()
							if !s.Valid() {
								continue
							}
							cancelled, stop := context.WithCancel(t.Context())
							stop()
							_ = st.Do(cancelled, s, func(context.Context, *store.Tx) error { return nil })
							undone := errors.New("undone")
							if err := st.Do(t.Context(), s, func(context.Context, *store.Tx) error { return undone }); !errors.Is(err, undone) {
								t.Error(err)
							}
							err = st.Do(t.Context(), s, func(ctx context.Context, tx *store.Tx) error {
								twice := tx.User.Create().SetID(users[s])
								if s.IsSystem() {
									twice.SetID(users[a]).SetTenantID(a.TenantID())
								}
								if err := twice.Exec(ctx); !store.IsUniqueViolation(err) {
									return undone
								}
								return nil
							})
							if err == nil || errors.Is(err, undone) {
								t.Error("a broken transaction was committed")
							}
							err = st.Do(t.Context(), s, func(ctx context.Context, tx *store.Tx) error {
								if n, err := tx.User.Query().Count(ctx); err != nil || n != len(expect)/37 {
									return fmt.Errorf("%d users: %w", n, err)
								}
								return nil
							})
							if err != nil {
								t.Error(err)
							}
						}
					})
				}
			}
			wg.Wait()
		})
	}
}
