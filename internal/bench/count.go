package main

import (
	"context"
	"fmt"
	"time"
)

// counted is how often an operation is done while its statements are counted.
const counted = 8

// quiet is how long the program is watched doing nothing: longer than its polls are apart.
const quiet = 7 * time.Second

// countAll counts the statements of each operation, apart from the measuring, which the counting would disturb.
func (d *deployment) countAll(ctx context.Context, all []*measurement) error {
	idle, err := d.db.count(ctx, func() error {
		select {
		case <-time.After(quiet):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil {
		return err
	}
	for _, m := range all {
		var before, after map[string]int
		found, err := d.db.count(ctx, func() error {
			var err error
			if before, err = d.db.sizes(ctx); err != nil {
				return err
			}
			if _, err = d.repeat(ctx, m.op, counted, 1); err != nil {
				return err
			}
			if after, err = d.db.sizes(ctx); err != nil {
				return err
			}
			return d.db.rest(ctx)
		})
		if err != nil {
			return fmt.Errorf("count the statements of %s: %w", m.Name, err)
		}
		for table, n := range after {
			if grown := n - before[table]; grown != counted*m.op.grows[table] {
				return fmt.Errorf("%d times %s: the table %s grew by %d rows, not by %d", counted, m.Name, table, grown, counted*m.op.grows[table])
			}
		}
		m.Counted = true
		for _, s := range found {
			if s.role == workerRole { // its polls are the same statements as its work
				s.PerOp, s.RowsPer = float64(s.calls)/counted, float64(s.rows)/counted
				m.Deliveries = append(m.Deliveries, s)
			}
		}
		for _, s := range subtract(found, idle) {
			if s.role != serverRole {
				continue
			}
			s.PerOp, s.RowsPer = float64(s.calls)/counted, float64(s.rows)/counted
			m.Sent += s.PerOp
			if s.writes() {
				m.Written += s.RowsPer
			}
			m.Statements = append(m.Statements, s)
		}
	}
	return nil
}

// tables are those that an operation is expected to add rows to, or not to.
var tables = []string{"tenants", "users", "emails", "password_credentials", "sessions", "flows"}

// sizes are the numbers of rows.
func (db *benchDatabase) sizes(ctx context.Context) (map[string]int, error) {
	sizes := map[string]int{}
	for _, table := range tables {
		n, err := db.number(ctx, "SELECT count(*) FROM "+table)
		if err != nil {
			return nil, err
		}
		sizes[table] = n
	}
	return sizes, nil
}
