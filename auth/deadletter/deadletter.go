// Package deadletter keeps what could not be carried out, however often it was tried: mails that a host refused for good, audit records that
// cannot be read. An operator sees what became of them, repairs what is wrong, and has them tried again.
//
// Webhooks have a list of their own, with all their attempts: see auth/webhook.
package deadletter

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// Kept is how long dead letters are kept.
const Kept = 30 * 24 * time.Hour

// MaxPage is how many dead letters a page has at most.
const MaxPage = 1000

// batch is how many are taken up in one transaction.
const batch = 500

// A Letter is something that could not be carried out.
type Letter struct {
	ID   uuid.UUID
	Kind string // mail, audit, audit_erase, webhook or job
	// CreatedAt is when it was to happen, DiedAt when it was given up.
	CreatedAt, DiedAt time.Time
	Attempts          int
	// Reason is the last error; it names no address, code or password.
	Reason string
}

// A Room keeps the dead letters of all tenants.
type Room struct {
	store *store.Store
	out   *outbox.Writer
	ring  func()
}

// NewRoom reads from a store, and writes down in the outbox who took up what. Ring tells the worker that something is to do.
func NewRoom(st *store.Store, out *outbox.Writer, ring func()) *Room { return &Room{st, out, ring} }

// A Choice says which dead letters are meant: those of a kind, or all where it is empty, and of those the ones named, or all where none is.
type Choice struct {
	Kind string
	IDs  []uuid.UUID
}

func (c Choice) where() predicate.Intent {
	is := []predicate.Intent{intent.State("dead")}
	if c.Kind != "" {
		is = append(is, intent.Kind(c.Kind))
	}
	if len(c.IDs) > 0 {
		is = append(is, intent.IDIn(c.IDs...))
	}
	return intent.And(is...)
}

// List reads dead letters of a tenant, newest first, those before an id where one is given. At most limit, which is from 1 to MaxPage.
func (r *Room) List(ctx context.Context, tenant uuid.UUID, c Choice, before uuid.UUID, limit int) ([]Letter, error) {
	q := r.store.Reader().Intent.Query().Where(c.where()).Order(ent.Desc(intent.FieldID)).Limit(limit)
	if before != uuid.Nil {
		q.Where(intent.IDLT(before))
	}
	rows, err := q.Select(intent.FieldID, intent.FieldKind, intent.FieldCreatedAt, intent.FieldDoneAt, intent.FieldAttempts, intent.FieldLastError).
		All(scope.With(ctx, scope.Tenant(tenant)))
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	letters := make([]Letter, len(rows))
	for i, row := range rows {
		letters[i] = Letter{ID: row.ID, Kind: row.Kind, CreatedAt: row.CreatedAt.UTC(), Attempts: row.Attempts, Reason: row.LastError}
		if row.DoneAt != nil {
			letters[i].DiedAt = row.DoneAt.UTC()
		}
	}
	return letters, nil
}

// Retry has dead letters tried once more, the oldest first. It returns how many. What fails again is dead again.
func (r *Room) Retry(ctx context.Context, by tenants.Actor, tenant uuid.UUID, c Choice) (int, error) {
	return r.each(ctx, by, tenants.AuditDeadLettersRetried, tenant, c, func(u *ent.IntentUpdate) {
		u.SetState("ready").SetAvailableAt(now()).ClearDoneAt()
	})
}

// Discard gives dead letters up for good. It returns how many.
func (r *Room) Discard(ctx context.Context, by tenants.Actor, tenant uuid.UUID, c Choice) (int, error) {
	return r.each(ctx, by, tenants.AuditDeadLettersDiscarded, tenant, c, func(u *ent.IntentUpdate) {
		u.SetState("dropped").SetPayload([]byte{}).SetDoneAt(now())
	})
}

// each changes what was dead when it began, in small transactions.
func (r *Room) each(
	ctx context.Context, by tenants.Actor, kind outbox.AuditType, tenant uuid.UUID, c Choice, change func(*ent.IntentUpdate),
) (int, error) {
	began, total := now(), 0
	for {
		found := 0
		err := r.store.Do(ctx, scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error {
			ids, err := tx.Intent.Query().Where(c.where(), intent.DoneAtLTE(began)).Order(ent.Asc(intent.FieldID)).Limit(batch).IDs(ctx)
			if found = len(ids); err != nil || found == 0 {
				return err
			}
			update := tx.Intent.Update().Where(intent.IDIn(ids...), intent.State("dead"))
			change(update)
			n, err := update.Save(ctx)
			if err != nil {
				return err
			}
			total += n
			tx.OnCommit(r.ring)
			details := map[string]any{"count": n}
			if c.Kind != "" {
				details["kind"] = c.Kind
			}
			return r.out.Write(ctx, tx, tenants.Recorded(ctx, tenant, kind, by, details))
		})
		if err != nil {
			return total, fmt.Errorf("take up dead letters: %w", err)
		}
		if found < batch {
			return total, nil
		}
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
