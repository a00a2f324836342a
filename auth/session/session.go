// Package session issues, checks and ends sessions.
//
// A session is a row and a signed token that names it. Checking a token that was checked before costs no statement: verified tokens are
// remembered by their hash until they expire, and a feed of revocations, shared by all replicas, makes the memory forget.
package session

import (
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
)

// A Service issues, checks and ends the sessions of all tenants.
type Service struct {
	store  *store.Store
	outbox *outbox.Writer
	cache  *cache
	ring   func()
	log    *slog.Logger
}

// New returns a service that remembers up to size verified tokens. ring is called when a session was ended, so that other replicas look
// at the feed of revocations sooner.
func New(st *store.Store, out *outbox.Writer, ring func(), size int, log *slog.Logger) *Service {
	return &Service{store: st, outbox: out, cache: newCache(size), ring: ring, log: log}
}

// now is the time as the databases keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// View is a session as webhooks and the admin API show it.
type View struct {
	ID        uuid.UUID `json:"id"`
	UserID    uuid.UUID `json:"user_id"`
	UserAgent *string   `json:"user_agent"`
	IPAddress *string   `json:"ip_address"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	ExpiresAt time.Time `json:"expires_at"`
	LastUsed  time.Time `json:"last_used"`
}

func newView(row *ent.Session) View {
	return View{
		ID: row.ID, UserID: row.UserID, UserAgent: row.UserAgent, IPAddress: row.IPAddress,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(), LastUsed: row.LastUsedAt.UTC(),
	}
}
