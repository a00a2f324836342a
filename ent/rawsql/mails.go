package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// A LoggedMail is a mail of the tenant's, as far as its row still tells.
type LoggedMail struct {
	ID           uuid.UUID
	About, State string
	Attempts     int
	LastError    string
	CreatedAt    time.Time
	AvailableAt  time.Time
	DoneAt       *time.Time
}

// MailAsk says which mails are wanted.
type MailAsk struct {
	State string // one of the outbox; any where empty
	About string // how what it is about begins; any where empty
	// Before is the mail behind which the page begins; the nil UUID for the first page.
	Before uuid.UUID
	Limit  int
}

// Mails lists mails of the tenant, the newest first. Run it in a unit of work.
//
// Why raw: the kind must be in the text of the statement, or the index of mails alone is of no use.
func (q *Queries) Mails(ctx context.Context, ask MailAsk) ([]LoggedMail, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	if err := q.byOrder(ctx); err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	text := `SELECT id, about, state, attempts, last_error, created_at, available_at, done_at FROM outbox` + q.forceMails() + ` WHERE tenant_id = ? AND kind = 'mail'`
	args := []any{owner}
	if ask.Before != uuid.Nil {
		text, args = text+` AND id < ?`, append(args, ask.Before)
	}
	if ask.State != "" { // in a CASE, for the reason that stillReady is
		text, args = text+` AND CASE WHEN state = ? THEN 1 ELSE 0 END = 1`, append(args, ask.State)
	}
	if ask.About != "" {
		text, args = text+` AND about LIKE ? ESCAPE '!'`, append(args, strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(ask.About)+"%")
	}
	rows, err := q.query(ctx, text+` ORDER BY id DESC LIMIT ?`, append(args, ask.Limit)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (m LoggedMail, err error) {
		var done sql.NullTime
		err = rows.Scan(&m.ID, &m.About, &m.State, &m.Attempts, &m.LastError, &m.CreatedAt, &m.AvailableAt, &done)
		m.CreatedAt, m.AvailableAt = m.CreatedAt.UTC(), m.AvailableAt.UTC()
		if done.Valid {
			at := done.Time.UTC()
			m.DoneAt = &at
		}
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	return found, nil
}

// forceMails names the index to MySQL, which would take one that it has to sort by.
func (q *Queries) forceMails() string {
	if q.dialect == dialect.MySQL {
		return ` FORCE INDEX (intent_tenant_id_kind_id)`
	}
	return ""
}
