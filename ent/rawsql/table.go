package rawsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/ddl"
)

// Why raw: a tenant that moves is copied row by row, whatever the table. ent would need one reader and one writer for each table and would fill
// in what the row does not say, such as times and ids; here the columns come from the schema, so that a new one cannot be forgotten.

// A Kind says what the cells of a column are.
type Kind int

// The kinds of columns, with the type of their cells; a cell may be nil where the column is nullable.
const (
	UUID  Kind = iota // uuid.UUID
	Text              // string
	Bytes             // []byte
	Time              // time.Time, in UTC
	Bool              // bool
	Int               // int64
	JSON              // json.RawMessage
)

// A Column is a column of a Table.
type Column struct {
	Name     string
	Kind     Kind
	Size     int64 // the most bytes; 0 where the schema says nothing
	Long     bool  // of a Text: of any length
	Unsigned bool  // of an Int: of 32 bits, not negative
	Nullable bool
	// Default is the cell where a row does not say: nil where there is none.
	Default any
}

// A Table is a table of a tenant. Its columns are all but that of the tenant.
type Table struct {
	Name    string
	Columns []Column

	bulk bulkTable
}

// A Row is a row of a Table: its cells, in the order of the columns.
type Row []any

// At is the position of a column, -1 where the table has none of that name.
func (t *Table) At(column string) int {
	for i, c := range t.Columns {
		if c.Name == column {
			return i
		}
	}
	return -1
}

var tenantTables = sync.OnceValue(func() map[string]*Table {
	owned := map[string]bool{}
	for _, name := range ddl.TenantTables() {
		owned[name] = true
	}
	tables := map[string]*Table{}
	for _, t := range ddl.Tables(dialect.SQLite) {
		if owned[t.Name] {
			tables[t.Name] = newTable(t)
		}
	}
	return tables
})

// TableOf finds a table of tenants by its name.
func TableOf(name string) (*Table, bool) {
	t, ok := tenantTables()[name]
	return t, ok
}

func newTable(from *schema.Table) *Table {
	t := &Table{Name: from.Name, bulk: bulkTable{name: from.Name}}
	for _, c := range from.Columns {
		if c.Name == ddl.TenantColumn {
			continue
		}
		kind, typed := kindOf(c.Type)
		column := Column{Name: c.Name, Kind: kind, Size: c.Size, Unsigned: c.Type == field.TypeUint32, Nullable: c.Nullable}
		switch v := c.Default.(type) {
		case string, bool:
			column.Default = v
		case int:
			column.Default = int64(v)
		}
		if column.Size >= 1<<31-1 {
			column.Size, column.Long = 0, true
		}
		t.Columns = append(t.Columns, column)
		t.bulk.columns, t.bulk.types = append(t.bulk.columns, c.Name), append(t.bulk.types, typed)
	}
	return t
}

// kindOf is the kind of a column, and its type on PostgreSQL.
func kindOf(t field.Type) (Kind, string) {
	switch t {
	case field.TypeUUID:
		return UUID, "uuid"
	case field.TypeBytes:
		return Bytes, "bytea"
	case field.TypeTime:
		return Time, "timestamptz"
	case field.TypeBool:
		return Bool, "boolean"
	case field.TypeInt, field.TypeInt64, field.TypeUint32:
		return Int, "bigint"
	case field.TypeJSON:
		return JSON, "jsonb"
	default:
		return Text, "text"
	}
}

// Which chooses rows of a table: those whose column is one of the values; none of them means those where it is null.
type Which struct {
	Column string
	Values []any
}

// RowsAfter reads rows of the tenant in scope, in the order of their ids: at most limit behind an id, all where which is nil.
func (q *Queries) RowsAfter(ctx context.Context, t *Table, which *Which, after uuid.UUID, limit int) ([]Row, error) {
	where, args := which.condition()
	return q.rowsOf(ctx, t, where+` AND id > ? ORDER BY id LIMIT ?`, append(args, after, limit)...)
}

// RowsOf reads all rows of the tenant in scope that are chosen, in the order of their ids.
func (q *Queries) RowsOf(ctx context.Context, t *Table, which Which) ([]Row, error) {
	where, args := which.condition()
	return q.rowsOf(ctx, t, where+` ORDER BY id`, args...)
}

func (w *Which) condition() (string, []any) {
	switch {
	case w == nil:
		return "", nil
	case len(w.Values) == 0:
		return ` AND ` + w.Column + ` IS NULL`, nil
	default:
		return ` AND ` + w.Column + ` IN (` + marks(len(w.Values)) + `)`, w.Values
	}
}

func (q *Queries) rowsOf(ctx context.Context, t *Table, where string, args ...any) ([]Row, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("read rows of %s: %w", t.Name, err)
	}
	rows, err := q.query(ctx, `SELECT `+strings.Join(t.bulk.columns, ", ")+` FROM `+t.Name+` WHERE tenant_id = ?`+where, append([]any{owner}, args...)...)
	found, err := collect(rows, err, t.scan)
	if err != nil {
		return nil, fmt.Errorf("read rows of %s: %w", t.Name, err)
	}
	return found, nil
}

func (t *Table) scan(rows *sql.Rows) (Row, error) {
	into := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		switch c.Kind {
		case UUID:
			into[i] = &uuid.NullUUID{}
		case Text:
			into[i] = &sql.NullString{}
		case Bytes, JSON:
			into[i] = &[]byte{}
		case Time:
			into[i] = &sql.NullTime{}
		case Bool:
			into[i] = &sql.NullBool{}
		case Int:
			into[i] = &sql.NullInt64{}
		}
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	row := make(Row, len(into))
	for i, cell := range into {
		row[i] = cellOf(t.Columns[i], cell)
	}
	return row, nil
}

// cellOf is what was read, nil for NULL.
func cellOf(c Column, read any) any {
	switch v := read.(type) {
	case *uuid.NullUUID:
		if v.Valid {
			return v.UUID
		}
	case *sql.NullString:
		if v.Valid {
			return v.String
		}
	case *sql.NullTime:
		if v.Valid {
			return v.Time.UTC()
		}
	case *sql.NullBool:
		if v.Valid {
			return v.Bool
		}
	case *sql.NullInt64:
		if v.Valid {
			return v.Int64
		}
	case *[]byte:
		switch {
		case c.Kind == JSON && len(*v) > 0:
			return json.RawMessage(*v)
		case c.Kind == Bytes && *v != nil:
			return *v
		case c.Kind == Bytes && !c.Nullable:
			return []byte{}
		}
	}
	return nil
}

// InsertRows writes rows into the tenant of the scope. Errors: a unique violation where one is there already, and a violated foreign key where what
// a row refers to is not there.
func (q *Queries) InsertRows(ctx context.Context, t *Table, rows []Row) error {
	return insertAll(ctx, q, t.bulk, rows, func(args []any, row Row) []any {
		for _, cell := range row {
			switch v := cell.(type) {
			case json.RawMessage:
				cell = string(v)
			case time.Time:
				cell = stamp(v)
			}
			args = append(args, cell)
		}
		return args
	})
}
