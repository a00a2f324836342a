package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/go-sql-driver/mysql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// newTenant makes a tenant and returns its scope.
func newTenant(t testing.TB, st *store.Store) scope.Scope {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(id).SetSlug(id.String()).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
	}))
	return scope.Tenant(id)
}

func newUser(t testing.TB, st *store.Store, sc scope.Scope) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	require.NoError(t, st.Do(t.Context(), sc, func(ctx context.Context, tx *store.Tx) error {
		return tx.User.Create().SetID(id).Exec(ctx)
	}))
	return id
}

func TestDo_CommitsTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		ctx := scope.With(t.Context(), sc)
		boom := errors.New("boom")
		var called bool

		err := st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
			tx.OnCommit(func() { called = true })
			return errors.Join(tx.User.Create().Exec(ctx), boom)
		})
		require.ErrorIs(t, err, boom)
		require.Zero(t, st.Reader().User.Query().CountX(ctx))
		require.False(t, called, "a unit that failed must not announce itself")

		require.PanicsWithValue(t, "boom", func() {
			_ = st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
				tx.User.Create().ExecX(ctx)
				panic("boom")
			})
		})
		require.Zero(t, st.Reader().User.Query().CountX(ctx))

		require.NoError(t, st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
			tx.OnCommit(func() { called = st.Reader().User.Query().CountX(scope.With(t.Context(), sc)) == 2 })
			return errors.Join(tx.User.Create().Exec(ctx), tx.User.Create().Exec(ctx))
		}))
		require.True(t, called, "callbacks run after the commit, when others see the rows")
	})
}

func TestDo_InsideAnotherFailsAtOnce(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		err := st.Do(t.Context(), sc, func(ctx context.Context, tx *store.Tx) error {
			require.ErrorIs(t, st.Do(ctx, sc, func(context.Context, *store.Tx) error { return nil }), store.ErrNested)
			_, err := tx.Tx(ctx)
			require.ErrorIs(t, err, store.ErrNested)
			_, err = st.Reader().User.Query().All(ctx)
			require.ErrorIs(t, err, store.ErrInsideUnit)
			_, err = st.Raw().IdentifyByID(ctx, uuid.New())
			require.ErrorIs(t, err, store.ErrInsideUnit)
			return nil
		})
		require.NoError(t, err)
	}, testdb.WithPool(1))
}

func TestReader_RefusesToWrite(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		id := newUser(t, st, sc)
		ctx := scope.With(t.Context(), sc)
		require.ErrorIs(t, st.Reader().User.Create().Exec(ctx), store.ErrReadOnly)
		require.ErrorIs(t, st.Reader().User.UpdateOneID(id).SetName("x").Exec(ctx), store.ErrReadOnly)
		_, err := st.Reader().User.Delete().Exec(ctx)
		require.ErrorIs(t, err, store.ErrReadOnly)
		_, err = st.Reader().Tx(ctx)
		require.ErrorIs(t, err, store.ErrReadOnly)
		_, err = st.Raw().IntentsDone(ctx, time.Now(), uuid.New())
		require.ErrorIs(t, err, store.ErrReadOnly)
	})
}

func TestDo_SixtyFourAtOnceOnAPoolOfFive(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		id := newUser(t, st, sc)
		ctx, cancel := context.WithTimeout(scope.With(t.Context(), sc), time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		failed := make(chan error, 64)
		for i := range 64 {
			wg.Go(func() {
				before, err := st.Reader().User.Get(ctx, id)
				if err == nil {
					err = st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
						if err := tx.Raw.LockUser(ctx, before.ID); err != nil {
							return err
						}
						n, err := tx.Session.Query().Where(session.UserID(id)).Count(ctx)
						if err != nil {
							return err
						}
						now := time.Now()
						return tx.Session.Create().SetUserID(id).SetUserAgent(fmt.Sprint(n)).SetExpiresAt(now.Add(time.Hour)).SetLastUsedAt(now).Exec(ctx)
					})
				}
				if err != nil {
					failed <- fmt.Errorf("unit %d: %w", i, err)
				}
			})
		}
		wg.Wait()
		close(failed)
		for err := range failed {
			t.Error(err)
		}
		seen := map[string]bool{}
		for _, s := range st.Reader().Session.Query().AllX(ctx) {
			seen[*s.UserAgent] = true
		}
		require.Len(t, seen, 64, "the lock makes each see those before it")
	}, testdb.WithPool(5))
}

// A unit whose context ends is rolled back by database/sql at any moment, also just before its commit.
func TestDo_ACommitAfterTheEndOfTheContextSaysSo(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		id := newUser(t, st, sc)
		ctx, cancel := context.WithCancel(t.Context())
		err := st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.User.UpdateOneID(id).SetName("lost").Exec(ctx); err != nil {
				return err
			}
			cancel()
			require.Eventually(t, func() bool {
				_, err := tx.User.Query().Exist(context.WithoutCancel(ctx))
				return errors.Is(err, sql.ErrTxDone)
			}, 30*time.Second, time.Millisecond)
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		u, err := st.Reader().User.Get(scope.With(t.Context(), sc), id)
		require.NoError(t, err)
		require.NotEqual(t, "lost", u.Name)
	})
}

func TestLock_LosesNoUpdate(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		id := newUser(t, st, sc)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					err := st.Do(t.Context(), sc, func(ctx context.Context, tx *store.Tx) error {
						u, err := store.Lock(tx, tx.User.Query().Where(user.ID(id))).Only(ctx)
						if err != nil {
							return err
						}
						return tx.User.UpdateOneID(id).SetName(u.Name + "x").Exec(ctx)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		require.Len(t, st.Reader().User.GetX(scope.With(t.Context(), sc), id).Name, 40)
	})
}

func TestDo_RunsAgainAfterADeadlock(t *testing.T) {
	t.Parallel()

	for _, name := range []string{dialect.Postgres, dialect.MySQL} { // on SQLite units of work cannot meet
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, _ := testdb.New(t, name)
			sc := newTenant(t, st)
			a, b := newUser(t, st, sc), newUser(t, st, sc)
			var attempts atomic.Int32
			meet := make(chan struct{}, 2)
			both := make(chan struct{})
			go func() { <-meet; <-meet; close(both) }()
			cross := func(first, second uuid.UUID) error {
				entered := false
				return st.Do(t.Context(), sc, func(ctx context.Context, tx *store.Tx) error {
					attempts.Add(1)
					if err := tx.User.UpdateOneID(first).SetName("x").Exec(ctx); err != nil {
						return err
					}
					if !entered {
						entered = true
						meet <- struct{}{}
						<-both // each holds its first row and now wants the other's
					}
					return tx.User.UpdateOneID(second).SetName("y").Exec(ctx)
				})
			}
			other := make(chan error)
			go func() { other <- cross(b, a) }()
			require.NoError(t, cross(a, b))
			require.NoError(t, <-other)
			require.Contains(t, []int32{3, 4}, attempts.Load(), "one of the two, or both, was broken off and ran again")
		})
	}
}

func TestConstraints_AreToldApart(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		id := newUser(t, st, sc)
		create := func(write store.Write) error {
			t.Helper()
			return st.Do(t.Context(), sc, write)
		}
		address := func(ctx context.Context, tx *store.Tx) error {
			return tx.Email.Create().SetUserID(id).SetAddress("kim@shop.example").Exec(ctx)
		}
		require.NoError(t, create(address))
		err := create(address)
		require.True(t, store.IsUniqueViolation(err), "%v", err)
		require.False(t, store.IsForeignKeyViolation(err))
		require.Equal(t, "email_tenant_id_address", store.ViolatedKey(err))

		err = create(func(ctx context.Context, tx *store.Tx) error { return tx.User.Create().SetID(id).Exec(ctx) })
		require.True(t, store.IsUniqueViolation(err), "%v", err)
		require.Equal(t, "PRIMARY", store.ViolatedKey(err))

		err = create(func(ctx context.Context, tx *store.Tx) error {
			return tx.Email.Create().SetUserID(uuid.New()).SetAddress("sam@shop.example").Exec(ctx)
		})
		require.True(t, store.IsForeignKeyViolation(err), "%v", err)
		require.False(t, store.IsUniqueViolation(err))
		require.Empty(t, store.ViolatedKey(err))
		require.False(t, store.IsUniqueViolation(nil))
	})
}

func TestTimes_ComeBackAsTheyWere(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		ctx := scope.With(t.Context(), sc)
		at := time.Date(2026, 11, 24, 23, 59, 59, 999999000, time.FixedZone("elsewhere", 5*3600+1800))
		require.NoError(t, st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
			return tx.User.Create().SetBlockedAt(at).Exec(ctx)
		}))
		got := st.Reader().User.Query().OnlyX(ctx).BlockedAt
		require.Equal(t, at.UTC(), *got, "same instant, in UTC, to the microsecond")
		require.Equal(t, 1, st.Reader().User.Query().Where(user.BlockedAtGT(at.Add(-time.Microsecond))).CountX(ctx))
		require.Equal(t, 0, st.Reader().User.Query().Where(user.BlockedAtGT(at)).CountX(ctx))
	})
}

func TestOnStatement_CountsEveryStatementAndNothingElse(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			st, _ := testdb.New(t, name, testdb.WithStatements(func(string) { n.Add(1) }))
			one, two := newTenant(t, st), newTenant(t, st)
			id := newUser(t, st, one)
			n.Store(0)
			require.NoError(t, st.Do(t.Context(), two, func(context.Context, *store.Tx) error { return nil }))
			require.Zero(t, n.Load(), "BEGIN, COMMIT and the change of scope do not count")
			st.Reader().User.GetX(scope.With(t.Context(), one), id)
			_, err := st.Raw().IdentifyByID(scope.With(t.Context(), one), id)
			require.NoError(t, err)
			require.Equal(t, int32(2), n.Load())
			require.NoError(t, st.Do(t.Context(), one, func(ctx context.Context, tx *store.Tx) error {
				tx.User.UpdateOneID(id).SetName("x").ExecX(ctx)
				return tx.Email.Create().SetUserID(id).SetAddress("kim@shop.example").Exec(ctx)
			}))
			require.LessOrEqual(t, n.Load(), int32(5))
			require.GreaterOrEqual(t, n.Load(), int32(4))
		})
	}
}

func TestOpen_MakesAFileNobodyElseReads(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "a b#?.db")
	st, err := store.Open(t.Context(), store.Options{URL: "sqlite://" + filepath.Dir(path) + "/a%20b%23%3F.db"})
	require.NoError(t, err)
	defer st.Close()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	wal, err := os.Stat(path + "-wal")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), wal.Mode().Perm())
}

func TestOpen_RefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()

	for url, says := range map[string]string{
		"":                                  "want postgres://",
		"cockroach://localhost/x":           "not supported",
		"sqlite://:memory:":                 "needs a file",
		"sqlite://x.db?mode=memory":         "no parameter",
		"sqlite://":                         "path of the file is missing",
		"postgres://u:s3cret@host":          "name of the database is missing",
		"mysql://u:s3cret%zz@host/x":        "percent-encode",
		"postgres://u:s3cret@host:port/x":   "percent-encode",
		"sqlite:///no/such/directory/at.db": "no such file or directory",
	} {
		_, err := store.Open(t.Context(), store.Options{URL: url})
		require.ErrorContains(t, err, says, url)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

func TestStore_SurvivesARestartOfTheServer(t *testing.T) {
	t.Parallel()

	for name, kill := range map[string]string{
		dialect.Postgres: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
		dialect.MySQL:    "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, url := testdb.New(t, name)
			sc := newTenant(t, st)
			ctx := scope.With(t.Context(), sc)
			source, err := dsn.Parse(url)
			require.NoError(t, err)
			db, err := source.OpenPlain()
			require.NoError(t, err)
			defer db.Close()
			hangUp := func() {
				if kill != "" {
					_, err := db.ExecContext(ctx, kill)
					require.NoError(t, err)
					return
				}
				rows, err := db.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
				require.NoError(t, err)
				var ids []int
				for rows.Next() {
					var id int
					require.NoError(t, rows.Scan(&id))
					ids = append(ids, id)
				}
				require.NoError(t, rows.Err())
				require.NoError(t, rows.Close())
				for _, id := range ids {
					_, err := db.ExecContext(ctx, fmt.Sprint("KILL ", id))
					if gone := new(mysql.MySQLError); !errors.As(err, &gone) || gone.Number != 1094 { // it has ended by itself
						require.NoError(t, err)
					}
				}
			}
			crowd := func() { // fills the pool
				var wg sync.WaitGroup
				for range 20 {
					wg.Go(func() { _, _ = st.Reader().User.Query().Count(ctx) })
				}
				wg.Wait()
			}
			crowd()
			hangUp()
			require.NoError(t, st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error { return tx.User.Create().Exec(ctx) }))
			crowd()
			hangUp()
			n, err := st.Reader().User.Query().Count(ctx)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			crowd()
			hangUp()
			require.NoError(t, st.DoSingle(ctx, sc, func(ctx context.Context, tx *store.Tx) error { return tx.User.Create().Exec(ctx) }))
		})
	}
}
