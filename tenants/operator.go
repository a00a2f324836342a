package tenants

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/operatortoken"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// OperatorTokenPrefix begins every operator token.
const OperatorTokenPrefix = "lko_"

// An OperatorToken lets an operator's program use the console API.
type OperatorToken struct {
	Token
	Tenants []uuid.UUID // the tenants it may touch; all where nil
}

// MayTouch reports whether the token reaches a tenant.
func (t OperatorToken) MayTouch(tenantID uuid.UUID) bool {
	return t.Tenants == nil || slices.Contains(t.Tenants, tenantID)
}

// Actor is how changes made with the token are signed.
func (t OperatorToken) Actor() Actor { return ByToken(t.ID) }

// covers reports whether the token can do everything another one can.
func (t OperatorToken) covers(scopes Scopes, tenants []uuid.UUID) bool {
	if !t.Scopes.Cover(scopes) {
		return false
	}
	return t.Tenants == nil || tenants != nil && !slices.ContainsFunc(tenants, func(id uuid.UUID) bool { return !t.MayTouch(id) })
}

// NewOperatorToken is what an operator token is made from.
type NewOperatorToken struct {
	NewToken
	Tenants []uuid.UUID // all where empty
}

// OperatorTokens makes, lists, revokes and recognises operator tokens.
type OperatorTokens struct {
	db     *store.Store
	now    func() time.Time
	tokens *bearers[OperatorToken]
}

// NewOperatorTokens makes the keeper of operator tokens. Call Run beside it, or their use is not written down.
func NewOperatorTokens(db *store.Store, log *slog.Logger, now func() time.Time) *OperatorTokens {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	k := &OperatorTokens{db: db, now: now}
	k.tokens = &bearers[OperatorToken]{
		prefix: OperatorTokenPrefix, now: now, log: log, find: k.find, used: k.used,
		about:   func(t OperatorToken) Token { return t.Token },
		cache:   newLRU[string, cached[OperatorToken]](bearerCacheSize, nil),
		touched: map[uuid.UUID]struct{}{},
	}
	return k
}

// Create makes a token and returns its plain text, which cannot be shown again. Where a token makes another (maker is not nil), the new one
// can do no more than its maker. Errors: invalid_token_request with every problem, scope_exceeded.
func (k *OperatorTokens) Create(ctx context.Context, by Actor, maker *OperatorToken, n NewOperatorToken) (OperatorToken, string, error) {
	now := k.now().UTC().Truncate(time.Microsecond)
	n.Name = strings.TrimSpace(n.Name)
	checked, err := n.check(now, OperatorScopes())
	if err != nil {
		return OperatorToken{}, "", err
	}
	n.NewToken = checked
	if len(n.Tenants) == 0 {
		n.Tenants = nil
	}
	if maker != nil && !maker.covers(n.Scopes, n.Tenants) {
		return OperatorToken{}, "", problem.Forbidden("scope_exceeded", "a token cannot make one that may do more than itself")
	}
	plain, hash := secret.NewToken(OperatorTokenPrefix)
	var row *ent.OperatorToken
	err = k.db.Do(ctx, scope.System("create operator token"), func(ctx context.Context, tx *store.Tx) error {
		create := tx.OperatorToken.Create().SetName(n.Name).SetHint(hint(OperatorTokenPrefix, plain)).SetHash(hash).SetScopes(n.Scopes).
			SetCreatedBy(string(by)).SetNillableExpiresAt(n.ExpiresAt).SetCreatedAt(now).SetUpdatedAt(now)
		if n.Tenants != nil {
			create = create.SetTenants(n.Tenants)
		}
		row, err = create.Save(ctx)
		return err
	})
	if err != nil {
		return OperatorToken{}, "", fmt.Errorf("create operator token: %w", err)
	}
	return operatorToken(row), plain, nil
}

// List reads all operator tokens, also revoked and expired ones, newest first.
func (k *OperatorTokens) List(ctx context.Context) ([]OperatorToken, error) {
	rows, err := k.db.Reader().OperatorToken.Query().Order(ent.Desc(operatortoken.FieldCreatedAt, operatortoken.FieldID)).
		All(scope.With(ctx, scope.System("list operator tokens")))
	if err != nil {
		return nil, fmt.Errorf("list operator tokens: %w", err)
	}
	tokens := make([]OperatorToken, len(rows))
	for i, row := range rows {
		tokens[i] = operatorToken(row)
	}
	return tokens, nil
}

// Revoke ends a token: at once in this process, within a second in others. Revoking a revoked token changes nothing. A token cannot end one
// that may do more than itself. Errors: ErrTokenNotFound, scope_exceeded.
func (k *OperatorTokens) Revoke(ctx context.Context, _ Actor, maker *OperatorToken, id uuid.UUID) error {
	err := k.db.Do(ctx, scope.System("revoke operator token"), func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.OperatorToken.Query().Where(operatortoken.ID(id))).Only(ctx)
		if ent.IsNotFound(err) {
			return ErrTokenNotFound
		}
		if err != nil {
			return err
		}
		if t := operatorToken(row); maker != nil && !maker.covers(t.Scopes, t.Tenants) {
			return problem.Forbidden("scope_exceeded", "a token cannot end one that may do more than itself")
		}
		if row.RevokedAt != nil {
			return nil
		}
		now := k.now().UTC().Truncate(time.Microsecond)
		return row.Update().SetRevokedAt(now).SetUpdatedAt(now).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("revoke operator token %s: %w", id, err)
	}
	k.tokens.forget()
	return nil
}

// Authenticate says which token a text is. Error: ErrBadToken.
func (k *OperatorTokens) Authenticate(ctx context.Context, plain string) (OperatorToken, error) {
	return k.tokens.authenticate(ctx, plain)
}

// Run writes down when tokens were used, at most once a minute each, until the context ends.
func (k *OperatorTokens) Run(ctx context.Context) { k.tokens.run(ctx) }

// Flush writes that down now.
func (k *OperatorTokens) Flush(ctx context.Context) error { return k.tokens.flush(ctx) }

func (k *OperatorTokens) find(ctx context.Context, hash []byte) (OperatorToken, error) {
	row, err := k.db.Reader().OperatorToken.Query().Where(operatortoken.Hash(hash)).
		Only(scope.With(ctx, scope.System("authenticate an operator token")))
	if ent.IsNotFound(err) {
		return OperatorToken{}, ErrBadToken
	}
	if err != nil {
		return OperatorToken{}, err
	}
	return operatorToken(row), nil
}

func (k *OperatorTokens) used(ctx context.Context, at time.Time, ids []uuid.UUID) error {
	return k.db.Do(ctx, scope.System("write down the use of operator tokens"), func(ctx context.Context, tx *store.Tx) error {
		return tx.OperatorToken.Update().Where(operatortoken.IDIn(ids...)).SetLastUsedAt(at).Exec(ctx)
	})
}

func operatorToken(row *ent.OperatorToken) OperatorToken {
	t := OperatorToken{Token: Token{
		ID: row.ID, Name: row.Name, Hint: row.Hint, Scopes: row.Scopes, CreatedBy: Actor(row.CreatedBy), CreatedAt: row.CreatedAt.UTC(),
		ExpiresAt: inUTC(row.ExpiresAt), LastUsedAt: inUTC(row.LastUsedAt), RevokedAt: inUTC(row.RevokedAt),
	}}
	if len(row.Tenants) > 0 {
		t.Tenants = row.Tenants
	}
	return t
}
