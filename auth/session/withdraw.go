package session

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	entsession "github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// ErrNotFound is the answer where a person has no such session.
var ErrNotFound = problem.NotFound("session_not_found", "the session does not exist")

// Withdraw ends a session of a person because the tenant's back end wants it. Error: ErrNotFound, also for somebody else's.
func (s *Service) Withdraw(t *tenants.Tenant, w *auth.Work, userID, id uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.Session.Query().Where(entsession.ID(id), entsession.UserID(userID))).Only(ctx)
		if ent.IsNotFound(err) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		return s.end(ctx, tx, t, w, event.SessionAdminRevoke, row)
	}
}

// WithdrawAll ends every session of a person that has not expired because the tenant's back end wants it; ended is told how many those were.
// Her row is locked first, so that no sign-in under way adds one behind its back.
func (s *Service) WithdrawAll(t *tenants.Tenant, w *auth.Work, userID uuid.UUID, ended func(n int)) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Raw.LockUser(ctx, userID); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		rows, err := store.Lock(tx, tx.Session.Query().Where(entsession.UserID(userID), entsession.ExpiresAtGT(now())).
			Order(ent.Desc(entsession.FieldCreatedAt, entsession.FieldID))).All(ctx)
		if err != nil {
			return fmt.Errorf("load sessions: %w", err)
		}
		ended(len(rows))
		return s.end(ctx, tx, t, w, event.SessionAdminRevoke, rows...)
	}
}
