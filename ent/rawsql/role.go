package rawsql

import (
	"context"
	"database/sql"
	"fmt"

	"entgo.io/ent/dialect"
)

// Role is what the database role of the program may do, as far as the isolation of tenants depends on it.
type Role struct {
	// RowSecurity reports whether the database knows row-level security at all, and has it on for every table of a tenant.
	RowSecurity bool
	// Bypasses reports that the role is a superuser or has BYPASSRLS: the policies do not bind it.
	Bypasses bool
	// Owns reports that the role owns the tables: the policies bind it, but it could take them away.
	Owns bool
}

// DatabaseRole tells about the role that the statements run as. It needs no scope. On MySQL and SQLite it is the zero Role.
//
// Why raw: it asks the catalogue of PostgreSQL.
func (q *Queries) DatabaseRole(ctx context.Context) (Role, error) {
	if q.dialect != dialect.Postgres {
		return Role{}, nil
	}
	rows, err := q.query(ctx, `SELECT r.rolsuper OR r.rolbypassrls,
		EXISTS (SELECT 1 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = current_schema()::regnamespace
			AND c.relkind = 'r' AND a.attname = 'tenant_id' AND pg_has_role(c.relowner, 'MEMBER')),
		COALESCE((SELECT bool_and(c.relrowsecurity AND c.relforcerowsecurity) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
			WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attname = 'tenant_id'), false)
		FROM pg_roles r WHERE r.rolname = current_user`)
	found, err := collect(rows, err, func(rows *sql.Rows) (r Role, err error) {
		return r, rows.Scan(&r.Bypasses, &r.Owns, &r.RowSecurity)
	})
	if err != nil {
		return Role{}, fmt.Errorf("ask for the rights of the role: %w", err)
	}
	if len(found) == 0 {
		return Role{}, fmt.Errorf("ask for the rights of the role: it does not exist")
	}
	return found[0], nil
}
