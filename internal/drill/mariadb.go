package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
)

// mariaDB has the users of docs/mysql.md.
type mariaDB struct {
	admin    *url.URL
	users    string // what their names begin with
	password string
	name     string // of the database
	backup   string // file
}

func newMariaDB(ctx context.Context, server, backup string) (*mariaDB, error) {
	admin, err := url.Parse(server)
	if err != nil || server == "" {
		return nil, errors.New("LATCHKEEP_TEST_MYSQL_URL names no server; run scripts/backup-drill")
	}
	unique := strings.ToLower(rand.Text()[:8])
	m := &mariaDB{admin: admin, users: "drill_" + unique, password: rand.Text(), name: "drill_" + unique, backup: backup}
	if err := execute(
		ctx, server,
		fmt.Sprintf("CREATE USER %s_owner IDENTIFIED BY '%s'", m.users, m.password),
		fmt.Sprintf("CREATE USER %s IDENTIFIED BY '%s'", m.users, m.password),
	); err != nil {
		return nil, err
	}
	return m, m.create(ctx)
}

func (m *mariaDB) create(ctx context.Context) error {
	return execute(
		ctx, m.admin.String(),
		"CREATE DATABASE "+m.name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
		"GRANT ALL ON "+m.name+".* TO "+m.users+"_owner",
		"GRANT SELECT, INSERT, UPDATE, DELETE ON "+m.name+".* TO "+m.users,
	)
}

func (m *mariaDB) as(suffix string) string {
	u := *m.admin
	u.User, u.Path = url.UserPassword(m.users+suffix, m.password), "/"+m.name
	return u.String()
}

func (m *mariaDB) urls() (string, string) { return m.as(""), m.as("_owner") }

func (m *mariaDB) tool() string { return "mariadb-dump" }

func (m *mariaDB) counts(ctx context.Context) (map[string]int, error) {
	return count(ctx, m.as("_owner"), "SELECT concat('`', table_name, '`') FROM information_schema.tables WHERE table_schema = database()")
}

// client is a command of MariaDB's, as the owner. The password is not among its arguments, where others could see it.
func (m *mariaDB) client(ctx context.Context, name string, args ...string) *exec.Cmd {
	args = append([]string{
		"--no-defaults", "--protocol=tcp", "--host=" + m.admin.Hostname(), "--port=" + m.admin.Port(), "--user=" + m.users + "_owner",
	}, args...)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "MYSQL_PWD="+m.password)
	return cmd
}

func (m *mariaDB) dump(ctx context.Context) error {
	_, err := output(m.client(ctx, "mariadb-dump", "--single-transaction", "--no-tablespaces", "--hex-blob", "--result-file="+m.backup, m.name))
	return err
}

func (m *mariaDB) destroy(ctx context.Context) error {
	return execute(ctx, m.admin.String(), "DROP DATABASE "+m.name)
}

func (m *mariaDB) restore(ctx context.Context) error {
	m.name += "_again"
	if err := m.create(ctx); err != nil {
		return err
	}
	backup, err := os.Open(m.backup)
	if err != nil {
		return err
	}
	defer backup.Close()
	cmd := m.client(ctx, "mariadb", m.name)
	cmd.Stdin = backup
	_, err = output(cmd)
	return err
}
