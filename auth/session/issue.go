package session

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	entsession "github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// maxUserAgent is how many characters of a User-Agent are kept.
const maxUserAgent = 255

// An Order asks for a session.
type Order struct {
	User *user.User
	// NewUser says that the person is created in the same unit of work, so she has no sessions yet.
	NewUser bool
	// AMR are the methods used (RFC 8176 in spirit, with the values that clients know).
	AMR      []string
	Remember bool
	// Event is told to webhooks: session.create.flow or session.create.admin; empty is told to nobody.
	Event event.Name
	// Unlimited leaves the person's other sessions alone, however many they are.
	Unlimited bool
	// Origin, where not nil, is where the session will be used, in place of where the request came from, whatever the tenant wants to know.
	Origin *Origin
}

// An Origin is where a session is used, as a back end tells it; empty texts are unknown.
type Origin struct {
	IPAddress, UserAgent string
}

// origin is what is kept of where a session is used. Spec: session §4.
func (o Order) origin(t *tenants.Tenant, c auth.Client) Origin {
	if o.Origin != nil {
		return Origin{o.Origin.IPAddress, cut(o.Origin.UserAgent, maxUserAgent)}
	}
	var from Origin
	if t.Config.Session.AcquireIPAddress && c.IP.IsValid() {
		from.IPAddress = c.IP.String()
	}
	if t.Config.Session.AcquireUserAgent {
		from.UserAgent = cut(c.UserAgent, maxUserAgent)
	}
	return from
}

// Issued is a session that was prepared: its token is signed, its row is not yet stored.
type Issued struct {
	Token     string
	Lifetime  time.Duration
	Retention Retention
	// Claims are the token's claims as clients see them.
	Claims map[string]any
	// ID of the session.
	ID uuid.UUID

	save func(w *auth.Work)
}

// Save queues what storing the session takes: sessions beyond the tenant's limit end, oldest first, and the new one is written.
func (i *Issued) Save(w *auth.Work) { i.save(w) }

// Prepare signs the token of a new session. It reads and writes nothing.
func (s *Service) Prepare(t *tenants.Tenant, c auth.Client, o Order) (*Issued, error) {
	issued := now()
	lifetime := t.Config.Session.Lifespan.Std()
	row := &ent.Session{
		ID: uuid.Must(uuid.NewV7()), UserID: o.User.ID,
		CreatedAt: issued, UpdatedAt: issued, LastUsedAt: issued, ExpiresAt: issued.Add(lifetime),
		Amr: o.AMR,
	}
	from := o.origin(t, c)
	if from.IPAddress != "" {
		row.IPAddress = &from.IPAddress
	}
	if from.UserAgent != "" {
		row.UserAgent = &from.UserAgent
	}
	claims := newClaims(t, o.User, s.custom(t, o.User), row.ID, o.AMR, issued, row.ExpiresAt)
	key, err := t.Keys.Signer(issued)
	if err != nil {
		return nil, fmt.Errorf("find the signing key: %w", err)
	}
	token, err := key.Sign("JWT", claims)
	if err != nil {
		return nil, fmt.Errorf("sign session token: %w", err)
	}
	s.warnLong(t, token)
	i := &Issued{
		Token: token, Lifetime: lifetime, Retention: RetentionFor(t, o.Remember), ID: row.ID,
		Claims: show(claims, issued, row.ExpiresAt),
	}
	i.save = func(w *auth.Work) {
		w.Do(func(ctx context.Context, tx *store.Tx) error {
			if !o.NewUser {
				if err := lock(ctx, tx, o.User.ID); err != nil {
					return err
				}
			}
			if !o.NewUser && !o.Unlimited {
				if err := s.evict(ctx, tx, t, w, o.User.ID, issued); err != nil {
					return err
				}
			}
			return insert(ctx, tx, row)
		})
		if o.Event == "" {
			return
		}
		if hook, ok := event.Webhook(t, o.Event, o.User.ID, newView(row)); ok {
			w.Do(func(context.Context, *store.Tx) error { w.Emit(hook); return nil }) // after the evictions
		}
	}
	return i, nil
}

func insert(ctx context.Context, tx *store.Tx, row *ent.Session) error {
	err := tx.Session.Create().
		SetID(row.ID).SetUserID(row.UserID).
		SetNillableUserAgent(row.UserAgent).SetNillableIPAddress(row.IPAddress).SetAmr(row.Amr).
		SetCreatedAt(row.CreatedAt).SetUpdatedAt(row.UpdatedAt).SetLastUsedAt(row.LastUsedAt).SetExpiresAt(row.ExpiresAt).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	return nil
}

// ErrBlocked is the answer to a sign-in that was under way when the person was blocked.
var ErrBlocked = problem.Conflict("user_blocked", "the user is blocked")

// lock locks the user's row, so that concurrent sign-ins count one after the other, and none is behind the back of who blocks her.
// Errors: ErrBlocked.
func lock(ctx context.Context, tx *store.Tx, userID uuid.UUID) error {
	blocked, err := tx.Raw.LockForSignIn(ctx, userID)
	if err != nil {
		return fmt.Errorf("lock user: %w", err)
	}
	if blocked {
		return ErrBlocked
	}
	return nil
}

// evict ends the oldest sessions so that the new one fits within the limit. The user's row is locked.
func (s *Service) evict(ctx context.Context, tx *store.Tx, t *tenants.Tenant, w *auth.Work, userID uuid.UUID, at time.Time) error {
	surplus, err := tx.Raw.SurplusSessions(ctx, userID, max(t.Config.Session.Limit, 1)-1, at)
	if err != nil || len(surplus) == 0 {
		return err
	}
	ids := make([]uuid.UUID, len(surplus))
	for i, old := range surplus {
		ids[i] = old.ID
	}
	rows, err := store.Lock(tx, tx.Session.Query().Where(entsession.IDIn(ids...))).All(ctx)
	if err != nil {
		return fmt.Errorf("load surplus sessions: %w", err)
	}
	return s.end(ctx, tx, t, w, event.SessionLimit, rows...)
}

// end deletes sessions like drop, and emits an event for each.
func (s *Service) end(ctx context.Context, tx *store.Tx, t *tenants.Tenant, w *auth.Work, name event.Name, rows ...*ent.Session) error {
	for _, row := range rows {
		if hook, ok := event.Webhook(t, name, row.UserID, newView(row)); ok {
			w.Emit(hook)
		}
	}
	return s.drop(ctx, tx, rows...)
}

// drop deletes sessions and tells every replica to forget their tokens.
func (s *Service) drop(ctx context.Context, tx *store.Tx, rows ...*ent.Session) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(rows))
	revoked := make([]*ent.RevocationCreate, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
		revoked[i] = tx.Revocation.Create().SetSessionID(row.ID).SetExpiresAt(row.ExpiresAt)
	}
	if _, err := tx.Session.Delete().Where(entsession.IDIn(ids...)).Exec(ctx); err != nil {
		return fmt.Errorf("delete sessions: %w", err)
	}
	if err := tx.Revocation.CreateBulk(revoked...).Exec(ctx); err != nil {
		return fmt.Errorf("announce revocations: %w", err)
	}
	tx.OnCommit(func() {
		s.cache.forget(ids...)
		s.ring()
	})
	return nil
}

// cut keeps the first n characters of a text and drops bytes that are not UTF-8.
func cut(s string, n int) string {
	kept := make([]rune, 0, min(len(s), n))
	for len(s) > 0 && len(kept) < n {
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		if r == utf8.RuneError && size <= 1 || r == 0 {
			continue
		}
		kept = append(kept, r)
	}
	return string(kept)
}
