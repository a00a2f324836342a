package audit

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// MaxListeners is how many may listen to the log of one tenant at a time, in one process.
	MaxListeners = 20
	// tailRows is how many entries are read at a time, tailParts how many such parts may wait for a slow listener before he is let go.
	tailRows  = 500
	tailParts = 8
)

// Errors of Listen.
var (
	ErrTooManyListeners = &problem.Error{
		Kind: problem.KindRateLimited, Code: "too_many_listeners", Message: "too many listen to this log already", RetryAfter: time.Minute,
	}
	ErrTailsClosed = problem.Unavailable("shutting_down", nil)
)

// Tails follow the logs of tenants as they grow. The log of a tenant is looked at once in a while, however many listen to it, and not at all
// where nobody does.
type Tails struct {
	store *store.Store
	every time.Duration
	log   *slog.Logger

	mu      sync.Mutex
	closed  bool
	tenants map[uuid.UUID]*tail
}

// NewTails looks at logs that somebody listens to at most once in a time.
func NewTails(st *store.Store, every time.Duration, log *slog.Logger) *Tails {
	return &Tails{store: st, every: every, log: log, tenants: map[uuid.UUID]*tail{}}
}

// A tail follows one log.
type tail struct {
	last      int64 // the last entry that listeners were told of
	listeners map[*Listener]struct{}
	stop      context.CancelFunc
}

// An Event is an entry and its number in the log, by which a listener goes on where he was.
type Event struct {
	Sequence int64
	Entry
}

// A TailFilter says which entries are wanted; what is empty does not count.
type TailFilter struct {
	Types []string
	// ActorUserID is a part of the id.
	ActorUserID string
}

func (f TailFilter) wants(row *ent.AuditLog) bool {
	if len(f.Types) > 0 && !slices.Contains(f.Types, row.Type) {
		return false
	}
	return f.ActorUserID == "" || row.ActorUserID != nil && strings.Contains(row.ActorUserID.String(), strings.ToLower(f.ActorUserID))
}

// A Listener hears of new entries. It is for one goroutine. Close it.
type Listener struct {
	tails  *Tails
	tenant uuid.UUID
	filter TailFilter
	after  int64 // the last entry read
	until  int64 // up to which entries must be read from the database; later ones arrive
	parts  chan []*ent.AuditLog
}

// Listen begins to listen to the log of a tenant: at its end, or behind the entry with a number. Errors: ErrTooManyListeners, ErrTailsClosed.
func (s *Tails) Listen(ctx context.Context, t *tenants.Tenant, f TailFilter, after *int64) (*Listener, error) {
	last, err := s.end(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	l := &Listener{tails: s, tenant: t.ID, filter: f, parts: make(chan []*ent.AuditLog, tailParts)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrTailsClosed
	}
	followed := s.tenants[t.ID]
	switch {
	case followed == nil:
		following, stop := context.WithCancel(context.WithoutCancel(ctx))
		followed = &tail{last: last, listeners: map[*Listener]struct{}{}, stop: stop}
		s.tenants[t.ID] = followed
		go s.follow(following, t.ID, followed)
	case len(followed.listeners) >= MaxListeners:
		return nil, ErrTooManyListeners
	}
	followed.listeners[l] = struct{}{}
	l.after, l.until = last, followed.last
	if after != nil {
		l.after = *after
	}
	return l, nil
}

// end is the number of the last entry of a log.
func (s *Tails) end(ctx context.Context, tenant uuid.UUID) (int64, error) {
	last, err := s.store.Reader().AuditLog.Query().Order(ent.Desc(auditlog.FieldSequence)).Select(auditlog.FieldSequence).
		First(scope.With(ctx, scope.Tenant(tenant)))
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find the end of the audit log: %w", err)
	}
	return last.Sequence, nil
}

// follow tells a tenant's listeners of new entries, until nobody listens.
func (s *Tails) follow(ctx context.Context, tenant uuid.UUID, t *tail) {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for full := true; full && ctx.Err() == nil; {
			rows, err := s.read(ctx, tenant, t.last, 0)
			if err != nil {
				if ctx.Err() == nil {
					s.log.WarnContext(ctx, "new audit records cannot be read", "tenant_id", tenant, "error", err)
				}
				break
			}
			s.tell(t, rows)
			full = len(rows) == tailRows
		}
	}
}

// read reads entries behind a number, and up to another where that is not zero.
func (s *Tails) read(ctx context.Context, tenant uuid.UUID, after, until int64) ([]*ent.AuditLog, error) {
	q := s.store.Reader().AuditLog.Query().Where(auditlog.SequenceGT(after))
	if until > 0 {
		q = q.Where(auditlog.SequenceLTE(until))
	}
	return q.Order(ent.Asc(auditlog.FieldSequence)).Limit(tailRows).All(scope.With(ctx, scope.Tenant(tenant)))
}

// tell hands entries to the listeners. One who does not keep up is let go: he goes on where he was when he comes back.
func (s *Tails) tell(t *tail, rows []*ent.AuditLog) {
	if len(rows) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.last = rows[len(rows)-1].Sequence
	for l := range t.listeners {
		select {
		case l.parts <- rows:
		default:
			s.remove(l)
		}
	}
}

// remove lets a listener go. The caller holds the lock.
func (s *Tails) remove(l *Listener) {
	t := s.tenants[l.tenant]
	if t == nil {
		return
	}
	if _, there := t.listeners[l]; !there {
		return
	}
	delete(t.listeners, l)
	close(l.parts)
	if len(t.listeners) == 0 {
		t.stop()
		delete(s.tenants, l.tenant)
	}
}

// Close lets all listeners go, and lets no new ones come.
func (s *Tails) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, t := range s.tenants {
		for l := range t.listeners {
			s.remove(l)
		}
	}
}

// Next waits for new entries, but no longer than a time: then it returns none. It returns false once the listener was let go.
func (l *Listener) Next(ctx context.Context, wait time.Duration) ([]Event, bool, error) {
	if l.after < l.until {
		rows, err := l.tails.read(ctx, l.tenant, l.after, l.until)
		if err != nil {
			return nil, false, fmt.Errorf("catch up with the audit log: %w", err)
		}
		if len(rows) < tailRows {
			l.after = l.until
		} else {
			l.after = rows[len(rows)-1].Sequence
		}
		return l.wanted(rows), true, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, false, ctx.Err()
	case <-timer.C:
		return nil, true, nil
	case rows, open := <-l.parts:
		rows = slices.DeleteFunc(slices.Clone(rows), func(row *ent.AuditLog) bool { return row.Sequence <= l.after })
		return l.wanted(rows), open, nil
	}
}

func (l *Listener) wanted(rows []*ent.AuditLog) []Event {
	var events []Event
	for _, row := range rows {
		if l.filter.wants(row) {
			events = append(events, Event{row.Sequence, entryOf(row)})
		}
	}
	return events
}

// Close ends the listening.
func (l *Listener) Close() {
	l.tails.mu.Lock()
	defer l.tails.mu.Unlock()
	l.tails.remove(l)
}

// entryOf is the entry of a row.
func entryOf(row *ent.AuditLog) Entry {
	e := Entry{
		ID: row.ID, Type: row.Type, Error: row.Error, MetaHTTPRequestID: row.MetaHTTPRequestID, MetaSourceIP: row.MetaSourceIP,
		MetaUserAgent: row.MetaUserAgent, ActorUserID: row.ActorUserID, Details: row.Details,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	if row.ActorEmail != nil {
		e.ActorEmail = *row.ActorEmail
	}
	return e.withDetails()
}
