package tenants

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/operatortoken"
	"github.com/latchkeep/latchkeep/ent/outbox"
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
	Tenants    []uuid.UUID // the tenants it may touch; all where nil
	OperatorID uuid.UUID   // whose it is; nil for nobody's
}

// Grants are what the token is good for.
func (t OperatorToken) Grants() Grants { return Grants{{t.Scopes, t.Tenants}} }

// NewOperatorToken is what an operator token is made from.
type NewOperatorToken struct {
	NewToken
	Tenants []uuid.UUID // all where empty
}

// OperatorTokens makes, lists, revokes and recognises operator tokens.
type OperatorTokens struct {
	db      *store.Store
	now     func() time.Time
	tokens  *bearers[OperatorToken]
	holders Holders
	out     recorder
}

// Holders know what operators may do at the moment. Error: ErrBadToken for one who may do nothing any more.
type Holders func(ctx context.Context, operatorID uuid.UUID) (Grants, error)

// HeldBy says who knows what operators may do. Without, tokens of operators are good for nothing.
func (k *OperatorTokens) HeldBy(holders Holders) *OperatorTokens {
	k.holders = holders
	return k
}

// Recording has the making and ending of tokens recorded in the log of the console.
func (k *OperatorTokens) Recording(out *outbox.Writer) *OperatorTokens {
	k.out = recorder{out}
	return k
}

// NewOperatorTokens makes the keeper of operator tokens. Call Run beside it, or their use is not written down.
func NewOperatorTokens(db *store.Store, log *slog.Logger, now func() time.Time) *OperatorTokens {
	k := &OperatorTokens{db: db, now: now}
	k.tokens = newBearers(OperatorTokenPrefix, log, now, k.find, k.used, func(t OperatorToken) Token { return t.Token })
	return k
}

// Create makes a token and returns its plain text, which cannot be shown again. Where somebody makes it through the console (maker is not nil), it
// can do no more than its maker, and is hers. Errors: invalid_token_request with every problem, scope_exceeded.
func (k *OperatorTokens) Create(ctx context.Context, by Actor, maker *Principal, n NewOperatorToken) (OperatorToken, string, error) {
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
	if maker != nil && !maker.Covers(Grants{{n.Scopes, n.Tenants}}) {
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
		if maker != nil && maker.OperatorID != uuid.Nil {
			create = create.SetOperatorID(maker.OperatorID)
		}
		if row, err = create.Save(ctx); err != nil {
			return err
		}
		return k.out.note(ctx, tx, SystemID, AuditOperatorTokenCreated, by, map[string]any{"operator_token": row.ID.String(), "name": n.Name, "scopes": n.Scopes})
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
func (k *OperatorTokens) Revoke(ctx context.Context, by Actor, maker *Principal, id uuid.UUID) error {
	err := k.db.Do(ctx, scope.System("revoke operator token"), func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.OperatorToken.Query().Where(operatortoken.ID(id))).Only(ctx)
		if ent.IsNotFound(err) {
			return ErrTokenNotFound
		}
		if err != nil {
			return err
		}
		if t := operatorToken(row); maker != nil && !maker.Covers(t.Grants()) {
			return problem.Forbidden("scope_exceeded", "a token cannot end one that may do more than itself")
		}
		if row.RevokedAt != nil {
			return nil
		}
		now := k.now().UTC().Truncate(time.Microsecond)
		if err := row.Update().SetRevokedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
			return err
		}
		return k.out.note(ctx, tx, SystemID, AuditOperatorTokenRevoked, by, map[string]any{"operator_token": row.ID.String(), "name": row.Name})
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

// Principal is who has a token. An operator's token can do no more than she can now. Error: ErrBadToken.
func (k *OperatorTokens) Principal(ctx context.Context, plain string) (*Principal, error) {
	t, err := k.Authenticate(ctx, plain)
	if err != nil {
		return nil, err
	}
	var within Grants
	if t.OperatorID != uuid.Nil {
		if k.holders == nil {
			return nil, ErrBadToken
		}
		if within, err = k.holders(ctx, t.OperatorID); err != nil {
			return nil, err
		}
	}
	return NewPrincipal(ByToken(t.ID), t.Name, t.OperatorID, t.Grants(), within), nil
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
	if row.OperatorID != nil {
		t.OperatorID = *row.OperatorID
	}
	return t
}
