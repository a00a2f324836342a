// Package migrations brings a database to the tables the program needs, and says whether it has them.
//
// It runs the versioned files of ent/migrate/migrations in process, keeps the same books (table atlas_schema_revisions) and takes the same
// lock as the Atlas command-line tool, so that either may be used, also in turns. Several replicas may start at once: one applies, the others wait
// and find nothing to do. What fails is undone on PostgreSQL and SQLite; MySQL cannot undo, and goes on at the failed statement next time.
// It never goes back: a mistake is mended by another migration.
//
// On PostgreSQL two roles keep the wall between tenants out of the program's reach: one owns the tables and migrates, the other runs the program
// and can only read and change rows. Neither is a superuser. Once, before the first migration:
//
//	CREATE ROLE latchkeep_owner LOGIN PASSWORD '…';
//	CREATE ROLE latchkeep LOGIN PASSWORD '…';
//	CREATE DATABASE latchkeep OWNER latchkeep_owner;
//	\c latchkeep latchkeep_owner
//	ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO latchkeep;
//
// Where one role is both, row-level security still binds it (FORCE), but nothing keeps it from being switched off. A superuser is not bound
// at all. rawsql.DatabaseRole tells which it is.
package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlclient"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/latchkeep/latchkeep/ent/dsn"
	files "github.com/latchkeep/latchkeep/ent/migrate/migrations"
)

// lockName is the lock of the Atlas command-line tool.
const lockName = "atlas_migrate_execute"

// lockTimeout is how long to wait for another replica that is migrating.
const lockTimeout = 10 * time.Minute

// lockTry is how long SQLite waits for its lock at a time. It is not told meanwhile that whoever waits has given up.
const lockTry = 250 * time.Millisecond

// lockPause is how long to leave the database alone between two tries, some of which SQLite ends at once.
const lockPause = 10 * time.Millisecond

// ErrNotEmpty is returned where the database has tables of ours, or of others by the same names, but no books about them.
var ErrNotEmpty = errors.New("the database is not empty and was not made by these migrations")

// A Migrator migrates one database.
type Migrator struct {
	source dsn.Source
	db     *sql.DB
	dir    migrate.Dir
	log    *slog.Logger
}

// Open opens the database of the URL with the migrations of the program. The URL should be that of the role that owns the tables.
func Open(url string, log *slog.Logger) (*Migrator, error) {
	source, err := dsn.Parse(url)
	if err != nil {
		return nil, err
	}
	dir, err := files.Dir(dirName(source.Dialect))
	if err != nil {
		return nil, err
	}
	return OpenDir(source, dir, log)
}

// OpenDir is Open with migrations of the caller's own.
func OpenDir(source dsn.Source, from fs.FS, log *slog.Logger) (*Migrator, error) {
	dir, err := read(from)
	if err != nil {
		return nil, err
	}
	db, err := source.OpenPlain()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", source, err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Migrator{source: source, db: db, dir: dir, log: log}, nil
}

// Close closes the database.
func (m *Migrator) Close() error { return m.db.Close() }

// Up applies what is pending, in order, and returns the versions it applied: none where there was nothing to do.
func (m *Migrator) Up(ctx context.Context) (applied []string, err error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	switch m.source.Dialect {
	case dialect.SQLite:
		applied, err = m.upSQLite(ctx)
	default:
		applied, err = m.upServer(ctx)
	}
	if err != nil {
		return applied, fmt.Errorf("migrate %s: %w", m.source, err)
	}
	return applied, nil
}

// Validate checks that no migration was changed after it was written: that the files are those that atlas.sum tells of.
func (m *Migrator) Validate() error {
	if err := migrate.Validate(m.dir); err != nil {
		return fmt.Errorf("migrations of %s: %w", m.source.Dialect, err)
	}
	return nil
}

// Validate checks the migrations of all databases, without any.
func Validate() error {
	for _, name := range []string{"postgres", "mysql", "sqlite"} {
		from, err := files.Dir(name)
		if err != nil {
			return err
		}
		dir, err := read(from)
		if err != nil {
			return err
		}
		if err := migrate.Validate(dir); err != nil {
			return fmt.Errorf("migrations of %s: %w", name, err)
		}
	}
	return nil
}

// upServer migrates under the lock of the database, file by file.
func (m *Migrator) upServer(ctx context.Context) (_ []string, err error) {
	locker, err := openDriver(m.source.Dialect, m.db)
	if err != nil {
		return nil, err
	}
	unlock, err := locker.Lock(ctx, lockName, lockTimeout)
	if err != nil {
		return nil, fmt.Errorf("wait for another migration to end: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	books, err := m.openBooks(ctx)
	if err != nil {
		return nil, err
	}
	pending, err := m.pending(ctx, m.db, books)
	if err != nil {
		return nil, err
	}
	var applied []string
	for _, file := range pending {
		if err := m.applyServer(ctx, file, books); err != nil {
			return applied, err
		}
		applied = append(applied, file.Version())
	}
	return applied, nil
}

// applyServer applies one file: in a transaction where the database can undo statements that make tables.
func (m *Migrator) applyServer(ctx context.Context, file migrate.File, books books) (err error) {
	if m.source.Dialect == dialect.MySQL {
		return m.execute(ctx, m.db, file, books)
	}
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := m.execute(ctx, tx, file, books); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// upSQLite migrates in one transaction that has the database to itself. While it lasts, foreign keys are not enforced, because SQLite changes a
// table by making it anew; they are checked at its end.
func (m *Migrator) upSQLite(ctx context.Context) (applied []string, err error) {
	var books books
	err = m.takeTurn(ctx, func() (err error) {
		// The first connections to a new file switch it to a write-ahead log, and of two that do so at once SQLite refuses one without waiting.
		if _, err := m.db.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", lockTry.Milliseconds())); err != nil {
			return err
		}
		books, err = m.openBooks(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	var tx *sqlclient.Tx
	err = m.takeTurn(ctx, func() (err error) {
		// A try that failed has switched them off, and whoever finds them off does not check them at the end.
		if _, err := m.db.ExecContext(ctx, "PRAGMA foreign_keys = on"); err != nil {
			return err
		}
		tx, err = sqlite.OpenTx(ctx, m.db, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err, applied = errors.Join(err, tx.RollbackFn()), nil
		}
	}()
	pending, err := m.pending(ctx, tx, books)
	if err != nil {
		return nil, err
	}
	for _, file := range pending {
		if err := m.execute(ctx, tx, file, books); err != nil {
			return nil, err
		}
		applied = append(applied, file.Version())
	}
	return applied, tx.CommitFn()
}

// takeTurn runs what takes the write lock of SQLite, again for as long as another migration has it.
func (m *Migrator) takeTurn(ctx context.Context, take func() error) error {
	ends, told := time.Now().Add(lockTimeout), false
	for {
		err := take()
		var failed *driver.Error
		if !errors.As(err, &failed) || failed.Code()&0xff != sqlite3.SQLITE_BUSY {
			return err
		}
		if ctx.Err() != nil || time.Now().After(ends) {
			return fmt.Errorf("wait for another migration to end: %w", errors.Join(ctx.Err(), err))
		}
		if !told {
			m.log.InfoContext(ctx, "waiting for another migration to end, or for whoever else writes to the database")
			told = true
		}
		select {
		case <-ctx.Done():
		case <-time.After(lockPause):
		}
	}
}

// execute runs the statements of a file, from where an earlier attempt stopped.
func (m *Migrator) execute(ctx context.Context, on schema.ExecQuerier, file migrate.File, books books) error {
	started := time.Now()
	executor, err := m.executor(on, books)
	if err != nil {
		return err
	}
	if err := executor.Execute(ctx, file); err != nil {
		var failed *migrate.StmtExecError
		if errors.As(err, &failed) {
			err = failed // what follows it is noise: in a broken transaction the books cannot be written either
		}
		return fmt.Errorf("%s: %w", file.Name(), err)
	}
	m.log.InfoContext(ctx, "migration applied", "version", file.Version(), "name", file.Desc(), "duration", time.Since(started).Round(time.Millisecond))
	return nil
}

// pending lists the files that are to be applied.
func (m *Migrator) pending(ctx context.Context, on schema.ExecQuerier, books books) ([]migrate.File, error) {
	executor, err := m.executor(on, books)
	if err != nil {
		return nil, err
	}
	revisions, err := books.on(on).ReadRevisions(ctx)
	if err != nil {
		return nil, err
	}
	if len(revisions) == 0 {
		if err := m.mustBeEmpty(ctx, on); err != nil {
			return nil, err
		}
	}
	pending, err := executor.Pending(ctx)
	if errors.Is(err, migrate.ErrNoPendingFiles) {
		return nil, nil
	}
	return pending, err
}

func (m *Migrator) executor(on schema.ExecQuerier, books books) (*migrate.Executor, error) {
	driver, err := openDriver(m.source.Dialect, on)
	if err != nil {
		return nil, err
	}
	// Whether the database is clean is for mustBeEmpty to say: other schemas beside ours are none of our business.
	return migrate.NewExecutor(driver, m.dir, books.on(on), migrate.WithOperatorVersion("latchkeep"), migrate.WithAllowDirty(true))
}

func openDriver(name string, on schema.ExecQuerier) (migrate.Driver, error) {
	switch name {
	case dialect.Postgres:
		return postgres.Open(on)
	case dialect.MySQL:
		return mysql.Open(on)
	default:
		return sqlite.Open(on)
	}
}

// dirName is the directory of a dialect.
func dirName(name string) string {
	if name == dialect.SQLite {
		return "sqlite"
	}
	return name
}

// read copies a directory of migrations into memory, which is what the executor reads from.
func read(from fs.FS) (migrate.Dir, error) {
	dir := &migrate.MemDir{}
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		content, err := fs.ReadFile(from, e.Name())
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		if err := dir.WriteFile(e.Name(), content); err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
	}
	return dir, nil
}
