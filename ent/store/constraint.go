package store

import (
	"errors"
	"regexp"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/latchkeep/latchkeep/ent/ddl"
)

// IsUniqueViolation reports whether a statement failed because a row with the same unique key exists. On PostgreSQL the transaction is
// then broken: nothing more can be done in it.
func IsUniqueViolation(err error) bool { return kindOf(err) == unique }

// IsForeignKeyViolation reports whether a statement failed because the row it points at does not exist (in this tenant).
func IsForeignKeyViolation(err error) bool { return kindOf(err) == foreignKey }

// ViolatedKey names the unique index that a statement violated, as ent/schema names it ("email_tenant_id_address"), or "" where the error
// is of another kind. A violated primary key is "PRIMARY".
func ViolatedKey(err error) string {
	if kindOf(err) != unique {
		return ""
	}
	key := violatedKey(err)
	if strings.HasSuffix(key, "_tenant_id_id") { // says the same, and may be looked at first
		return primary
	}
	return key
}

func violatedKey(err error) string {
	var pg *pgconn.PgError
	var my *mysql.MySQLError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &pg):
		if strings.HasSuffix(pg.ConstraintName, "_pkey") {
			return primary
		}
		return pg.ConstraintName
	case errors.As(err, &my):
		if found := mysqlKey.FindStringSubmatch(my.Message); found != nil {
			_, name, dotted := strings.Cut(found[1], ".")
			if !dotted {
				name = found[1]
			}
			return name
		}
	case errors.As(err, &lite):
		// "constraint failed: UNIQUE constraint failed: emails.tenant_id, emails.address (2067)"
		text := lite.Error()
		text = text[strings.LastIndex(text, ": ")+1:]
		text, _, _ = strings.Cut(text, " (")
		return indexOf(strings.TrimSpace(text))
	}
	return ""
}

const primary = "PRIMARY"

// mysqlKey finds the name at the end of "Duplicate entry 'x' for key 'emails.email_tenant_id_address'"; MariaDB leaves the table out.
var mysqlKey = regexp.MustCompile(`for key '([^']+)'$`)

// indexOf finds the unique index over columns written as SQLite does: "emails.tenant_id, emails.address".
func indexOf(columns string) string {
	for _, t := range ddl.Tables(dialect.SQLite) {
		for _, index := range t.Indexes {
			names := make([]string, len(index.Columns))
			for i, c := range index.Columns {
				names[i] = t.Name + "." + c.Name
			}
			if index.Unique && strings.Join(names, ", ") == columns {
				return index.Name
			}
		}
		if columns == t.Name+".id" {
			return primary
		}
	}
	return ""
}

type kind int

const (
	other kind = iota
	unique
	foreignKey
	retryable
)

func isRetryable(err error) bool { return kindOf(err) == retryable }

// kindOf tells what a driver's error means.
func kindOf(err error) kind {
	var pg *pgconn.PgError
	var my *mysql.MySQLError
	var lite *sqlite.Error
	switch {
	case err == nil:
	case errors.As(err, &pg):
		switch pg.Code {
		case "23505": // unique_violation
			return unique
		case "23503": // foreign_key_violation
			return foreignKey
		case "40001", "40P01": // serialization_failure, deadlock_detected
			return retryable
		}
	case errors.As(err, &my):
		switch my.Number {
		case 1062, 1586: // ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME
			return unique
		case 1216, 1217, 1451, 1452: // ER_NO_REFERENCED_ROW, ER_ROW_IS_REFERENCED and their successors
			return foreignKey
		case 1020, 1213: // ER_CHECKREAD, ER_LOCK_DEADLOCK
			return retryable
		}
	case errors.As(err, &lite):
		switch lite.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return unique
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return foreignKey
		}
	}
	return other
}
