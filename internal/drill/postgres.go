package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
)

// postgres has the roles of docs/install-postgresql.md, and the one of docs/backup.md that takes backups.
type postgres struct {
	admin    *url.URL // of a superuser
	roles    string   // what their names begin with
	password string
	name     string // of the database
	backup   string // file
}

func newPostgres(ctx context.Context, server, backup string) (*postgres, error) {
	admin, err := url.Parse(server)
	if err != nil || server == "" {
		return nil, errors.New("LATCHKEEP_TEST_POSTGRES_URL names no server; run scripts/backup-drill")
	}
	unique := strings.ToLower(rand.Text()[:8])
	p := &postgres{admin: admin, roles: "drill_" + unique, password: rand.Text(), name: "drill_" + unique, backup: backup}
	err = execute(
		ctx, server,
		fmt.Sprintf("CREATE ROLE %s_owner LOGIN PASSWORD '%s'", p.roles, p.password),
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", p.roles, p.password),
		fmt.Sprintf("CREATE ROLE %s_backup LOGIN BYPASSRLS PASSWORD '%s' IN ROLE pg_read_all_data", p.roles, p.password),
		p.create(),
	)
	if err != nil {
		return nil, err
	}
	return p, execute(
		ctx, p.as("_owner"),
		fmt.Sprintf("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %s", p.roles),
		fmt.Sprintf("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %s", p.roles),
	)
}

func (p *postgres) create() string {
	return fmt.Sprintf("CREATE DATABASE %s OWNER %s_owner ENCODING 'UTF8' TEMPLATE template0", p.name, p.roles)
}

// as is the URL of the database for a role.
func (p *postgres) as(suffix string) string {
	u := *p.admin
	u.User, u.Path = url.UserPassword(p.roles+suffix, p.password), "/"+p.name
	return u.String()
}

func (p *postgres) urls() (string, string) { return p.as(""), p.as("_owner") }

func (p *postgres) tool() string { return "pg_dump" }

func (p *postgres) counts(ctx context.Context) (map[string]int, error) {
	return count(ctx, p.as("_backup"), `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
		WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
}

func (p *postgres) dump(ctx context.Context) error {
	_, err := output(exec.CommandContext(ctx, "pg_dump", "--format=custom", "--file="+p.backup, "--dbname="+p.as("_backup")))
	return err
}

func (p *postgres) destroy(ctx context.Context) error {
	return execute(ctx, p.admin.String(), "DROP DATABASE "+p.name+" WITH (FORCE)")
}

func (p *postgres) restore(ctx context.Context) error {
	p.name += "_again"
	if err := execute(ctx, p.admin.String(), p.create()); err != nil {
		return err
	}
	_, err := output(exec.CommandContext(ctx, "pg_restore", "--exit-on-error", "--no-owner", "--dbname="+p.as("_owner"), p.backup))
	return err
}
