// Package plan works out which statements lead from the versioned migrations to the tables of the program. It is used when a migration is
// written and by the test that finds one missing, never by the running program.
package plan

import (
	"context"
	"errors"
	"fmt"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"

	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/dsn"
)

// Write adds a migration of that name to the directory, and brings its atlas.sum up to date. The database must be empty, is used to replay
// the directory, and is left empty. It reports false where there is nothing to write.
func Write(ctx context.Context, empty dsn.Source, dir migrate.Dir, name string) (written bool, err error) {
	db, err := empty.OpenPlain()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	options := []schema.MigrateOption{
		schema.WithDialect(empty.Dialect),
		schema.WithDir(dir),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithFormatter(migrate.DefaultFormatter),
		schema.WithErrNoPlan(true),
	}
	m, err := schema.NewMigrate(entsql.OpenDB(empty.Dialect, db), options...)
	if err != nil {
		return false, fmt.Errorf("plan for %s: %w", empty.Dialect, err)
	}
	switch err := m.NamedDiff(ctx, name, ddl.Tables(empty.Dialect)...); {
	case errors.Is(err, migrate.ErrNoPlan):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("plan for %s: %w", empty.Dialect, err)
	}
	return true, nil
}

// Dialects are those that have migrations, as the directories are named.
func Dialects() map[string]string {
	return map[string]string{"postgres": dialect.Postgres, "mysql": dialect.MySQL, "sqlite": dialect.SQLite}
}
