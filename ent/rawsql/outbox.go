package rawsql

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// Look says where to look for what is due.
type Look struct {
	Now     time.Time
	Kinds   []string  // only these; others stay for who can carry them out
	After   uuid.UUID // begin with the tenants after this id: the Last of the look before
	Tenants int       // at most so many tenants, 1 to 100
}

// A DueKind is a tenant that has something due of a kind.
type DueKind struct {
	TenantID uuid.UUID
	Kind     string
	First    uuid.UUID // the intent that is to be carried out first
}

// Due is what was found.
type Due struct {
	Kinds []DueKind
	Last  uuid.UUID // the last tenant looked at; nil when there are no more
}

// DueIntents tells which tenants have something due, and of which kinds. It takes nothing. What it costs does not depend on how much each has:
// it walks along an index from one tenant to the next. Run it in a unit of work, in the system scope.
//
// Why raw: a walk from tenant to tenant has no words in ent.
func (q *Queries) DueIntents(ctx context.Context, l Look) (Due, error) {
	if err := system(ctx); err != nil {
		return Due{}, fmt.Errorf("look for due intents: %w", err)
	}
	if l.Tenants < 1 || l.Tenants > 100 || len(l.Kinds) == 0 {
		return Due{}, errors.New("look for due intents: tenants or kinds out of range")
	}
	const perDue = 4 // tenants to look at for each wanted: all that some have is leased or waits for another try
	steps := l.Tenants * perDue
	walk := q.walk
	if q.dialect == dialect.MySQL {
		walk = q.walkStepByStep
	}
	walked, err := walk(ctx, l, steps)
	if err != nil {
		return Due{}, fmt.Errorf("look for due intents: %w", err)
	}
	var out Due
	tenants := 0
	for _, s := range walked {
		before := len(out.Kinds)
		for i, id := range s.firsts {
			if id.Valid {
				out.Kinds = append(out.Kinds, DueKind{TenantID: s.tenant, Kind: l.Kinds[i], First: id.UUID})
			}
		}
		if len(out.Kinds) > before {
			tenants++
		}
		if tenants == l.Tenants {
			out.Last = s.tenant
			return out, nil
		}
	}
	if len(walked) == steps {
		out.Last = walked[steps-1].tenant
	}
	return out, nil
}

// A step is a tenant with something ready, and what is due first of each kind.
type step struct {
	tenant uuid.UUID
	firsts []uuid.NullUUID
}

// into is where a row is read to, behind others: the firsts.
func (s *step) into(kinds int, others ...any) []any {
	s.firsts = make([]uuid.NullUUID, kinds)
	for i := range s.firsts {
		others = append(others, &s.firsts[i])
	}
	return others
}

// firstsOf are columns: the intent of each kind that a tenant has had due longest.
func firstsOf(tenant string, kinds int) string {
	return strings.Repeat(`, (SELECT d.id FROM outbox d WHERE d.state = 'ready' AND d.tenant_id = `+tenant+` AND d.kind = ? AND d.available_at <= ?
		ORDER BY d.available_at, d.id LIMIT 1)`, kinds)
}

func (q *Queries) walk(ctx context.Context, l Look, steps int) ([]step, error) {
	if err := q.byOrder(ctx); err != nil {
		return nil, err
	}
	by := ""
	if q.dialect == dialect.SQLite { // else it reads, and sorts, all that is ready
		by = " INDEXED BY intent_ready_tenant_id_kind_available_at_id"
	}
	args := []any{l.After, steps}
	for _, kind := range l.Kinds {
		args = append(args, kind, stamp(l.Now))
	}
	rows, err := q.query(ctx, `WITH RECURSIVE walk (tenant_id, step) AS (
		SELECT (SELECT f.tenant_id FROM outbox f`+by+` WHERE f.state = 'ready' AND f.tenant_id > ? ORDER BY f.tenant_id LIMIT 1), 1
		UNION ALL
		SELECT (SELECT n.tenant_id FROM outbox n`+by+` WHERE n.state = 'ready' AND n.tenant_id > w.tenant_id ORDER BY n.tenant_id LIMIT 1), w.step + 1
		FROM walk w WHERE w.tenant_id IS NOT NULL AND w.step < ?)
		SELECT w.tenant_id`+firstsOf("w.tenant_id", len(l.Kinds))+` FROM walk w WHERE w.tenant_id IS NOT NULL`, args...)
	walked, err := collect(rows, err, func(rows *sql.Rows) (s step, err error) { return s, rows.Scan(s.into(len(l.Kinds), &s.tenant)...) })
	slices.SortFunc(walked, func(a, b step) int { return bytes.Compare(a.tenant[:], b.tenant[:]) }) // to sort there would cost more: see byOrder
	return walked, err
}

// walkStepByStep is for MySQL, which skips along an index to a place that it is told, and reads all that is ready to one that it must find out.
func (q *Queries) walkStepByStep(ctx context.Context, l Look, steps int) ([]step, error) {
	var walked []step
	text := `SELECT (SELECT MIN(n.tenant_id) FROM outbox n WHERE n.state = 'ready' AND n.tenant_id > ?)` + firstsOf("?", len(l.Kinds))
	for here := l.After; ; {
		s := step{tenant: here}
		args := []any{here}
		for _, kind := range l.Kinds {
			args = append(args, here, kind, stamp(l.Now))
		}
		rows, err := q.query(ctx, text, args...)
		next, err := collect(rows, err, func(rows *sql.Rows) (next uuid.NullUUID, err error) {
			return next, rows.Scan(s.into(len(l.Kinds), &next)...)
		})
		if err != nil {
			return nil, err
		}
		if here != l.After {
			walked = append(walked, s)
		}
		if !next[0].Valid || len(walked) == steps {
			return walked, nil
		}
		here = next[0].UUID
	}
}

// DueIntent is an intent of a tenant that is due.
type DueIntent struct {
	ID        uuid.UUID
	Ordering  string
	Payload   []byte // sealed
	CreatedAt time.Time
	NotAfter  *time.Time // of no use after
	Attempts  int        // so far; of a leased one, this one included
}

// dueOf are the tenant's due intents of a kind, those first that have been due longest.
const dueOf = `SELECT id, ordering, payload, created_at, not_after, attempts FROM outbox
	WHERE state = 'ready' AND tenant_id = ? AND kind = ? AND available_at <= ? ORDER BY available_at, id LIMIT ?`

// ReadIntents reads at most limit due intents of a kind of the tenant, in the order of their ids, and takes none: for who marks them done in the
// transaction of their effect, and undoes that where IntentsDone says that someone else was faster. Run it in a unit of work.
//
// Why raw: next to LeaseIntents, so that both mean the same.
func (q *Queries) ReadIntents(ctx context.Context, kind string, now time.Time, limit int) ([]DueIntent, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("read due intents: %w", err)
	}
	found, err := q.dueOf(ctx, dueOf, owner, kind, now, limit)
	if err != nil {
		return nil, fmt.Errorf("read due intents: %w", err)
	}
	slices.SortFunc(found, func(a, b DueIntent) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return found, nil
}

// IntentsLeft reports whether the tenant has something due of a kind. It may be asked outside of a unit of work.
//
// Why raw: as for ReadIntents, without its order.
func (q *Queries) IntentsLeft(ctx context.Context, kind string, now time.Time) (bool, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return false, fmt.Errorf("look for due intents: %w", err)
	}
	rows, err := q.query(ctx, `SELECT id FROM outbox WHERE state = 'ready' AND tenant_id = ? AND kind = ? AND available_at <= ? LIMIT 1`, owner, kind, stamp(now))
	found, err := collect(rows, err, func(rows *sql.Rows) (id uuid.UUID, err error) { return id, rows.Scan(&id) })
	if err != nil {
		return false, fmt.Errorf("look for due intents: %w", err)
	}
	return len(found) > 0, nil
}

// LeaseIntent takes the tenant's intent of a kind that has been due longest, so that nobody else has it before the lease ends; nil where there is
// none. more says that there may be others. Run it in a unit of work of its own. It does not keep the order of keys.
//
// Why raw: ent has no SKIP LOCKED.
func (q *Queries) LeaseIntent(ctx context.Context, kind string, now time.Time, lease time.Duration) (taken *DueIntent, more bool, err error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("lease an intent: %w", err)
	}
	found, err := q.dueOf(ctx, dueOf+q.skipLocked(), owner, kind, now, 2)
	if err != nil {
		return nil, false, fmt.Errorf("lease an intent: %w", err)
	}
	if len(found) == 0 {
		return nil, false, nil
	}
	_, err = q.exec(ctx, `UPDATE outbox SET available_at = ?, attempts = attempts + 1 WHERE id = ?`, stamp(now).Add(lease), found[0].ID)
	if err != nil {
		return nil, false, fmt.Errorf("lease an intent: %w", err)
	}
	found[0].Attempts++
	return &found[0], len(found) > 1, nil
}

func (q *Queries) dueOf(ctx context.Context, text string, owner uuid.UUID, kind string, now time.Time, limit int) ([]DueIntent, error) {
	if err := q.byOrder(ctx); err != nil {
		return nil, err
	}
	rows, err := q.query(ctx, text, owner, kind, stamp(now), limit)
	return collect(rows, err, func(rows *sql.Rows) (DueIntent, error) {
		var i DueIntent
		var notAfter sql.NullTime
		err := rows.Scan(&i.ID, &i.Ordering, &i.Payload, &i.CreatedAt, &notAfter, &i.Attempts)
		i.CreatedAt = i.CreatedAt.UTC()
		if notAfter.Valid {
			at := notAfter.Time.UTC()
			i.NotAfter = &at
		}
		return i, err
	})
}
