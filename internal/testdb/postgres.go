package testdb

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/latchkeep/latchkeep/ent/dsn"
	files "github.com/latchkeep/latchkeep/ent/migrate/migrations"
	"github.com/latchkeep/latchkeep/ent/migrations"
)

// The roles: one owns the tables, the other is the program. Neither is a superuser.
const (
	ownerRole = "latchkeep_test_owner"
	appRole   = "latchkeep_test_app"
	password  = "latchkeep"
)

// templateLock is held while the roles and the template are made, by whichever test process comes first.
const templateLock = 7031961

type template struct {
	name string
	err  error
}

var postgresTemplates sync.Map // of the server's URL → func() template

// postgresTemplate is the name of a migrated database to copy. It stays on the server for the next test process.
func postgresTemplate(admin dsn.Source) (string, error) {
	once, _ := postgresTemplates.LoadOrStore(admin.Raw(), sync.OnceValue(func() template {
		name, err := makeTemplate(context.Background(), admin)
		return template{name, err}
	}))
	made := once.(func() template)()
	return made.name, made.err
}

func makeTemplate(ctx context.Context, admin dsn.Source) (name string, err error) {
	sum, err := files.Dir("postgres")
	if err != nil {
		return "", err
	}
	content, err := fs.ReadFile(sum, "atlas.sum")
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(content)
	name = "latchkeep_template_v2_" + hex.EncodeToString(digest[:8])

	db, err := admin.OpenPlain()
	if err != nil {
		return "", err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
		return "", err
	}
	defer func() {
		_, unlock := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", templateLock)
		err = errors.Join(err, unlock)
	}()
	if err := makeRoles(ctx, conn); err != nil {
		return "", err
	}
	// The template is ready once it is marked as one: a process that dies midway leaves none.
	var ready bool
	err = conn.QueryRowContext(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", name).Scan(&ready)
	switch {
	case err == nil && ready:
		return name, nil
	case err == nil:
		if _, err := conn.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			return "", err
		}
	case !errors.Is(err, sql.ErrNoRows):
		return "", err
	}
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+name+" OWNER "+ownerRole); err != nil {
		return "", err
	}
	if err := migrateTemplate(ctx, admin, name); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	return name, err
}

func makeRoles(ctx context.Context, conn *sql.Conn) error {
	for _, role := range []string{ownerRole, appRole} {
		var there bool
		if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)", role).Scan(&there); err != nil {
			return err
		}
		if there {
			continue
		}
		if _, err := conn.ExecContext(ctx, "CREATE ROLE "+role+" LOGIN PASSWORD '"+password+"'"); err != nil {
			return err
		}
	}
	return nil
}

func migrateTemplate(ctx context.Context, admin dsn.Source, name string) error {
	owner, err := with(admin, ownerRole, name)
	if err != nil {
		return err
	}
	db, err := owner.OpenPlain()
	if err != nil {
		return err
	}
	// As the documentation tells operators to: once, before the first migration.
	_, err = db.ExecContext(ctx, "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "+appRole)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	m, err := migrations.Open(owner.Raw(), nil)
	if err != nil {
		return err
	}
	_, err = m.Up(ctx)
	return errors.Join(err, m.Close())
}

func newPostgres(t testing.TB, admin dsn.Source) string {
	t.Helper()
	from, err := postgresTemplate(admin)
	if err != nil {
		t.Fatalf("make template: %v", err)
	}
	name := createPostgres(t, admin, " TEMPLATE "+from)
	app, err := with(admin, appRole, name)
	if err != nil {
		t.Fatal(err)
	}
	return app.Raw()
}

func emptyPostgres(t testing.TB, admin dsn.Source) dsn.Source {
	t.Helper()
	if _, err := postgresTemplate(admin); err != nil { // makes the roles
		t.Fatalf("make roles: %v", err)
	}
	owner, err := with(admin, ownerRole, createPostgres(t, admin, ""))
	if err != nil {
		t.Fatal(err)
	}
	return owner
}

// Owner is the URL of the role that owns the tables of a database made by New.
func Owner(t testing.TB, appURL string) string {
	t.Helper()
	u, err := url.Parse(appURL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(ownerRole, password)
	return u.String()
}

// Program is the URL of the role of the program for a database made by Empty. It has no rights there until its owner grants some.
func Program(t testing.TB, owner dsn.Source) dsn.Source {
	t.Helper()
	u, err := url.Parse(owner.Raw())
	if err != nil {
		t.Fatal(err)
	}
	program, err := with(owner, appRole, strings.TrimPrefix(u.Path, "/"))
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func createPostgres(t testing.TB, admin dsn.Source, options string) string {
	t.Helper()
	name := "latchkeep_test_" + strings.ToLower(rand.Text()[:16])
	run(t, admin, t.Context(), "CREATE DATABASE "+name+" OWNER "+ownerRole+options)
	t.Cleanup(func() { run(t, admin, context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	return name
}

// run runs a statement of the administrator.
func run(t testing.TB, admin dsn.Source, ctx context.Context, statement string) {
	t.Helper()
	db, err := admin.OpenPlain()
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(ctx, statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// with is the URL of the server with another user and database.
func with(admin dsn.Source, user, database string) (dsn.Source, error) {
	u, err := url.Parse(admin.Raw())
	if err != nil {
		return dsn.Source{}, fmt.Errorf("parse URL: %w", err)
	}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	u.Path = "/" + database
	return dsn.Parse(u.String())
}
