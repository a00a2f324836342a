package hankodb

import (
	"database/sql"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A row is one that was read: any of its columns may be NULL, whatever the schema says.
type row struct {
	index  map[string]int
	texts  []sql.NullString
	times  []sql.NullTime
	bools  []sql.NullBool
	ints   []sql.NullInt64
	places []any
}

func newRow(cols []column) *row {
	r := &row{
		index: make(map[string]int, len(cols)),
		texts: make([]sql.NullString, len(cols)), times: make([]sql.NullTime, len(cols)),
		bools: make([]sql.NullBool, len(cols)), ints: make([]sql.NullInt64, len(cols)),
		places: make([]any, len(cols)),
	}
	for i, c := range cols {
		r.index[c.name] = i
		switch c.kind {
		case asTime:
			r.places[i] = &r.times[i]
		case asBool:
			r.places[i] = &r.bools[i]
		case asInt:
			r.places[i] = &r.ints[i]
		default:
			r.places[i] = &r.texts[i]
		}
	}
	return r
}

func (r *row) scan(rows *sql.Rows) error { return rows.Scan(r.places...) }

// text is a text, valid UTF-8 without NUL; empty for NULL.
func (r *row) text(name string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(r.texts[r.index[name]].String, ""), "\x00", "")
}

// id is a UUID; nil for NULL and for what is none.
func (r *row) id(name string) uuid.UUID {
	id, err := uuid.Parse(strings.TrimSpace(r.texts[r.index[name]].String))
	if err != nil {
		return uuid.Nil
	}
	return id
}

// time is a time in UTC, as columns without zone are meant; zero for NULL.
func (r *row) time(name string) time.Time {
	t := r.times[r.index[name]]
	if !t.Valid || t.Time.Year() < 1970 || t.Time.Year() > 9999 {
		return time.Time{}
	}
	return t.Time.UTC().Truncate(time.Microsecond)
}

// bool is false for NULL.
func (r *row) bool(name string) bool { return r.bools[r.index[name]].Bool }

// int is 0 for NULL.
func (r *row) int(name string) int64 { return r.ints[r.index[name]].Int64 }

// intGiven reports whether a number is not NULL.
func (r *row) intGiven(name string) bool { return r.ints[r.index[name]].Valid }

// or is a time, or another where it is not known.
func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}
