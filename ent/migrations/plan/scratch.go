package plan

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/latchkeep/latchkeep/ent/dsn"
)

// Scratch makes a new empty database on the server of admin, whose user must be allowed to, and returns it with a function that drops it.
// Template names the PostgreSQL database to copy, or is empty.
func Scratch(ctx context.Context, admin dsn.Source, template string) (dsn.Source, func(context.Context) error, error) {
	db, err := admin.OpenPlain()
	if err != nil {
		return dsn.Source{}, nil, err
	}
	defer db.Close()
	name := "scratch_" + strings.ToLower(rand.Text())
	create := "CREATE DATABASE " + name
	switch {
	case template != "":
		create += " TEMPLATE " + template
	case admin.Dialect == dialect.MySQL:
		create += " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
	}
	if _, err := db.ExecContext(ctx, create); err != nil {
		return dsn.Source{}, nil, fmt.Errorf("create scratch database: %w", err)
	}
	u, err := url.Parse(admin.Raw())
	if err != nil {
		return dsn.Source{}, nil, errors.New("create scratch database: malformed URL")
	}
	u.Path = "/" + name
	source, err := dsn.Parse(u.String())
	if err != nil {
		return dsn.Source{}, nil, err
	}
	drop := func(ctx context.Context) error {
		db, err := admin.OpenPlain()
		if err != nil {
			return err
		}
		defer db.Close()
		statement := "DROP DATABASE IF EXISTS " + name
		if admin.Dialect == dialect.Postgres {
			statement += " WITH (FORCE)"
		}
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("drop scratch database: %w", err)
		}
		return nil
	}
	return source, drop, nil
}

// ScratchFile makes a new empty SQLite database in a directory of its own.
func ScratchFile() (dsn.Source, func(context.Context) error, error) {
	dir, err := os.MkdirTemp("", "latchkeep-scratch-")
	if err != nil {
		return dsn.Source{}, nil, fmt.Errorf("create scratch database: %w", err)
	}
	source, err := dsn.Parse("sqlite://" + (&url.URL{Path: filepath.Join(dir, "scratch.db")}).EscapedPath() + "?synchronous=off")
	if err != nil {
		return dsn.Source{}, nil, err
	}
	return source, func(context.Context) error { return os.RemoveAll(dir) }, nil
}
