package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/signingkey"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// errNotDue says that another replica rotated the key.
var errNotDue = errors.New("the key was rotated meanwhile")

// RotateKey publishes a new signing key, which signs once every client can know it. The key before it then retires: see AdvanceKeys. Errors:
// ErrNotFound, rotation_in_progress.
func (p *Provisioner) RotateKey(ctx context.Context, by Actor, id uuid.UUID) (SigningKey, error) {
	return p.RotateKeyAt(ctx, by, id, time.Time{})
}

// RotateKeyAt is RotateKey with a time from which the new key signs: not before every client can know it. The zero time is as soon as that.
// Errors: ErrNotFound, rotation_in_progress, activation_too_early.
func (p *Provisioner) RotateKeyAt(ctx context.Context, by Actor, id uuid.UUID, at time.Time) (SigningKey, error) {
	earliest := p.now().Add(activationDelay)
	switch {
	case at.IsZero():
		at = earliest
	case at.Before(earliest):
		return SigningKey{}, problem.Invalid("activation_too_early", "clients that keep the key set would not know the key",
			problem.Field{Path: "activate_at", Reason: "must not be before " + earliest.Format(time.RFC3339)})
	case at.After(earliest.AddDate(1, 0, 0)):
		return SigningKey{}, problem.Invalid("activation_too_late", "a key is not made that long before it signs",
			problem.Field{Path: "activate_at", Reason: "must be within a year"})
	}
	return p.rotate(ctx, by, id, at.UTC().Truncate(time.Microsecond), time.Time{})
}

// rotate publishes a new key; where notSince is set, only if the one that signs has done so since before that. Error: errNotDue.
func (p *Provisioner) rotate(ctx context.Context, by Actor, id uuid.UUID, activation, notSince time.Time) (SigningKey, error) {
	row, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return SigningKey{}, err
	}
	full, err := p.registry.shown(row)
	if err != nil {
		return SigningKey{}, err
	}
	key, err := p.newKey(ctx, id, signingAlg(full))
	if err != nil {
		return SigningKey{}, fmt.Errorf("rotate the key of tenant %s: %w", id, err)
	}
	now := p.now()
	key.state, key.activated = KeyPublished, &activation
	err = p.changeKeys(ctx, id, func(ctx context.Context, tx *store.Tx) (bool, error) {
		keys, err := tx.SigningKey.Query().Where(signingkey.TenantID(id)).All(ctx)
		if err != nil {
			return false, err
		}
		if waits(keys) {
			return false, problem.Conflict("rotation_in_progress", "a published key waits for its activation")
		}
		if !notSince.IsZero() && signsSince(keys).After(notSince) {
			return false, errNotDue
		}
		if err := key.insert(ctx, tx, now); err != nil {
			return false, err
		}
		return true, p.recorder.note(ctx, tx, id, AuditKeyRotated, by, map[string]any{"kid": key.id, "activates_at": activation.Format(time.RFC3339)})
	})
	if err != nil {
		return SigningKey{}, fmt.Errorf("rotate the key of tenant %s: %w", id, err)
	}
	return SigningKey{ID: key.id, Alg: key.alg, State: KeyPublished, CreatedAt: now, ActivatedAt: &activation}, nil
}

// waits reports whether a published key waits for its activation.
func waits(keys []*ent.SigningKey) bool {
	for _, k := range keys {
		if KeyState(k.State) == KeyPublished && k.ActivatedAt != nil {
			return true
		}
	}
	return false
}

// signsSince is when the key that signs began to; the zero time where none does.
func signsSince(keys []*ent.SigningKey) time.Time {
	var since time.Time
	for _, k := range keys {
		if KeyState(k.State) == KeyActive && activation(k).After(since) {
			since = activation(k)
		}
	}
	return since
}

// RevokeKey takes a signing key out at once, because somebody else may have it: what it signed is valid no more, so people sign in anew. Where
// it was the one that signs, the key that waits takes its place, or else a new one: back ends that keep the key set refuse what that signs until
// they fetch the set again. A key that is gone stays so. Errors: ErrNotFound, key_not_found.
func (p *Provisioner) RevokeKey(ctx context.Context, by Actor, id uuid.UUID, kid string) error {
	row, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return err
	}
	full, err := p.registry.shown(row)
	if err != nil {
		return err
	}
	spare, err := p.newKey(ctx, id, signingAlg(full))
	if err != nil {
		return fmt.Errorf("revoke a key of tenant %s: %w", id, err)
	}
	now := p.now()
	spare.state, spare.activated = KeyActive, &now
	err = p.changeKeys(ctx, id, func(ctx context.Context, tx *store.Tx) (bool, error) {
		keys, err := tx.SigningKey.Query().Where(signingkey.TenantID(id)).Order(ent.Asc(signingkey.FieldCreatedAt, signingkey.FieldID)).All(ctx)
		if err != nil {
			return false, err
		}
		revoked, replaced := chooseHeir(keys, kid, now)
		switch {
		case revoked == nil:
			return false, problem.NotFound("key_not_found", "the tenant has no such key")
		case KeyState(revoked.State) == KeyGone:
			return false, nil
		}
		err = tx.SigningKey.UpdateOneID(revoked.ID).SetState(string(KeyGone)).SetPrivateKey([]byte{}).SetRetiredAt(now).SetUpdatedAt(now).Exec(ctx)
		if err != nil {
			return false, err
		}
		details := map[string]any{"kid": kid}
		switch {
		case replaced != nil && KeyState(replaced.State) == KeyPublished:
			details["signs_now"] = replaced.Kid
			err = tx.SigningKey.UpdateOneID(replaced.ID).SetState(string(KeyActive)).SetActivatedAt(now).SetUpdatedAt(now).Exec(ctx)
		case replaced == nil:
			details["signs_now"] = spare.id
			err = spare.insert(ctx, tx, now)
		}
		if err != nil {
			return false, err
		}
		return true, p.recorder.note(ctx, tx, id, AuditKeyRevoked, by, details)
	})
	if err != nil {
		return fmt.Errorf("revoke a key of tenant %s: %w", id, err)
	}
	return nil
}

// chooseHeir finds a key, and which of the others signs without it: the one that does already, else one that is published.
func chooseHeir(keys []*ent.SigningKey, kid string, now time.Time) (revoked, heir *ent.SigningKey) {
	for _, k := range keys {
		switch {
		case k.Kid == kid:
			revoked = k
		case signs(k, now) && (heir == nil || !signs(heir, now) || activation(k).After(activation(heir))):
			heir = k
		case KeyState(k.State) == KeyPublished && heir == nil:
			heir = k
		}
	}
	return revoked, heir
}

// RotateDueKeys publishes new keys for tenants whose configuration asks for that from time to time (signing.rotate_every), of so many after a given
// one. It returns the last one looked at, or the nil UUID when the round is complete. Several replicas may do this at once: a key is rotated once.
func (p *Provisioner) RotateDueKeys(ctx context.Context, after uuid.UUID, limit int) (uuid.UUID, error) {
	ids, err := p.db.Raw().TenantsThatSet(scope.With(ctx, scope.System("find tenants whose keys rotate by themselves")), rawsql.SettingRotateEvery, after, limit)
	if err != nil {
		return after, err
	}
	next := uuid.Nil
	if len(ids) == limit {
		next = ids[limit-1]
	}
	if p.registry.o.Single != nil {
		ids, next = []uuid.UUID{SingleID}, uuid.Nil
	}
	var failures []error
	for _, id := range ids {
		if err := p.rotateDue(ctx, id); err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, errNotDue) {
			failures = append(failures, err)
		}
	}
	return next, errors.Join(failures...)
}

func (p *Provisioner) rotateDue(ctx context.Context, id uuid.UUID) error {
	t, err := p.registry.ByID(ctx, id)
	if err != nil {
		return err
	}
	every := t.Config.Signing.RotateEvery.Std()
	if every <= 0 {
		return nil
	}
	keys, err := p.db.Reader().SigningKey.Query().Where(signingkey.StateNEQ(string(KeyGone))).All(scope.With(ctx, scope.Tenant(id)))
	if err != nil {
		return fmt.Errorf("look how old the keys of tenant %s are: %w", id, err)
	}
	due := p.now().Add(-every)
	if waits(keys) || signsSince(keys).After(due) {
		return nil
	}
	_, err = p.rotate(ctx, BySystem, id, p.now().Add(activationDelay), due)
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Code == "rotation_in_progress" {
		return errNotDue
	}
	return err
}

// NextRotation is when the key of a tenant is rotated by itself, of keys as SigningKeys lists them; nil where nothing is planned. Where a published
// key waits there is none before it signs.
func NextRotation(keys []SigningKey, every time.Duration) *time.Time {
	if every <= 0 {
		return nil
	}
	var since *time.Time
	for _, k := range keys {
		if (k.State == KeyActive || k.State == KeyPublished) && k.ActivatedAt != nil && (since == nil || k.ActivatedAt.After(*since)) {
			since = k.ActivatedAt
		}
	}
	if since == nil {
		return nil
	}
	at := since.Add(every)
	return &at
}
