package rawsql

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// A bulkTable is a table of a tenant, and those of its columns that are written in bulk, with their types on PostgreSQL. The column of the
// tenant is not among them.
type bulkTable struct {
	name           string
	columns, types []string
}

// bulk names a table and its columns: "id uuid, name text".
func bulk(name, columns string) bulkTable {
	t := bulkTable{name: name}
	for c := range strings.SplitSeq(columns, ",") {
		named, typed, _ := strings.Cut(strings.TrimSpace(c), " ")
		t.columns, t.types = append(t.columns, named), append(t.types, typed)
	}
	return t
}

func (t bulkTable) into() string {
	return `INSERT INTO ` + t.name + ` (tenant_id, ` + strings.Join(t.columns, ", ") + `) `
}

// asRows is a statement with a mark for each value.
func (t bulkTable) asRows(owner uuid.UUID, rows int, values []any) (string, []any) {
	mark := `(` + marks(len(t.columns)+1) + `)`
	args := make([]any, 0, rows*(len(t.columns)+1))
	for ; len(values) > 0; values = values[len(t.columns):] {
		args = append(append(args, owner), values[:len(t.columns)]...)
	}
	return t.into() + `VALUES ` + strings.Repeat(mark+", ", rows-1) + mark, args
}

// asArrays is a statement with a mark for each column, for PostgreSQL: the text does not depend on the number of rows, and there is no plan to
// be made with thousands of marks.
func (t bulkTable) asArrays(owner uuid.UUID, values []any) (string, []any) {
	args := []any{owner}
	var names, selected, arrays []string
	for i, typed := range t.types {
		name := fmt.Sprintf("c%d", i)
		names = append(names, name)
		sent := typed
		if typed == "jsonb" {
			sent, name = "text", name+"::jsonb"
		}
		selected, arrays = append(selected, name), append(arrays, "?::"+sent+"[]")
		args = append(args, column(sent, values, i, len(t.types)))
	}
	return t.into() + `SELECT ?::uuid, ` + strings.Join(selected, ", ") +
		` FROM unnest(` + strings.Join(arrays, ", ") + `) AS r(` + strings.Join(names, ", ") + `)`, args
}

// column gathers the values of one column.
func column(typed string, values []any, at, stride int) any {
	switch typed {
	case "uuid":
		return gather(values, at, stride, pgUUID)
	case "text":
		return gather(values, at, stride, pgText)
	case "timestamptz":
		return gather(values, at, stride, pgTime)
	case "boolean":
		return gather(values, at, stride, pgBool)
	case "bigint":
		return gather(values, at, stride, pgInt)
	default:
		return gather(values, at, stride, func(v any) []byte { b, _ := v.([]byte); return b })
	}
}

func gather[T any](values []any, at, stride int, convert func(any) T) []T {
	gathered := make([]T, 0, len(values)/stride)
	for i := at; i < len(values); i += stride {
		gathered = append(gathered, convert(values[i]))
	}
	return gathered
}

func pgUUID(v any) pgtype.UUID {
	switch v := v.(type) {
	case uuid.UUID:
		return pgtype.UUID{Bytes: v, Valid: true}
	case *uuid.UUID:
		if v != nil {
			return pgtype.UUID{Bytes: *v, Valid: true}
		}
	}
	return pgtype.UUID{}
}

func pgText(v any) pgtype.Text {
	switch v := v.(type) {
	case string:
		return pgtype.Text{String: v, Valid: true}
	case *string:
		if v != nil {
			return pgtype.Text{String: *v, Valid: true}
		}
	}
	return pgtype.Text{}
}

func pgTime(v any) pgtype.Timestamptz {
	switch v := v.(type) {
	case time.Time:
		return pgtype.Timestamptz{Time: v, Valid: true}
	case *time.Time:
		if v != nil {
			return pgtype.Timestamptz{Time: *v, Valid: true}
		}
	}
	return pgtype.Timestamptz{}
}

func pgBool(v any) pgtype.Bool {
	switch v := v.(type) {
	case bool:
		return pgtype.Bool{Bool: v, Valid: true}
	case *bool:
		if v != nil {
			return pgtype.Bool{Bool: *v, Valid: true}
		}
	}
	return pgtype.Bool{}
}

func pgInt(v any) pgtype.Int8 {
	switch v := v.(type) {
	case int64:
		return pgtype.Int8{Int64: v, Valid: true}
	case int:
		return pgtype.Int8{Int64: int64(v), Valid: true}
	case *int64:
		if v != nil {
			return pgtype.Int8{Int64: *v, Valid: true}
		}
	}
	return pgtype.Int8{}
}
