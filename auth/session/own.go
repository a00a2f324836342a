package session

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	entsession "github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// Of lists a person's sessions that have not expired, newest first. One statement.
func (s *Service) Of(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) ([]View, error) {
	rows, err := s.store.Reader().Session.Query().
		Where(entsession.UserID(userID), entsession.ExpiresAtGT(now())).
		Order(ent.Desc(entsession.FieldCreatedAt, entsession.FieldID)).
		All(scope.With(ctx, scope.Tenant(t.ID)))
	if err != nil {
		return nil, fmt.Errorf("list the sessions of a user: %w", err)
	}
	list := make([]View, len(rows))
	for i, row := range rows {
		list[i] = newView(row)
	}
	return list, nil
}

// Revoke ends a session of a person because she wants it, and records that; one that is gone, or not hers, changes nothing.
func (s *Service) Revoke(t *tenants.Tenant, w *auth.Work, userID, id uuid.UUID, record func()) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.Session.Query().Where(entsession.ID(id), entsession.UserID(userID))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		record()
		return s.end(ctx, tx, t, w, event.SessionRevoke, row)
	}
}

// RevokeOthers ends all sessions of a person but one because her password changed, and has each recorded; a nil id keeps none. Her row is locked
// first, so that no sign-in under way adds one behind its back.
func (s *Service) RevokeOthers(t *tenants.Tenant, w *auth.Work, userID, kept uuid.UUID, record func(id uuid.UUID)) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Raw.LockUser(ctx, userID); err != nil {
			return fmt.Errorf("end other sessions: %w", err)
		}
		rows, err := store.Lock(tx, tx.Session.Query().Where(entsession.UserID(userID), entsession.IDNEQ(kept), entsession.ExpiresAtGT(now())).
			Order(ent.Desc(entsession.FieldCreatedAt, entsession.FieldID))).All(ctx)
		if err != nil {
			return fmt.Errorf("load sessions: %w", err)
		}
		for _, row := range rows {
			record(row.ID)
		}
		return s.end(ctx, tx, t, w, event.SessionRevoke, rows...)
	}
}

// EndAll ends every session of a person without telling of each: something that says as much, such as her deletion, is told anyway. Her
// row is locked first, so that no sign-in adds one behind its back.
func (s *Service) EndAll(userID uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Raw.LockUser(ctx, userID); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		rows, err := store.Lock(tx, tx.Session.Query().Where(entsession.UserID(userID))).All(ctx)
		if err != nil {
			return fmt.Errorf("load sessions: %w", err)
		}
		return s.drop(ctx, tx, rows...)
	}
}
