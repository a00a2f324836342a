package migrations_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	files "github.com/latchkeep/latchkeep/ent/migrate/migrations"
	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/ent/migrations/plan"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func eachEmpty(t *testing.T, run func(t *testing.T, source dsn.Source)) {
	t.Helper()
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, testdb.Empty(t, name))
		})
	}
}

// dirOf copies the migrations of a dialect, so that a test can change them.
func dirOf(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	from, err := files.Dir(strings.TrimSuffix(name, "3"))
	require.NoError(t, err)
	dir := fstest.MapFS{}
	names, err := fs.Glob(from, "*")
	require.NoError(t, err)
	for _, name := range names {
		content, err := fs.ReadFile(from, name)
		require.NoError(t, err)
		dir[name] = &fstest.MapFile{Data: content}
	}
	return dir
}

// sign brings atlas.sum up to date.
func sign(t *testing.T, dir fstest.MapFS) {
	t.Helper()
	mem := &migrate.MemDir{}
	for name, file := range dir {
		if name != migrate.HashFileName {
			require.NoError(t, mem.WriteFile(name, file.Data))
		}
	}
	sum, err := mem.Checksum()
	require.NoError(t, err)
	content, err := sum.MarshalText()
	require.NoError(t, err)
	dir[migrate.HashFileName] = &fstest.MapFile{Data: content}
}

func open(t *testing.T, source dsn.Source, dir fs.FS) *migrations.Migrator {
	t.Helper()
	m, err := migrations.OpenDir(source, dir, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

func TestSchema_NeedsNoMigrationThatIsNotWritten(t *testing.T) {
	t.Parallel()

	eachEmpty(t, func(t *testing.T, source dsn.Source) {
		dir := &migrate.MemDir{}
		for name, file := range dirOf(t, source.Dialect) {
			require.NoError(t, dir.WriteFile(name, file.Data))
		}
		written, err := plan.Write(t.Context(), source, dir, "forgotten")
		require.NoError(t, err)
		if written {
			list, err := dir.Files()
			require.NoError(t, err)
			t.Fatalf("ent/schema or ent/ddl changed: run go run ./ent/migrations/cmd/diff -name what_it_does\n%s", list[len(list)-1].Bytes())
		}
	})
}

func TestUp_MakesTheTablesOnce(t *testing.T) {
	t.Parallel()

	eachEmpty(t, func(t *testing.T, source dsn.Source) {
		m := open(t, source, dirOf(t, source.Dialect))
		before, err := m.Status(t.Context())
		require.NoError(t, err)
		require.Empty(t, before.Applied)
		require.NotEmpty(t, before.Pending)

		applied, err := m.Up(t.Context())
		require.NoError(t, err)
		require.Len(t, applied, len(before.Pending))
		again, err := m.Up(t.Context())
		require.NoError(t, err)
		require.Empty(t, again)

		after, err := m.Status(t.Context())
		require.NoError(t, err)
		require.Empty(t, after.Pending)
		require.Empty(t, after.Unknown)
		require.Len(t, after.Applied, len(before.Pending))
		require.False(t, after.Applied[0].Applied.IsZero())
		pending, err := m.Pending(t.Context())
		require.NoError(t, err)
		require.Empty(t, pending)
	})
}

func TestUp_SixReplicasAtOnce(t *testing.T) {
	t.Parallel()

	eachEmpty(t, func(t *testing.T, source dsn.Source) {
		dir := dirOf(t, source.Dialect)
		want := len(dir) - 1 // atlas.sum
		counts := make(chan int, 6)
		var wg sync.WaitGroup
		for range 6 {
			m := open(t, source, dir)
			wg.Go(func() {
				applied, err := m.Up(t.Context())
				if err != nil {
					t.Error(err)
				}
				counts <- len(applied)
			})
		}
		wg.Wait()
		close(counts)
		total := 0
		for n := range counts {
			require.Contains(t, []int{0, want}, n, "one does all of it, the others wait")
			total += n
		}
		require.Equal(t, want, total)
	})
}

// lines are of a log; those that nobody has read are lost.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	select {
	case l <- string(line):
	default:
	}
	return len(line), nil
}

// upWaits migrates a SQLite database that somebody else writes to, and returns when that is waited for.
func upWaits(ctx context.Context, t *testing.T, source dsn.Source, dir fs.FS) chan error {
	t.Helper()
	waits := make(lines, 1)
	m, err := migrations.OpenDir(source, dir, slog.New(slog.NewTextHandler(waits, nil)))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		defer m.Close()
		_, err := m.Up(ctx)
		done <- err
	}()
	select {
	case line := <-waits:
		require.Contains(t, line, "waiting for another migration to end")
	case err := <-done:
		require.Fail(t, "it did not wait", "%v", err)
	}
	return done
}

func TestUp_WaitsForWhoeverWritesToSQLite(t *testing.T) {
	t.Parallel()

	source := testdb.Empty(t, dialect.SQLite)
	other, err := source.OpenPlain()
	require.NoError(t, err)
	defer other.Close()
	writing, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	dir := dirOf(t, dialect.SQLite)
	ctx, giveUp := context.WithCancel(t.Context())
	impatient := upWaits(ctx, t, source, dir)
	giveUp()
	require.ErrorIs(t, <-impatient, context.Canceled)

	patient := upWaits(t.Context(), t, source, dir)
	require.NoError(t, writing.Rollback())
	require.NoError(t, <-patient)
	m := open(t, source, dir)
	status, err := m.Status(t.Context())
	require.NoError(t, err)
	require.Empty(t, status.Pending)
}

// TestUp_WaitsForWhoeverKeepsSQLiteFromItsLog has a file that no connection has switched to a write-ahead log yet, and cannot now.
func TestUp_WaitsForWhoeverKeepsSQLiteFromItsLog(t *testing.T) {
	t.Parallel()

	source := testdb.Empty(t, dialect.SQLite)
	other, err := sql.Open("sqlite", "file:"+source.Path+"?_txlock=immediate")
	require.NoError(t, err)
	defer other.Close()
	writing, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	waits := upWaits(t.Context(), t, source, dirOf(t, dialect.SQLite))
	require.NoError(t, writing.Rollback())
	require.NoError(t, <-waits)
}

func TestUp_RefusesToLeaveSQLiteWithKeysToNothing(t *testing.T) {
	t.Parallel()

	source := testdb.Empty(t, dialect.SQLite)
	dir := dirOf(t, dialect.SQLite)
	dir["20990101000000_to_nobody.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE pointers (id int, other int REFERENCES pointed (id));\n" +
		"CREATE TABLE pointed (id int PRIMARY KEY);\nINSERT INTO pointers VALUES (1, 2);\n")}
	sign(t, dir)
	m := open(t, source, dir)
	_, err := m.Up(t.Context())
	require.ErrorContains(t, err, "foreign key mismatch")
	status, err := m.Status(t.Context())
	require.NoError(t, err)
	require.Empty(t, status.Applied, "all or nothing")
}

func TestUp_GoesOnAfterAFailure(t *testing.T) {
	t.Parallel()

	eachEmpty(t, func(t *testing.T, source dsn.Source) {
		dir := dirOf(t, source.Dialect)
		const name = "20990101000000_two_steps.sql"
		dir[name] = &fstest.MapFile{Data: []byte("CREATE TABLE first_step (id int);\nINSERT INTO no_such_table VALUES (1);\nCREATE TABLE last_step (id int);\n")}
		sign(t, dir)
		m := open(t, source, dir)
		_, err := m.Up(t.Context())
		require.ErrorContains(t, err, "no_such_table")
		status, err := m.Status(t.Context())
		require.NoError(t, err)
		require.Len(t, status.Pending, map[bool]int{true: len(dir) - 1, false: 1}[source.Dialect == dialect.SQLite])

		dir[name] = &fstest.MapFile{Data: []byte("CREATE TABLE first_step (id int);\nINSERT INTO first_step VALUES (1);\nCREATE TABLE last_step (id int);\n")}
		sign(t, dir)
		m = open(t, source, dir)
		applied, err := m.Up(t.Context())
		require.NoError(t, err)
		require.Contains(t, applied, "20990101000000")
		db, err := source.OpenPlain()
		require.NoError(t, err)
		defer db.Close()
		var rows int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM first_step").Scan(&rows))
		require.Equal(t, 1, rows, "nothing was done twice")
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM last_step").Scan(&rows))
		status, err = m.Status(t.Context())
		require.NoError(t, err)
		require.Empty(t, status.Pending)
	})
}

func TestUp_RefusesAnEditedFile(t *testing.T) {
	t.Parallel()

	require.NoError(t, migrations.Validate())
	eachEmpty(t, func(t *testing.T, source dsn.Source) {
		dir := dirOf(t, source.Dialect)
		for name, file := range dir {
			if strings.HasSuffix(name, "_init.sql") {
				dir[name] = &fstest.MapFile{Data: append([]byte("-- only a comment\n"), file.Data...)}
			}
		}
		m := open(t, source, dir)
		require.ErrorIs(t, m.Validate(), migrate.ErrChecksumMismatch)
		_, err := m.Up(t.Context())
		require.ErrorIs(t, err, migrate.ErrChecksumMismatch)
		status, err := m.Status(t.Context())
		require.NoError(t, err)
		require.Empty(t, status.Applied, "nothing was applied")
	})
}

func TestUp_LeavesTablesOfOthersAlone(t *testing.T) {
	t.Parallel()

	eachEmpty(t, func(t *testing.T, source dsn.Source) {
		db, err := source.OpenPlain()
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), "CREATE TABLE users (id int)")
		require.NoError(t, err)
		require.NoError(t, db.Close())
		_, err = open(t, source, dirOf(t, source.Dialect)).Up(t.Context())
		require.ErrorIs(t, err, migrations.ErrNotEmpty)
		require.ErrorContains(t, err, `"users"`)
	})
}

func TestStatus_OfAnOlderProgram(t *testing.T) {
	t.Parallel()

	eachEmpty(t, func(t *testing.T, source dsn.Source) {
		newer := dirOf(t, source.Dialect)
		newer["20990101000000_later.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE later (id int);\n")}
		sign(t, newer)
		_, err := open(t, source, newer).Up(t.Context())
		require.NoError(t, err)
		older := open(t, source, dirOf(t, source.Dialect))
		status, err := older.Status(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"20990101000000"}, status.Unknown)
		require.Empty(t, status.Pending, "replicas can be replaced one by one")
		applied, err := older.Up(t.Context())
		require.NoError(t, err)
		require.Empty(t, applied)
	})
}

func TestCheck_WithTheRightsOfTheProgram(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, _ := testdb.New(t, name)
			require.NoError(t, migrations.Check(t.Context(), st.Dialect(), st.Raw()))
		})
	}
}

// TestAtlas_CanBeUsedInTurns applies with one tool and looks with the other, both ways.
func TestAtlas_CanBeUsedInTurns(t *testing.T) {
	t.Parallel()

	atlas := os.Getenv("LATCHKEEP_TEST_ATLAS")
	switch {
	case atlas == "" && testdb.Require():
		t.Fatal("LATCHKEEP_TEST_ATLAS is not set, and LATCHKEEP_TEST_REQUIRE=all: it is the path of the Atlas command-line tool (scripts/build-atlas)")
	case atlas == "":
		t.Skip("LATCHKEEP_TEST_ATLAS is not set: nothing is tested against the Atlas command-line tool (scripts/build-atlas)")
	}
	call := func(t *testing.T, source dsn.Source, command string, more ...string) string {
		t.Helper()
		dir := t.TempDir()
		for name, file := range dirOf(t, source.Dialect) {
			require.NoError(t, os.WriteFile(dir+"/"+name, file.Data, 0o600))
		}
		args := append([]string{"migrate", command, "--dir", "file://" + dir, "--url", atlasURL(source)}, more...)
		out, err := exec.CommandContext(t.Context(), atlas, args...).CombinedOutput()
		if err != nil {
			t.Errorf("atlas %s: %v: %s", command, err, out)
		}
		return string(out)
	}
	t.Run("in process first", func(t *testing.T) {
		t.Parallel()
		eachEmpty(t, func(t *testing.T, source dsn.Source) {
			_, err := open(t, source, dirOf(t, source.Dialect)).Up(t.Context())
			require.NoError(t, err)
			require.Contains(t, call(t, source, "status"), "Migration Status: OK")
			require.Contains(t, call(t, source, "apply"), "No migration files to execute")
		})
	})
	t.Run("command line first", func(t *testing.T) {
		t.Parallel()
		eachEmpty(t, func(t *testing.T, source dsn.Source) {
			call(t, source, "apply")
			m := open(t, source, dirOf(t, source.Dialect))
			applied, err := m.Up(t.Context())
			require.NoError(t, err)
			require.Empty(t, applied)
			status, err := m.Status(t.Context())
			require.NoError(t, err)
			require.Empty(t, status.Pending)
		})
	})
	t.Run("three of each at once", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{dialect.Postgres, dialect.MySQL} { // for SQLite the command line does not wait, but gives up
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				source := testdb.Empty(t, name)
				counts := make(chan int, 3)
				var wg sync.WaitGroup
				for range 3 {
					m := open(t, source, dirOf(t, name))
					wg.Go(func() {
						applied, err := m.Up(t.Context())
						if err != nil {
							t.Error(err)
						}
						counts <- len(applied)
					})
					wg.Go(func() { call(t, source, "apply", "--lock-timeout", "1m") })
				}
				wg.Wait()
				close(counts)
				total := 0
				for n := range counts {
					total += n
				}
				require.LessOrEqual(t, total, len(dirOf(t, name))-1)
				require.Contains(t, call(t, source, "status"), "Migration Status: OK")
			})
		}
	})
	t.Run("a file each", func(t *testing.T) {
		t.Parallel()
		source := testdb.Empty(t, dialect.Postgres)
		call(t, source, "apply", "1")
		applied, err := open(t, source, dirOf(t, source.Dialect)).Up(t.Context())
		require.NoError(t, err)
		require.Len(t, applied, len(dirOf(t, source.Dialect))-2)
	})
}

// atlasURL is how the command-line tool wants to be told of a database.
func atlasURL(source dsn.Source) string {
	switch source.Dialect {
	case dialect.Postgres:
		return source.Raw() + "&search_path=public"
	case dialect.MySQL:
		return source.Raw()
	default:
		return fmt.Sprintf("sqlite://%s?_fk=1", source.Path)
	}
}
