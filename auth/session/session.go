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
	ID        uuid.UUID `json:"id" format:"uuid" doc:"Its id."`
	UserID    uuid.UUID `json:"user_id" format:"uuid" doc:"The user's id."`
	UserAgent *string   `json:"user_agent" doc:"The browser that asked."`
	IPAddress *string   `json:"ip_address" doc:"Where it was asked for from."`
	CreatedAt time.Time `json:"created_at" doc:"When it was made."`
	UpdatedAt time.Time `json:"updated_at" doc:"When it was last changed."`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends by itself."`
	LastUsed  time.Time `json:"last_used" doc:"When it was last used, to the minute."`
}

func newView(row *ent.Session) View {
	return View{
		ID: row.ID, UserID: row.UserID, UserAgent: row.UserAgent, IPAddress: row.IPAddress,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(), LastUsed: row.LastUsedAt.UTC(),
	}
}
