package tenants

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/apikey"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// APIKeyPrefix begins every API key.
const APIKeyPrefix = "lka_"

// ErrTokenNotFound is returned for a key or token that does not exist, or belongs to another tenant.
var ErrTokenNotFound = problem.NotFound("token_not_found", "there is no such key or token")

// An APIKey lets a back end use the admin API of the one tenant it belongs to.
type APIKey struct {
	Token
	TenantID uuid.UUID
}

// APIKeys makes, lists, revokes and recognises API keys.
type APIKeys struct {
	db   *store.Store
	now  func() time.Time
	keys *bearers[APIKey]

	recorder recorder
}

// NewAPIKeys makes the keeper of API keys. Call Run beside it, or their use is not written down.
func NewAPIKeys(db *store.Store, log *slog.Logger, now func() time.Time) *APIKeys {
	k := &APIKeys{db: db, now: now}
	k.keys = newBearers(APIKeyPrefix, log, now, k.find, k.used, func(key APIKey) Token { return key.Token })
	return k
}

// Recording has the making and ending of keys recorded in the audit logs of their tenants.
func (k *APIKeys) Recording(out *outbox.Writer) *APIKeys {
	k.recorder = recorder{out}
	return k
}

// Create makes a key for a tenant and returns its plain text, which cannot be shown again. Where somebody makes it through the console (maker is
// not nil), it can do no more in the tenant than its maker. Errors: invalid_token_request with every problem, scope_exceeded, ErrNotFound,
// system_tenant.
func (k *APIKeys) Create(ctx context.Context, by Actor, maker *Principal, tenantID uuid.UUID, n NewToken) (APIKey, string, error) {
	if tenantID == SystemID {
		return APIKey{}, "", errSystem("has no admin API")
	}
	now := k.now().UTC().Truncate(time.Microsecond)
	n.Name = strings.TrimSpace(n.Name)
	n, err := n.check(now, APIKeyScopes())
	if err != nil {
		return APIKey{}, "", err
	}
	if maker != nil && !maker.Covers(Grants{{Scopes(n.Scopes).of(APIKeyScopes()), []uuid.UUID{tenantID}}}) {
		return APIKey{}, "", problem.Forbidden("scope_exceeded", "nobody makes a key that may do more than its maker")
	}
	plain, hash := secret.NewToken(APIKeyPrefix)
	var row *ent.APIKey
	err = k.db.Do(ctx, scope.Tenant(tenantID), func(ctx context.Context, tx *store.Tx) error {
		exists, err := tx.Tenant.Query().Where(alive).Exist(ctx)
		if err != nil {
			return err
		}
		if !exists {
			return ErrNotFound
		}
		row, err = tx.APIKey.Create().SetTenantID(tenantID).SetName(n.Name).SetHint(hint(APIKeyPrefix, plain)).SetHash(hash).
			SetScopes(n.Scopes).SetCreatedBy(string(by)).SetNillableExpiresAt(n.ExpiresAt).SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return err
		}
		return k.recorder.note(ctx, tx, tenantID, AuditAPIKeyCreated, by, map[string]any{"api_key": row.ID.String(), "name": n.Name, "scopes": n.Scopes})
	})
	if err != nil {
		return APIKey{}, "", fmt.Errorf("create an API key of tenant %s: %w", tenantID, err)
	}
	return apiKey(row), plain, nil
}

// List reads all keys of a tenant, also revoked and expired ones, newest first. Error: ErrNotFound.
func (k *APIKeys) List(ctx context.Context, tenantID uuid.UUID) ([]APIKey, error) {
	ctx = scope.With(ctx, scope.Tenant(tenantID))
	exists, err := k.db.Reader().Tenant.Query().Where(alive).Exist(ctx)
	if err == nil && !exists {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("list the API keys of tenant %s: %w", tenantID, err)
	}
	rows, err := k.db.Reader().APIKey.Query().Order(ent.Desc(apikey.FieldCreatedAt, apikey.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the API keys of tenant %s: %w", tenantID, err)
	}
	keys := make([]APIKey, len(rows))
	for i, row := range rows {
		keys[i] = apiKey(row)
	}
	return keys, nil
}

// Revoke ends a key: at once in this process, within a second in others. Revoking a revoked key changes nothing. Error: ErrTokenNotFound, also
// for another tenant's key.
func (k *APIKeys) Revoke(ctx context.Context, by Actor, tenantID, id uuid.UUID) error {
	err := k.db.Do(ctx, scope.Tenant(tenantID), func(ctx context.Context, tx *store.Tx) error {
		now := k.now().UTC().Truncate(time.Microsecond)
		n, err := tx.APIKey.Update().Where(apikey.ID(id), apikey.RevokedAtIsNil()).SetRevokedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return err
		}
		if n > 0 {
			return k.recorder.note(ctx, tx, tenantID, AuditAPIKeyRevoked, by, map[string]any{"api_key": id.String()})
		}
		exists, err := tx.APIKey.Query().Where(apikey.ID(id)).Exist(ctx)
		if err == nil && !exists {
			err = ErrTokenNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke API key %s of tenant %s: %w", id, tenantID, err)
	}
	k.keys.forget()
	return nil
}

// Authenticate says which key a text is. The key decides the tenant. Error: ErrBadToken.
func (k *APIKeys) Authenticate(ctx context.Context, plain string) (APIKey, error) {
	return k.keys.authenticate(ctx, plain)
}

// Run writes down when keys were used, at most once a minute each, until the context ends.
func (k *APIKeys) Run(ctx context.Context) { k.keys.run(ctx) }

// Flush writes that down now.
func (k *APIKeys) Flush(ctx context.Context) error { return k.keys.flush(ctx) }

func (k *APIKeys) find(ctx context.Context, hash []byte) (APIKey, error) {
	row, err := k.db.Reader().APIKey.Query().Where(apikey.Hash(hash)).Only(scope.With(ctx, scope.System("find the tenant of an API key")))
	if ent.IsNotFound(err) {
		return APIKey{}, ErrBadToken
	}
	if err != nil {
		return APIKey{}, err
	}
	return apiKey(row), nil
}

func (k *APIKeys) used(ctx context.Context, at time.Time, ids []uuid.UUID) error {
	return k.db.Do(ctx, scope.System("write down the use of API keys"), func(ctx context.Context, tx *store.Tx) error {
		return tx.APIKey.Update().Where(apikey.IDIn(ids...)).SetLastUsedAt(at).Exec(ctx)
	})
}

func apiKey(row *ent.APIKey) APIKey {
	return APIKey{TenantID: row.TenantID, Token: Token{
		ID: row.ID, Name: row.Name, Hint: row.Hint, Scopes: row.Scopes, CreatedBy: Actor(row.CreatedBy), CreatedAt: row.CreatedAt.UTC(),
		ExpiresAt: inUTC(row.ExpiresAt), LastUsedAt: inUTC(row.LastUsedAt), RevokedAt: inUTC(row.RevokedAt),
	}}
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}
