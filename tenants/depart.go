package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// AuditTenantExported is of who took a whole tenant out, with what its people sign in with.
const AuditTenantExported outbox.AuditType = "tenant_exported"

// Moving is a tenant on its way to another deployment. It is as secret as the database: secrets of the configuration are in clear.
type Moving struct {
	ID           uuid.UUID `json:"id"`
	Slug         string    `json:"slug"`
	Name         string    `json:"name"`
	Status       Status    `json:"status"`
	StatusReason string    `json:"status_reason"`
	Origin       Origin    `json:"origin"`
	// Config is what differs from the defaults.
	Config        json.RawMessage `json:"config"`
	ConfigVersion int             `json:"config_version"`
	Version       int64           `json:"version"`
	Quotas        json.RawMessage `json:"quotas,omitempty"`
	CreatedAt     time.Time       `json:"created_at"`
	// PublicURL and RelyingParty are what they were: another deployment may derive others.
	PublicURL    string              `json:"public_url"`
	RelyingParty config.RelyingParty `json:"relying_party"`
}

// errSingleMoves is the answer in a deployment whose only tenant is configured by its file.
var errSingleMoves = problem.Conflict("single_tenant",
	"this deployment serves one tenant only, whose configuration is in its file: whole tenants move between deployments with multi_tenancy.enabled")

// Depart reads a tenant that is to move. Errors: ErrNotFound, single_tenant, system_tenant, secrets_unreadable.
func (p *Provisioner) Depart(ctx context.Context, id uuid.UUID) (*Moving, error) {
	switch {
	case p.registry.o.Single != nil:
		return nil, errSingleMoves
	case id == SystemID:
		return nil, errSystem("cannot move: operators belong to their deployment")
	}
	row, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return nil, err
	}
	base := baseConfig(p.addresses, row.ID, row.Slug, row.Name, Origin(row.Origin))
	full, err := openStored(p.o.Keyring, row.ID, base, row.Config)
	if err != nil {
		return nil, err
	}
	return &Moving{
		ID: row.ID, Slug: row.Slug, Name: row.Name, Status: Status(row.Status), StatusReason: row.StatusReason, Origin: Origin(row.Origin),
		Config: config.Diff(base, full), ConfigVersion: row.ConfigVersion, Version: row.Version, Quotas: row.Quotas, CreatedAt: row.CreatedAt.UTC(),
		PublicURL: p.registry.publicURL(row, full, []string{full.Service.PrimaryDomain}), RelyingParty: full.WebAuthn.RelyingParty,
	}, nil
}

// Departed records that a tenant was taken out. What cannot be recorded has failed, and must not be used.
func (p *Provisioner) Departed(ctx context.Context, by Actor, id uuid.UUID, details map[string]any) error {
	err := p.db.Do(ctx, scope.Tenant(id), func(ctx context.Context, tx *store.Tx) error {
		return p.recorder.note(ctx, tx, id, AuditTenantExported, by, details)
	})
	if err != nil {
		return fmt.Errorf("record the export of tenant %s: %w", id, err)
	}
	return nil
}

// OpenVersion is a configuration of the history with its secrets in clear. Those that cannot be opened any more are left out: nobody has missed them
// since the entry of secrets.keys that sealed them went.
func (p *Provisioner) OpenVersion(m *Moving, stored []byte) (json.RawMessage, error) {
	base := baseConfig(p.addresses, m.ID, m.Slug, m.Name, m.Origin)
	sealed, err := config.Apply(base, stored)
	if err != nil {
		return nil, fmt.Errorf("read a former configuration of tenant %s: %w", m.ID, err)
	}
	full, err := config.OpenSecrets(sealed, func(path, text string) (string, error) {
		plain, err := p.o.Keyring.OpenString(text, secretAAD(m.ID, path))
		if errors.Is(err, secret.ErrUndecryptable) {
			return "", nil //nolint:nilerr // it is left out, as said above
		}
		return string(plain), err
	})
	if err != nil {
		return nil, err
	}
	return config.Diff(base, full), nil
}

// OpenSigningKey is the private JWK of a row of a tenant's signing keys. Errors: secret.ErrUndecryptable.
func OpenSigningKey(keyring *secret.Keyring, tenantID uuid.UUID, kid string, version int, sealed []byte) ([]byte, error) {
	plain, err := keyring.Open(sealed, KeySealedFor(tenantID, kid, version))
	if err != nil {
		return nil, fmt.Errorf("open signing key %s: %w", kid, err)
	}
	return plain, nil
}

// SealSigningKey is the opposite of OpenSigningKey.
func SealSigningKey(keyring *secret.Keyring, tenantID uuid.UUID, kid string, version int, jwk []byte) []byte {
	return keyring.Seal(jwk, KeySealedFor(tenantID, kid, version))
}
