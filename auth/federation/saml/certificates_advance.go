package saml

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlcertificate"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// AdvanceDueCertificates looks at limit tenants, those after a given one, whose certificates may be due, and moves those on: published to active
// and the former active to retiring, retiring to gone; and makes a successor of one that ends soon. It returns the last tenant looked at, to go on
// from there, or the nil UUID when the round is complete. Several replicas may do this at once.
func (r *Room) AdvanceDueCertificates(ctx context.Context, after uuid.UUID, limit int) (uuid.UUID, error) {
	now := r.now()
	rows, err := r.n.Store.Reader().SAMLCertificate.Query().
		Where(
			samlcertificate.TenantIDGT(after),
			samlcertificate.Or(
				samlcertificate.And(samlcertificate.State(string(tenants.KeyPublished)), samlcertificate.ActivatedAtLTE(now)),
				samlcertificate.And(samlcertificate.State(string(tenants.KeyRetiring)), samlcertificate.RetiredAtLTE(now.Add(-Overlap))),
				samlcertificate.And(samlcertificate.State(string(tenants.KeyActive)), samlcertificate.ExpiresAtLTE(now.Add(renewBefore))),
			),
		).
		Order(ent.Asc(samlcertificate.FieldTenantID)).Limit(limit).Select(samlcertificate.FieldTenantID).
		All(scope.With(ctx, scope.System("find SAML certificates whose time has come")))
	if err != nil {
		return after, fmt.Errorf("find SAML certificates whose time has come: %w", err)
	}
	var due []uuid.UUID
	for _, row := range rows {
		if len(due) == 0 || due[len(due)-1] != row.TenantID {
			due = append(due, row.TenantID)
		}
	}
	var failures []error
	for _, id := range due {
		if err := r.advance(ctx, id, now); err != nil && !errors.Is(err, tenants.ErrNotFound) {
			failures = append(failures, err)
		}
	}
	if len(rows) == limit {
		return due[len(due)-1], errors.Join(failures...)
	}
	return uuid.Nil, errors.Join(failures...)
}

// advance moves a tenant's certificates on, or makes a successor. Where there is nothing to do, it changes nothing.
func (r *Room) advance(ctx context.Context, id uuid.UUID, now time.Time) error {
	rows, err := live(ctx, r.n.Store.Reader(), id)
	if err != nil {
		return fmt.Errorf("look at the SAML certificates of tenant %s: %w", id, err)
	}
	if len(moves(rows, now)) > 0 {
		err := r.n.Store.Do(ctx, scope.System("move a tenant's SAML certificates on"), func(ctx context.Context, tx *store.Tx) error {
			if err := r.n.Registry.Bump(ctx, tx, id); err != nil {
				return err
			}
			rows, err := live(ctx, tx.Client, id) // again: another replica may have been faster
			if err != nil {
				return err
			}
			for _, next := range moves(rows, now) {
				if err := next.save(ctx, tx, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("move the SAML certificates of tenant %s on: %w", id, err)
		}
		return nil
	}
	if !ending(rows, now) {
		return nil
	}
	if _, err := r.Rotate(ctx, tenants.BySystem, id); err != nil && !errors.Is(err, ErrRotating) {
		return err
	}
	return nil
}

// live are a tenant's certificates that still serve, oldest first.
func live(ctx context.Context, db *ent.Client, id uuid.UUID) ([]*ent.SAMLCertificate, error) {
	return db.SAMLCertificate.Query().Where(samlcertificate.TenantID(id), samlcertificate.StateNEQ(string(tenants.KeyGone))).
		Order(ent.Asc(samlcertificate.FieldCreatedAt, samlcertificate.FieldID)).
		All(scope.With(ctx, scope.System("look at a tenant's SAML certificates")))
}

// ending reports whether the certificate that signs ends soon, and no successor waits.
func ending(rows []*ent.SAMLCertificate, now time.Time) bool {
	ends := false
	for _, row := range rows {
		switch {
		case row.State == string(tenants.KeyPublished) && row.ActivatedAt != nil:
			return false
		case row.State == string(tenants.KeyActive) && !row.ExpiresAt.After(now.Add(renewBefore)):
			ends = true
		}
	}
	return ends
}

// A move takes a certificate to its next state.
type move struct {
	row *ent.SAMLCertificate
	to  tenants.KeyState
}

func (m move) save(ctx context.Context, tx *store.Tx, now time.Time) error {
	update := tx.SAMLCertificate.UpdateOneID(m.row.ID).SetState(string(m.to)).SetUpdatedAt(now)
	switch m.to {
	case tenants.KeyRetiring:
		update = update.SetRetiredAt(now)
	case tenants.KeyGone:
		update = update.SetPrivateKey([]byte{})
	}
	return update.Exec(ctx)
}

// moves decides which certificates move. A published one whose time has come signs, and what signed before retires.
func moves(rows []*ent.SAMLCertificate, now time.Time) []move {
	var steps []move
	var next *ent.SAMLCertificate
	for _, row := range rows {
		if row.State == string(tenants.KeyPublished) && row.ActivatedAt != nil && !row.ActivatedAt.After(now) {
			next = row
		}
	}
	for _, row := range rows {
		switch state := tenants.KeyState(row.State); {
		case row == next:
			steps = append(steps, move{row, tenants.KeyActive})
		case next != nil && state == tenants.KeyActive:
			steps = append(steps, move{row, tenants.KeyRetiring})
		case state == tenants.KeyRetiring && row.RetiredAt != nil && !row.RetiredAt.After(now.Add(-Overlap)):
			steps = append(steps, move{row, tenants.KeyGone})
		}
	}
	return steps
}
