package saml

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlcertificate"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// ErrRotating says that a certificate waits for its activation already.
var ErrRotating = problem.Conflict("rotation_in_progress", "a published certificate waits for its activation")

// rows are the tenant's certificates that still serve, the one that signs first, then those that will, then those that did.
func (r *Room) rows(ctx context.Context, t *tenants.Tenant) ([]*ent.SAMLCertificate, error) {
	rows, err := r.n.Store.Reader().SAMLCertificate.Query().Where(samlcertificate.StateNEQ(string(tenants.KeyGone))).
		Order(ent.Asc(samlcertificate.FieldCreatedAt, samlcertificate.FieldID)).All(scope.With(ctx, scope.Tenant(t.ID)))
	if err != nil {
		return nil, fmt.Errorf("read the SAML certificates of tenant %s: %w", t.ID, err)
	}
	slices.SortStableFunc(rows, func(a, b *ent.SAMLCertificate) int { return rank(a) - rank(b) })
	return rows, nil
}

func rank(row *ent.SAMLCertificate) int {
	return slices.Index([]string{string(tenants.KeyActive), string(tenants.KeyPublished), string(tenants.KeyRetiring)}, row.State)
}

// ensure is rows, and makes the first certificate where there is none that signs.
func (r *Room) ensure(ctx context.Context, t *tenants.Tenant) ([]*ent.SAMLCertificate, error) {
	rows, err := r.rows(ctx, t)
	if err != nil || len(rows) > 0 && rows[0].State == string(tenants.KeyActive) {
		return rows, err
	}
	now := r.now()
	fresh, err := r.draft(t, 1, tenants.KeyActive, now)
	if err != nil {
		return nil, err
	}
	err = r.n.Store.Do(ctx, scope.System("make a tenant's first SAML certificate"), func(ctx context.Context, tx *store.Tx) error {
		if err := r.n.Registry.Bump(ctx, tx, t.ID); err != nil { // it also makes others wait who have the same idea
			return err
		}
		there, err := tx.SAMLCertificate.Query().
			Where(samlcertificate.TenantID(t.ID), samlcertificate.State(string(tenants.KeyActive))).Exist(ctx)
		if err != nil || there {
			return err
		}
		return fresh.insert(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("make the SAML certificate of tenant %s: %w", t.ID, err)
	}
	return r.rows(ctx, t)
}

// A draft is a certificate that has not been written yet.
type draft struct {
	id, tenant  uuid.UUID
	certificate string
	sealed      []byte
	state       tenants.KeyState
	created     time.Time
	activated   *time.Time
}

func (r *Room) draft(t *tenants.Tenant, serial int64, state tenants.KeyState, now time.Time) (draft, error) {
	certificate, key, err := newPair(t.Config.Service.Name, serial, now)
	if err != nil {
		return draft{}, err
	}
	id := uuid.Must(uuid.NewV7())
	return draft{id, t.ID, string(certificate), SealKey(r.n.Keyring, t.ID, id, key), state, now, &now}, nil
}

func (d draft) insert(ctx context.Context, tx *store.Tx) error {
	return tx.SAMLCertificate.Create().SetID(d.id).SetTenantID(d.tenant).SetCertificate(d.certificate).SetPrivateKey(d.sealed).
		SetState(string(d.state)).SetExpiresAt(d.created.Add(CertificateTTL)).SetNillableActivatedAt(d.activated).
		SetCreatedAt(d.created).SetUpdatedAt(d.created).Exec(ctx)
}

// Certificates lists a tenant's certificates as a service provider, oldest first. Error: tenants.ErrNotFound.
func (r *Room) Certificates(ctx context.Context, id uuid.UUID) ([]Certificate, error) {
	if _, err := r.n.Registry.ByID(ctx, id); err != nil {
		return nil, err
	}
	rows, err := r.n.Store.Reader().SAMLCertificate.Query().Order(ent.Asc(samlcertificate.FieldCreatedAt, samlcertificate.FieldID)).
		All(scope.With(ctx, scope.Tenant(id)))
	if err != nil {
		return nil, fmt.Errorf("list the SAML certificates of tenant %s: %w", id, err)
	}
	all := make([]Certificate, len(rows))
	for i, row := range rows {
		all[i] = shownCertificate(row)
	}
	return all, nil
}

func shownCertificate(row *ent.SAMLCertificate) Certificate {
	c := Certificate{
		ID: row.ID, State: tenants.KeyState(row.State), PEM: row.Certificate, CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(),
		ActivatedAt: row.ActivatedAt, RetiredAt: row.RetiredAt,
	}
	if parsed, err := parseCertificate(row.Certificate); err == nil { // one that was imported may be anything
		sum := sha256.Sum256(parsed.Raw)
		c.Fingerprint = hex.EncodeToString(sum[:])
	}
	return c
}

// Rotate puts a new certificate into the tenant's metadata. It signs after the Overlap, once providers can know it, and the one before retires:
// it still decrypts for as long again. A tenant that has none yet gets its first, which signs at once. Errors: tenants.ErrNotFound, ErrRotating.
func (r *Room) Rotate(ctx context.Context, by tenants.Actor, id uuid.UUID) (Certificate, error) {
	t, err := r.n.Registry.ByID(ctx, id)
	if err != nil {
		return Certificate{}, err
	}
	rows, err := r.Certificates(ctx, id)
	if err != nil {
		return Certificate{}, err
	}
	now := r.now()
	fresh, err := r.draft(t, int64(len(rows))+1, tenants.KeyPublished, now)
	if err != nil {
		return Certificate{}, err
	}
	err = r.n.Store.Do(ctx, scope.System("rotate a tenant's SAML certificate"), func(ctx context.Context, tx *store.Tx) error {
		if err := r.n.Registry.Bump(ctx, tx, id); err != nil {
			return err
		}
		signs, waits, err := stages(ctx, tx, id)
		if err != nil {
			return err
		}
		if waits {
			return ErrRotating
		}
		fresh.state, fresh.activated = tenants.KeyActive, &now
		if signs {
			later := now.Add(Overlap)
			fresh.state, fresh.activated = tenants.KeyPublished, &later
		}
		if err := fresh.insert(ctx, tx); err != nil {
			return err
		}
		return r.n.Outbox.Write(ctx, tx, tenants.Recorded(ctx, id, tenants.AuditSAMLRotated, by, map[string]any{"certificate": fresh.id.String()}))
	})
	if err != nil {
		return Certificate{}, fmt.Errorf("rotate the SAML certificate of tenant %s: %w", id, err)
	}
	return shownCertificate(&ent.SAMLCertificate{
		ID: fresh.id, Certificate: fresh.certificate, State: string(fresh.state), CreatedAt: now, ExpiresAt: now.Add(CertificateTTL),
		ActivatedAt: fresh.activated,
	}), nil
}

// stages says whether a tenant has a certificate that signs, and one that waits to.
func stages(ctx context.Context, tx *store.Tx, id uuid.UUID) (signs, waits bool, err error) {
	q := tx.SAMLCertificate.Query().Where(samlcertificate.TenantID(id))
	if signs, err = q.Clone().Where(samlcertificate.State(string(tenants.KeyActive))).Exist(ctx); err != nil {
		return false, false, err
	}
	waits, err = q.Where(samlcertificate.State(string(tenants.KeyPublished)), samlcertificate.ActivatedAtNotNil()).Exist(ctx)
	return signs, waits, err
}
