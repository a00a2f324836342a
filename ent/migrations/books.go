package migrations

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/latchkeep/latchkeep/ent/ddl"
)

// booksTable is where the Atlas tools write down what was applied.
const booksTable = "atlas_schema_revisions"

// cloudRow is a row that the Atlas command-line tool keeps among the versions for itself.
const cloudRow = ".atlas_cloud_identifier"

// openBooks makes sure that the table is there, made as the command-line tool makes it.
func (m *Migrator) openBooks(ctx context.Context) (books, error) {
	columns := []*schema.Column{
		{Name: "version", Type: field.TypeString},
		{Name: "description", Type: field.TypeString},
		{Name: "type", Type: field.TypeUint, Default: 2},
		{Name: "applied", Type: field.TypeInt, Default: 0},
		{Name: "total", Type: field.TypeInt, Default: 0},
		{Name: "executed_at", Type: field.TypeTime},
		{Name: "execution_time", Type: field.TypeInt64},
		{Name: "error", Type: field.TypeString, Nullable: true, Size: 2147483647},
		{Name: "error_stmt", Type: field.TypeString, Nullable: true, Size: 2147483647},
		{Name: "hash", Type: field.TypeString},
		{Name: "partial_hashes", Type: field.TypeJSON, Nullable: true},
		{Name: "operator_version", Type: field.TypeString},
	}
	b := books{dialect: m.source.Dialect}
	if m.source.Dialect == dialect.Postgres {
		if err := m.db.QueryRowContext(ctx, "SELECT current_schema()").Scan(&b.schema); err != nil {
			return books{}, fmt.Errorf("find the schema to migrate: %w", err)
		}
	}
	tx, err := m.db.BeginTx(ctx, nil) // on SQLite it takes the write lock, so that the second to come sees the table of the first
	if err != nil {
		return books{}, fmt.Errorf("make table %s: %w", booksTable, err)
	}
	creator, err := schema.NewMigrate(inTx{entsql.NewDriver(m.source.Dialect, entsql.Conn{ExecQuerier: tx})})
	if err == nil {
		err = creator.Create(ctx, &schema.Table{Name: booksTable, Columns: columns, PrimaryKey: columns[:1]})
	}
	if err != nil {
		return books{}, errors.Join(fmt.Errorf("make table %s: %w", booksTable, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return books{}, fmt.Errorf("make table %s: %w", booksTable, err)
	}
	return b, nil
}

// inTx has ent make tables inside a transaction that is open already.
type inTx struct{ *entsql.Driver }

func (d inTx) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

func (d inTx) BeginTx(context.Context, *entsql.TxOptions) (dialect.Tx, error) {
	return dialect.NopTx(d), nil
}

// mustBeEmpty refuses a database without books that has tables by our names.
func (m *Migrator) mustBeEmpty(ctx context.Context, on atlas.ExecQuerier) error {
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	switch m.source.Dialect {
	case dialect.Postgres:
		query = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()"
	case dialect.SQLite:
		query = "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	rows, err := on.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("look for tables: %w", err)
	}
	defer rows.Close()
	there := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("look for tables: %w", err)
		}
		there[name] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("look for tables: %w", err)
	}
	for _, t := range ddl.Tables(m.source.Dialect) {
		if there[t.Name] {
			return fmt.Errorf("%w: it has a table %q", ErrNotEmpty, t.Name)
		}
	}
	return nil
}

// books are the rows about what was applied, on a database or inside a transaction.
type books struct {
	dialect string
	schema  string
	db      atlas.ExecQuerier
}

func (b books) on(db atlas.ExecQuerier) books {
	b.db = db
	return b
}

// Ident names the table.
func (b books) Ident() *migrate.TableIdent {
	return &migrate.TableIdent{Name: booksTable, Schema: b.schema}
}

// ReadRevisions reads all rows, oldest version first.
func (b books) ReadRevisions(ctx context.Context) ([]*migrate.Revision, error) {
	return b.read(ctx, "version <> "+b.mark(1)+" ORDER BY version", cloudRow)
}

// ReadRevision reads the row of a version.
func (b books) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	found, err := b.read(ctx, "version = "+b.mark(1), version)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, migrate.ErrRevisionNotExist
	}
	return found[0], nil
}

func (b books) read(ctx context.Context, where string, args ...any) ([]*migrate.Revision, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT version, description, type, applied, total, executed_at, execution_time, error, error_stmt, hash, "+
		"partial_hashes, operator_version FROM "+booksTable+" WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", booksTable, err)
	}
	defer rows.Close()
	var out []*migrate.Revision
	for rows.Next() {
		r := &migrate.Revision{}
		var failed, statement sql.NullString
		var partial []byte
		err := rows.Scan(&r.Version, &r.Description, &r.Type, &r.Applied, &r.Total, &r.ExecutedAt, &r.ExecutionTime, &failed, &statement, &r.Hash,
			&partial, &r.OperatorVersion)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", booksTable, err)
		}
		r.Error, r.ErrorStmt = failed.String, statement.String
		if len(partial) > 0 {
			if err := json.Unmarshal(partial, &r.PartialHashes); err != nil {
				return nil, fmt.Errorf("read %s: partial hashes of %s: %w", booksTable, r.Version, err)
			}
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", booksTable, err)
	}
	return out, nil
}

// WriteRevision writes the row of a version, new or known. Nobody else writes it meanwhile: the lock is held.
func (b books) WriteRevision(ctx context.Context, r *migrate.Revision) error {
	partial, err := json.Marshal(r.PartialHashes)
	if err != nil {
		return fmt.Errorf("write %s: %w", booksTable, err)
	}
	values := []any{
		r.Description, uint(r.Type), r.Applied, r.Total, r.ExecutedAt.UTC(), int64(r.ExecutionTime), r.Error, r.ErrorStmt, r.Hash, string(partial),
		r.OperatorVersion, r.Version,
	}
	columns := []string{
		"description", "type", "applied", "total", "executed_at", "execution_time", "error", "error_stmt", "hash", "partial_hashes",
		"operator_version", "version",
	}
	_, err = b.ReadRevision(ctx, r.Version)
	switch {
	case errors.Is(err, migrate.ErrRevisionNotExist):
		marks := make([]string, len(columns))
		for i := range columns {
			marks[i] = b.mark(i + 1)
		}
		_, err = b.db.ExecContext(ctx, "INSERT INTO "+booksTable+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", values...)
	case err == nil:
		set := make([]string, len(columns)-1)
		for i := range set {
			set[i] = columns[i] + " = " + b.mark(i+1)
		}
		_, err = b.db.ExecContext(ctx, "UPDATE "+booksTable+" SET "+strings.Join(set, ", ")+" WHERE version = "+b.mark(len(columns)), values...)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", booksTable, err)
	}
	return nil
}

// DeleteRevision deletes the row of a version.
func (b books) DeleteRevision(ctx context.Context, version string) error {
	if _, err := b.db.ExecContext(ctx, "DELETE FROM "+booksTable+" WHERE version = "+b.mark(1), version); err != nil {
		return fmt.Errorf("write %s: %w", booksTable, err)
	}
	return nil
}

func (b books) mark(n int) string {
	if b.dialect == dialect.Postgres {
		return fmt.Sprintf("$%d", n)
	}
	return "?"
}
