// Package management is what a tenant's back end may do to the tenant's people: make, find, change and delete them, their credentials and
// their sessions, without proving to be one of them.
//
// One file holds one subject. A method reads and computes first, then commits one short transaction with the change and its effects
// (webhooks, audit records). It knows no HTTP; who may call it was decided before.
package management

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/idempotency"
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// Needs are the rooms that management works with; all are required.
type Needs struct {
	Store     *store.Store
	Outbox    *outbox.Writer
	Keyring   *secret.Keyring
	Users     *user.Directory
	Passwords *password.Room
	Passkeys  *passkey.Room
	TOTP      *totp.Room
	Devices   *devicetrust.Room
	Sessions  *session.Service
}

// A Service manages the people of tenants.
type Service struct {
	n      Needs
	lists  *memory
	totals *paging.Totals
}

// New makes the service.
func New(n Needs) *Service { return &Service{n, newMemory(), paging.NewTotals(maxLists, time.Now)} }

// Get reads everything about a person. Error: user_not_found, also for another tenant's.
func (s *Service) Get(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*user.User, error) {
	return s.n.Users.Load(ctx, t, id)
}

// commit carries out what one request wants. Where the request can be sent again it is noted, in the same transaction, that it was carried
// out, with its answer if idempotency.Settle was told that.
func (s *Service) commit(ctx context.Context, t *tenants.Tenant, w *auth.Work, doing string) error {
	if claim := idempotency.From(ctx); claim != nil && !w.Empty() {
		w.Do(claim.Done())
	}
	if err := w.Commit(ctx, s.n.Store, scope.Tenant(t.ID), s.n.Outbox); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
