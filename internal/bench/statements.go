package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// A statement is one that a role sent, as PostgreSQL counts it: with placeholders for its values.
type statement struct {
	Query   string  `json:"query"`
	PerOp   float64 `json:"per_operation"`
	RowsPer float64 `json:"rows_per_operation"`
	// Took is how long one took the database, and Pages how many pages of 8 KB it touched.
	Took  float64 `json:"execution_us"`
	Pages float64 `json:"pages"`
	role  string
	calls int
	rows  int
}

// count has PostgreSQL count the statements of the server and of the worker while something is done. BEGIN and COMMIT are not counted.
func (db *benchDatabase) count(ctx context.Context, do func() error) ([]statement, error) {
	if err := db.track(ctx, "top"); err != nil {
		return nil, err
	}
	if err := do(); err != nil {
		return nil, err
	}
	db.mu.Lock()
	rows, err := db.conn.Query(ctx, `SELECT r.rolname, s.query, s.calls::int, s.rows::int, s.mean_exec_time * 1000,
		(s.shared_blks_hit + s.shared_blks_read)::float / s.calls FROM pg_stat_statements s
		JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname IN ($1, $2) ORDER BY s.calls DESC, s.query`, serverRole, workerRole)
	var found []statement
	if err == nil {
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (statement, error) {
			var s statement
			return s, row.Scan(&s.role, &s.Query, &s.calls, &s.rows, &s.Took, &s.Pages)
		})
	}
	db.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("read the counted statements: %w", err)
	}
	return found, db.track(ctx, "none")
}

// track switches the counting of all sessions; the count begins anew.
func (db *benchDatabase) track(ctx context.Context, what string) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := execute(ctx, db.conn, "ALTER SYSTEM SET pg_stat_statements.track = '"+what+"'", "SELECT pg_reload_conf()"); err != nil {
		return err
	}
	// Each session reads the configuration before its next statement after the signal; ours is among the last to get it.
	err := until(ctx, 5*time.Millisecond, func() (bool, error) {
		var is string
		err := db.conn.QueryRow(ctx, "SELECT current_setting('pg_stat_statements.track')").Scan(&is)
		return is == what, err
	})
	if err != nil || what == "none" {
		return err
	}
	return execute(ctx, db.conn, "SELECT pg_stat_statements_reset()")
}

// subtract leaves out what is also sent while nobody asks for anything: polls.
func subtract(counted, idle []statement) []statement {
	return slices.DeleteFunc(counted, func(s statement) bool {
		return slices.ContainsFunc(idle, func(i statement) bool { return i.role == s.role && i.Query == s.Query })
	})
}

// writes says whether a statement changes rows. Those that begin with WITH only read: PostgreSQL's counts do not tell otherwise.
func (s statement) writes() bool {
	word := strings.ToUpper(strings.Fields(s.Query + " ;")[0])
	return slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "MERGE"}, word)
}
