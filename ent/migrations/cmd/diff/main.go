// Command diff writes the migrations that ent/schema and ent/ddl have made necessary, one for each database, and brings every atlas.sum up
// to date (which is also how a migration written by hand is signed). It needs a PostgreSQL and a MariaDB server on which it may create
// and drop a database of its own:
//
//	LATCHKEEP_TEST_POSTGRES_URL=… LATCHKEEP_TEST_MYSQL_URL=… go run ./ent/migrations/cmd/diff -name add_something
//
// MariaDB rather than MySQL, because its answers are the ones ent/ddl is made for; the files suit both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"ariga.io/atlas/sql/migrate"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/migrations/plan"
)

func main() {
	name := flag.String("name", "", "what the migration does, in snake_case")
	root := flag.String("dir", "ent/migrate/migrations", "directory of the migrations")
	hash := flag.Bool("hash", false, "only bring atlas.sum up to date")
	flag.Parse()
	if err := run(context.Background(), *root, *name, *hash); err != nil {
		fmt.Fprintln(os.Stderr, "diff:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root, name string, hashOnly bool) error {
	if name == "" && !hashOnly {
		return errors.New("-name is missing: say what the migration does, in snake_case")
	}
	for _, dialect := range []string{"postgres", "mysql", "sqlite"} {
		dir, err := migrate.NewLocalDir(filepath.Join(root, dialect))
		if err != nil {
			return err
		}
		if err := rehash(dir); err != nil {
			return fmt.Errorf("%s: %w", dialect, err)
		}
		if hashOnly {
			continue
		}
		if err := diff(ctx, dialect, dir, name); err != nil {
			return fmt.Errorf("%s: %w", dialect, err)
		}
	}
	return nil
}

func rehash(dir *migrate.LocalDir) error {
	sum, err := dir.Checksum()
	if err != nil {
		return err
	}
	return migrate.WriteSumFile(dir, sum)
}

func diff(ctx context.Context, dialect string, dir migrate.Dir, name string) (err error) {
	source, drop, err := scratch(ctx, dialect)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop(ctx)) }()
	before, err := dir.Files()
	if err != nil {
		return err
	}
	written, err := plan.Write(ctx, source, dir, name)
	if err != nil {
		return err
	}
	if !written {
		fmt.Println(dialect + ": nothing to do")
		return nil
	}
	after, err := dir.Files()
	if err != nil {
		return err
	}
	for _, f := range after {
		if !slices.ContainsFunc(before, func(b migrate.File) bool { return b.Name() == f.Name() }) {
			fmt.Println(dialect + ": wrote " + f.Name())
		}
	}
	return nil
}

func scratch(ctx context.Context, dialect string) (dsn.Source, func(context.Context) error, error) {
	variable := map[string]string{"postgres": "LATCHKEEP_TEST_POSTGRES_URL", "mysql": "LATCHKEEP_TEST_MYSQL_URL"}[dialect]
	if variable == "" {
		return plan.ScratchFile()
	}
	admin, err := dsn.Parse(os.Getenv(variable))
	if err != nil {
		return dsn.Source{}, nil, fmt.Errorf("%s: %w", variable, err)
	}
	return plan.Scratch(ctx, admin, "")
}
