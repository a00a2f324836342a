package rawsql

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// A UserFilter says which users are looked for. The zero filter finds all who have an address or a username; each further condition
// narrows that, but EmailContains and UsernameContains, which are alternatives.
type UserFilter struct {
	EmailContains, UsernameContains string
	IDs                             []uuid.UUID
	// Email is a whole address.
	Email                       string
	EmailPrefix, UsernamePrefix string
	// MetadataName and MetadataValue are digests; without a value, everybody matches who has the member.
	MetadataName, MetadataValue []byte
	Blocked                     *bool
	// CreatedAfter and CreatedBefore are exclusive.
	CreatedAfter, CreatedBefore time.Time
}

// A UserPosition is a place in a list of users: just behind that user. Which members count depends on the order.
type UserPosition struct {
	ID    uuid.UUID
	At    time.Time // in the order of creation
	Text  string    // in the order of addresses or usernames
	Value []byte    // in the order of metadata
}

// A UserWindow is a part of a list.
type UserWindow struct {
	// Ascending has the oldest first. It counts in the order of creation alone; others always ascend.
	Ascending bool
	// After is where the window begins; nil is the beginning of the list.
	After *UserPosition
	// Offset users are passed over.
	Offset, Limit int
}

// userOrder is by what a list is sorted: by what the users are found by, so that an index gives the order.
type userOrder int

const (
	byCreation userOrder = iota
	byAddress
	byUsername
	byMetadata
)

func (f UserFilter) order() userOrder {
	switch {
	case len(f.IDs) > 0 || f.Email != "" || f.EmailContains != "" || f.UsernameContains != "":
		return byCreation
	case f.EmailPrefix != "":
		return byAddress
	case f.UsernamePrefix != "":
		return byUsername
	case f.MetadataName != nil:
		return byMetadata
	}
	return byCreation
}

// ByCreation reports whether the users are sorted by the time of their creation.
func (f UserFilter) ByCreation() bool { return f.order() == byCreation }

// statement is a text that grows with its arguments.
type statement struct {
	strings.Builder
	args []any
}

func (s *statement) add(text string, args ...any) {
	s.WriteString(text)
	s.args = append(s.args, args...)
}

// UserList is the statement that finds the users of a window, and its arguments.
//
// Why raw: ent knows neither keyset conditions nor the operators by which PostgreSQL uses an index for prefixes below row-level security,
// where LIKE and the ordinary comparison of texts are not trusted before the rows were checked.
func (q *Queries) UserList(ctx context.Context, f UserFilter, w UserWindow) (string, []any, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("list users: %w", err)
	}
	s := &statement{}
	switch order := f.order(); order {
	case byAddress:
		s.add(`SELECT u.id, u.created_at, e.address, NULL`)
	case byUsername:
		s.add(`SELECT u.id, u.created_at, u.username, NULL`)
	case byMetadata:
		s.add(`SELECT u.id, u.created_at, NULL, m.value`)
	case byCreation:
		s.add(`SELECT u.id, u.created_at, NULL, NULL`)
	}
	// Whether she has an address is asked for each user of the page: as EXISTS, some databases would first gather all who have one.
	q.from(s, owner, f, `COALESCE(u.username, (SELECT 'an address' FROM emails v WHERE v.tenant_id = u.tenant_id AND v.user_id = u.id LIMIT 1)) IS NOT NULL`)
	q.window(s, f.order(), w)
	return q.bind(s.String()), s.args, nil
}

// UserCount is the statement that counts the users found, but no more than most where that is positive, and its arguments.
//
// Why raw: it must count by the very conditions that UserList finds by, and ent cannot stop counting.
func (q *Queries) UserCount(ctx context.Context, f UserFilter, most int) (string, []any, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("count users: %w", err)
	}
	s := &statement{}
	if most > 0 {
		s.add(`SELECT COUNT(*) FROM (SELECT 1`)
	} else {
		s.add(`SELECT COUNT(*)`)
	}
	q.from(s, owner, f, `(u.username IS NOT NULL OR EXISTS (SELECT 1 FROM emails v WHERE v.tenant_id = u.tenant_id AND v.user_id = u.id))`)
	if most > 0 {
		s.add(` LIMIT ?) few`, most)
	}
	return q.bind(s.String()), s.args, nil
}

// from adds the tables and all conditions of the filter. visible is the condition that a user has an address or a username.
func (q *Queries) from(s *statement, owner uuid.UUID, f UserFilter, visible string) {
	order := f.order()
	switch order {
	case byAddress:
		// Of several addresses of one user that match, the first one in the order stands for her.
		s.add(` FROM emails e JOIN users u ON u.tenant_id = e.tenant_id AND u.id = e.user_id WHERE e.tenant_id = ?`, owner)
		q.prefix(s, `e.address`, f.EmailPrefix)
		s.add(` AND NOT EXISTS (SELECT 1 FROM emails o WHERE o.tenant_id = e.tenant_id AND o.user_id = e.user_id`)
		q.prefix(s, `o.address`, f.EmailPrefix)
		s.add(` AND o.address ` + q.textBelow() + ` e.address)`)
	case byMetadata:
		s.add(` FROM metadata_members m JOIN users u ON u.tenant_id = m.tenant_id AND u.id = m.user_id WHERE m.tenant_id = ? AND m.name = ?`,
			owner, f.MetadataName)
		if f.MetadataValue != nil {
			s.add(` AND m.value = ?`, f.MetadataValue)
		}
	case byCreation, byUsername:
		s.add(` FROM users u WHERE u.tenant_id = ?`, owner)
	}
	if order != byAddress && order != byUsername && f.Email == "" {
		s.add(` AND ` + visible)
	}
	q.conditions(s, owner, f, order)
}

// conditions adds those that the order does not imply. Each subquery names the tenant itself.
func (q *Queries) conditions(s *statement, owner uuid.UUID, f UserFilter, order userOrder) {
	if len(f.IDs) > 0 {
		s.add(` AND u.id IN (`+marks(len(f.IDs))+`)`, list(f.IDs)...)
	}
	if f.Email != "" {
		s.add(` AND u.id = (SELECT x.user_id FROM emails x WHERE x.tenant_id = ? AND x.address = ?)`, owner, f.Email)
	}
	q.contains(s, owner, f)
	if f.EmailPrefix != "" && order != byAddress {
		s.add(` AND EXISTS (SELECT 1 FROM emails e WHERE e.tenant_id = u.tenant_id AND e.user_id = u.id`)
		q.prefix(s, `e.address`, f.EmailPrefix)
		s.add(`)`)
	}
	if f.UsernamePrefix != "" {
		q.prefix(s, `u.username`, f.UsernamePrefix)
	}
	if f.MetadataName != nil && order != byMetadata {
		s.add(` AND EXISTS (SELECT 1 FROM metadata_members m WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id AND m.name = ?`, f.MetadataName)
		if f.MetadataValue != nil {
			s.add(` AND m.value = ?`, f.MetadataValue)
		}
		s.add(`)`)
	}
	switch {
	case f.Blocked == nil:
	case *f.Blocked:
		s.add(` AND u.blocked_at IS NOT NULL`)
	default:
		s.add(` AND u.blocked_at IS NULL`)
	}
	if !f.CreatedAfter.IsZero() {
		s.add(` AND u.created_at > ?`, stamp(f.CreatedAfter))
	}
	if !f.CreatedBefore.IsZero() {
		s.add(` AND u.created_at < ?`, stamp(f.CreatedBefore))
	}
}

// contains adds the search for parts of addresses and usernames, which no index helps.
func (q *Queries) contains(s *statement, owner uuid.UUID, f UserFilter) {
	holds := func(column string) string { return `INSTR(` + column + `, ?) > 0` }
	if q.dialect == dialect.Postgres {
		holds = func(column string) string { return `STRPOS(` + column + `, ?) > 0` }
	}
	index := `` // told to those that would rather read other tenants' addresses, too
	switch q.dialect {
	case dialect.MySQL:
		index = ` FORCE INDEX (email_tenant_id_address)`
	case dialect.SQLite:
		index = ` INDEXED BY email_tenant_id_address`
	}
	email := ` u.id IN (SELECT e.user_id FROM emails e` + index + ` WHERE e.tenant_id = ? AND ` + holds(`e.address`) + `)`
	switch {
	case f.EmailContains != "" && f.UsernameContains != "":
		s.add(` AND (`+holds(`u.username`)+` OR`+email+`)`, f.UsernameContains, owner, f.EmailContains)
	case f.EmailContains != "":
		s.add(` AND`+email, owner, f.EmailContains)
	case f.UsernameContains != "":
		q.prefix(s, `u.username`, ``) // which lets the index of usernames serve: it leaves out who has none
		s.add(` AND `+holds(`u.username`), f.UsernameContains)
	}
}

// prefix adds the condition that a text begins with another, as a range that an index finds.
func (q *Queries) prefix(s *statement, column, prefix string) { q.between(s, column, prefix, prefix) }

// between adds the condition that a text is not before another one and not behind all that begin with a prefix.
func (q *Queries) between(s *statement, column, first, prefix string) {
	from, below := ` >= ?`, ` < ?`
	if q.dialect == dialect.Postgres {
		from, below = ` ~>=~ ?`, ` ~<~ ?`
	}
	s.add(` AND `+column+from, first)
	if end := successor(prefix); end != "" {
		s.add(` AND `+column+below, end)
	}
}

func (q *Queries) textBelow() string {
	if q.dialect == dialect.Postgres {
		return `~<~`
	}
	return `<`
}

func (q *Queries) textAbove() string {
	if q.dialect == dialect.Postgres {
		return `~>~`
	}
	return `>`
}

// successor is the first text behind all that begin with a prefix, or empty where there is none.
func successor(prefix string) string {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		switch next := runes[i] + 1; {
		case next == 0xD800: // surrogates are no characters
			return string(runes[:i]) + "\uE000"
		case next <= 0x10FFFF:
			return string(runes[:i]) + string(next)
		}
	}
	return ""
}

// window adds the place where the window begins, the order and the size.
func (q *Queries) window(s *statement, order userOrder, w UserWindow) {
	sorted := ` ORDER BY `
	switch order {
	case byAddress, byUsername:
		column := `e.address`
		if order == byUsername {
			column = `u.username`
		}
		if w.After != nil {
			s.add(` AND `+column+` `+q.textAbove()+` ?`, w.After.Text)
		}
		sorted += column
		if q.dialect == dialect.Postgres {
			sorted += ` USING ~<~`
		}
	case byMetadata:
		if w.After != nil {
			q.behind(s, `m.value`, `m.user_id`, `>`, w.After.Value, w.After.ID)
		}
		sorted += `m.value, m.user_id`
	case byCreation:
		direction, comparison := ` DESC`, `<`
		if w.Ascending {
			direction, comparison = ``, `>`
		}
		if w.After != nil {
			q.behind(s, `u.created_at`, `u.id`, comparison, stamp(w.After.At), w.After.ID)
		}
		sorted += `u.created_at` + direction + `, u.id` + direction
	}
	s.add(sorted+` LIMIT ?`, w.Limit)
	if w.Offset > 0 {
		s.add(` OFFSET ?`, w.Offset)
	}
}

// behind adds the condition that a pair of columns lies behind a place. MySQL and MariaDB find no range by the comparison of pairs.
func (q *Queries) behind(s *statement, first, second, comparison string, at, id any) {
	if q.dialect == dialect.MySQL {
		s.add(` AND (`+first+` `+comparison+` ? OR `+first+` = ? AND `+second+` `+comparison+` ?)`, at, at, id)
		return
	}
	s.add(` AND (`+first+`, `+second+`) `+comparison+` (?, ?)`, at, id)
}

// ListUsers finds the places of the users of a window, in their order. The scope must be that of one tenant.
func (q *Queries) ListUsers(ctx context.Context, f UserFilter, w UserWindow) ([]UserPosition, error) {
	text, args, err := q.UserList(ctx, f, w)
	if err != nil {
		return nil, err
	}
	rows, err := q.db.QueryContext(ctx, text, args...)
	found, err := collect(rows, err, func(rows *sql.Rows) (UserPosition, error) {
		var p UserPosition
		var word sql.NullString
		err := rows.Scan(&p.ID, &p.At, &word, &p.Value)
		p.At, p.Text, p.Value = p.At.UTC(), word.String, bytes.Clone(p.Value)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return found, nil
}

// CountUsers counts the users that a filter finds, but no more than most where that is positive. The scope must be that of one tenant.
func (q *Queries) CountUsers(ctx context.Context, f UserFilter, most int) (int, error) {
	text, args, err := q.UserCount(ctx, f, most)
	if err != nil {
		return 0, err
	}
	rows, err := q.db.QueryContext(ctx, text, args...)
	counts, err := collect(rows, err, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	return counts[0], nil
}
