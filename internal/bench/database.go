package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/latchkeep/latchkeep/internal/procstat"
)

// The roles, as docs/install-postgresql.md has them, with one for the worker so that its statements can be told from the server's.
const (
	ownerRole    = "bench_owner"
	serverRole   = "bench_server"
	workerRole   = "bench_worker"
	rolePassword = "bench"
)

// A benchDatabase is the database under measurement, and a connection of the superuser to watch it.
type benchDatabase struct {
	mu         sync.Mutex
	conn       *pgx.Conn
	url        *url.URL
	name       string
	server     int // the process that started all others
	watching   int // the process that serves conn, whose time does not count
	version    string
	statements bool // pg_stat_statements is there
}

// openDatabase makes an empty database, and the roles where they are not there yet.
func openDatabase(ctx context.Context, admin, name string) (*benchDatabase, error) {
	u, err := url.Parse(admin)
	if err != nil {
		return nil, fmt.Errorf("parse the URL of PostgreSQL: %w", err)
	}
	first, err := pgx.Connect(ctx, admin)
	if err != nil {
		return nil, err
	}
	defer first.Close(ctx)
	commands := []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"}
	for _, role := range []string{ownerRole, serverRole, workerRole} {
		commands = append(commands, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '"+role+"') THEN CREATE ROLE "+role+" LOGIN; END IF; END $$",
			"ALTER ROLE "+role+" PASSWORD '"+rolePassword+"'")
	}
	commands = append(commands, "CREATE DATABASE "+name+" OWNER "+ownerRole)
	if err := execute(ctx, first, commands...); err != nil {
		return nil, err
	}
	db := &benchDatabase{url: u, name: name}
	if db.conn, err = pgx.Connect(ctx, db.as("")); err != nil {
		return nil, err
	}
	return db, db.prepare(ctx)
}

func execute(ctx context.Context, conn *pgx.Conn, commands ...string) error {
	for _, command := range commands {
		if _, err := conn.Exec(ctx, command); err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
	}
	return nil
}

func (db *benchDatabase) prepare(ctx context.Context) error {
	err := execute(ctx, db.conn, "SET ROLE "+ownerRole,
		"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "+serverRole+", "+workerRole,
		"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO "+serverRole+", "+workerRole,
		"RESET ROLE")
	if err != nil {
		return err
	}
	if err := db.conn.QueryRow(ctx, "SELECT pg_backend_pid(), current_setting('server_version')").Scan(&db.watching, &db.version); err != nil {
		return err
	}
	if db.server, err = procstat.Parent(db.watching); err != nil {
		return fmt.Errorf("find the processes of PostgreSQL: %w", err)
	}
	var preloaded string
	if err := db.conn.QueryRow(ctx, "SELECT current_setting('shared_preload_libraries')").Scan(&preloaded); err != nil {
		return err
	}
	if db.statements = preloaded == "pg_stat_statements"; !db.statements {
		return nil
	}
	return execute(ctx, db.conn, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
		"ALTER SYSTEM SET pg_stat_statements.track_utility = off", "ALTER SYSTEM SET pg_stat_statements.track = 'none'", "SELECT pg_reload_conf()")
}

// as is the URL of the database for a role; for the superuser where empty.
func (db *benchDatabase) as(role string) string {
	u := *db.url
	if role != "" {
		u.User = url.UserPassword(role, rolePassword)
	}
	u.Path = "/" + db.name
	return u.String()
}

func (db *benchDatabase) close(ctx context.Context) { _ = db.conn.Close(ctx) }

// cpu is what the processes of the server have used: those that serve the worker, and all others but the one that watches.
func (db *benchDatabase) cpu(ctx context.Context) (worker, others time.Duration, err error) {
	db.mu.Lock()
	pids := func(query string, args ...any) (found []int) {
		if err != nil {
			return nil
		}
		var rows pgx.Rows
		if rows, err = db.conn.Query(ctx, query, args...); err == nil {
			found, err = pgx.CollectRows(rows, pgx.RowTo[int])
		}
		return found
	}
	workers := pids("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = $1", workerRole)
	elsewhere := pids("SELECT pid FROM pg_stat_activity WHERE datname <> current_database()") // of deployments beside this one
	db.mu.Unlock()
	if err != nil {
		return 0, 0, fmt.Errorf("list the sessions of the worker: %w", err)
	}
	children, others, err := procstat.Children(db.server)
	if err != nil {
		return 0, 0, err
	}
	for _, pid := range append(children, db.server) {
		used, err := procstat.CPU(pid)
		switch {
		case err != nil: // it ended, and is among the server's ended ones
		case pid == db.watching, slices.Contains(elsewhere, pid):
		case slices.Contains(workers, pid):
			worker += used
		default:
			others += used
		}
	}
	return worker, others, nil
}

// number asks for one number.
func (db *benchDatabase) number(ctx context.Context, query string) (int, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	var n int
	if err := db.conn.QueryRow(ctx, query).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", query, err)
	}
	return n, nil
}

// rest waits until the worker has nothing left to do. What failed is tried again after the lease of two minutes.
func (db *benchDatabase) rest(ctx context.Context) error { return db.restFor(ctx, 3*time.Minute) }

func (db *benchDatabase) restFor(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, 20*time.Millisecond, func() (bool, error) {
		n, err := db.number(ctx, "SELECT count(*) FROM outbox WHERE state = 'ready'")
		return n == 0, err
	})
}

// until asks now and then until the answer is yes.
func until(ctx context.Context, every time.Duration, ask func() (bool, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
