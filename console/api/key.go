package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

const tagKeys = "Keys"

// Token is what API keys and operator tokens have in common.
type Token struct {
	ID         uuid.UUID  `json:"id" doc:"The id of the key or token; it is no secret." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Name       string     `json:"name" doc:"What it is for." example:"billing service"`
	Hint       string     `json:"hint" doc:"Prefix and last characters, to recognise it by." example:"lka_…x7Qd"`
	Scopes     []string   `json:"scopes" nullable:"false" doc:"What its bearer may do." example:"[\"users:read\"]"`
	CreatedBy  string     `json:"created_by" doc:"Who made it." example:"cli"`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was made." example:"2026-11-24T12:00:00Z"`
	ExpiresAt  *time.Time `json:"expires_at" doc:"When it ends by itself; null is never."`
	LastUsedAt *time.Time `json:"last_used_at" doc:"When it was last used, to the minute; null is never."`
	RevokedAt  *time.Time `json:"revoked_at" doc:"When it was revoked; null is never."`
}

func showToken(t tenants.Token) Token {
	return Token{t.ID, t.Name, t.Hint, t.Scopes, string(t.CreatedBy), t.CreatedAt, t.ExpiresAt, t.LastUsedAt, t.RevokedAt}
}

// NewToken is what both are made from.
type NewToken struct {
	Name      string     `json:"name" doc:"What it is for." example:"billing service"`
	Scopes    []string   `json:"scopes,omitempty" nullable:"false" doc:"What its bearer may do; left out: everything." example:"[\"users:read\",\"users:write\"]"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When it ends by itself; left out: never." example:"2027-11-24T00:00:00Z"`
}

func (n NewToken) domain() tenants.NewToken {
	return tenants.NewToken{Name: n.Name, Scopes: n.Scopes, ExpiresAt: n.ExpiresAt}
}

type createKeyInput struct {
	TenantPath
	Body NewToken
}

type createKeyOutput struct {
	Body struct {
		Token
		Key string `json:"key" doc:"The key itself. It is shown only now." example:"lka_…"`
	}
}

type keysOutput struct {
	Body struct {
		APIKeys []Token `json:"api_keys" nullable:"false" doc:"The keys, newest first, also those revoked or expired."`
	}
}

// KeyPath names an API key.
type KeyPath struct {
	TenantPath
	KeyID uuid.UUID `path:"key_id" format:"uuid" doc:"The key's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}

// SigningKey is a key that signs a tenant's session tokens.
type SigningKey struct {
	ID          string     `json:"kid" doc:"The kid of tokens it signs." example:"649ac270-d0d2-4281-9623-34c4a770b2e7"`
	Alg         string     `json:"alg" doc:"The algorithm." example:"ES256"`
	State       string     `json:"state" enum:"published,active,retiring,gone" doc:"published: announced; active: signs; retiring: verifies only; gone: erased." example:"active"`
	CreatedAt   time.Time  `json:"created_at" doc:"When it was made." example:"2026-11-24T12:00:00Z"`
	ActivatedAt *time.Time `json:"activated_at" doc:"When it began to sign, or will."`
	RetiredAt   *time.Time `json:"retired_at" doc:"When it stopped signing."`
}

type signingKeysOutput struct {
	Body struct {
		SigningKeys  []SigningKey `json:"signing_keys" nullable:"false" doc:"The keys, oldest first."`
		NextRotation *time.Time   `json:"next_rotation_at" doc:"When a new key is published by itself (signing.rotate_every), within the hour; null is never."`
	}
}

type rotateKeyInput struct {
	TenantPath
	Body *struct {
		ActivateAt *time.Time `json:"activate_at,omitempty" doc:"When the new key is to sign; left out: as soon as every client can know it, which is in twelve minutes." example:"2026-12-01T03:00:00Z"`
	}
}

// SigningKeyPath names a signing key.
type SigningKeyPath struct {
	TenantPath
	KID string `path:"kid" maxLength:"255" doc:"The key's kid." example:"649ac270-d0d2-4281-9623-34c4a770b2e7"`
}

type signingKeyOutput struct {
	Body SigningKey
}

func (a *API) keyOperations() {
	huma.Register(a.v1, describe(op("create-api-key", http.MethodPost, "/tenants/{id}/api-keys", tenants.KeysWrite, tagKeys, "Create an API key", 400, 404, 409, 413, 415),
		"API keys open a tenant's admin API. A key may do no more in it than its maker (`scope_exceeded`). It is in the answer and never shown again."), a.createKey)
	huma.Register(a.v1, op("list-api-keys", http.MethodGet, "/tenants/{id}/api-keys", tenants.KeysRead, tagKeys, "List API keys", 400, 404), a.listKeys)
	huma.Register(a.v1, describe(op("revoke-api-key", http.MethodDelete, "/tenants/{id}/api-keys/{key_id}", tenants.KeysWrite, tagKeys, "Revoke an API key", 400, 404),
		"It works nowhere any more within a second."), a.revokeKey)
	huma.Register(a.v1, op("list-signing-keys", http.MethodGet, "/tenants/{id}/signing-keys", tenants.KeysRead, tagKeys, "List signing keys", 400, 404), a.listSigningKeys)
	huma.Register(a.v1, describe(op("rotate-signing-key", http.MethodPost, "/tenants/{id}/signing-keys", tenants.KeysWrite, tagKeys, "Rotate the signing key", 400, 404, 409, 413, 415),
		"The new key is published now and signs as soon as every client can know it, or later where that is asked for."), a.rotateKey)
	huma.Register(a.v1, describe(status(op("revoke-signing-key", http.MethodPost, "/tenants/{id}/signing-keys/{kid}/revoke", tenants.KeysWrite, tagKeys,
		"Take a signing key out at once", 400, 404), http.StatusOK),
		"For a key that somebody else may have. What it signed is valid no more: people whose sessions it signed sign in anew. Where it is the one that signs, "+
			"another takes its place at once; back ends that keep the key set refuse what that signs until they fetch the set again, for ten minutes at most."),
		a.revokeSigningKey)
}

func (a *API) createKey(ctx context.Context, in *createKeyInput) (*createKeyOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	maker := caller(ctx)
	key, plain, err := a.o.APIKeys.Create(ctx, maker.Actor, maker, in.ID, in.Body.domain())
	if err != nil {
		return nil, err
	}
	out := &createKeyOutput{}
	out.Body.Token, out.Body.Key = showToken(key.Token), plain
	return out, nil
}

func (a *API) listKeys(ctx context.Context, in *TenantPath) (*keysOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	keys, err := a.o.APIKeys.List(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &keysOutput{}
	out.Body.APIKeys = make([]Token, len(keys))
	for i, k := range keys {
		out.Body.APIKeys[i] = showToken(k.Token)
	}
	return out, nil
}

func (a *API) revokeKey(ctx context.Context, in *KeyPath) (*struct{}, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.o.APIKeys.Revoke(ctx, caller(ctx).Actor, in.ID, in.KeyID)
}

func (a *API) listSigningKeys(ctx context.Context, in *TenantPath) (*signingKeysOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	keys, err := a.o.Tenants.SigningKeys(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &signingKeysOutput{}
	out.Body.SigningKeys = make([]SigningKey, len(keys))
	for i, k := range keys {
		out.Body.SigningKeys[i] = showSigningKey(k)
	}
	t, err := a.o.Registry.ByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out.Body.NextRotation = tenants.NextRotation(keys, t.Config.Signing.RotateEvery.Std())
	return out, nil
}

func (a *API) revokeSigningKey(ctx context.Context, in *SigningKeyPath) (*signingKeysOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	if err := a.o.Tenants.RevokeKey(ctx, caller(ctx).Actor, in.ID, in.KID); err != nil {
		return nil, err
	}
	return a.listSigningKeys(ctx, &in.TenantPath)
}

func (a *API) rotateKey(ctx context.Context, in *rotateKeyInput) (*signingKeyOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	var at time.Time
	if in.Body != nil && in.Body.ActivateAt != nil {
		at = *in.Body.ActivateAt
	}
	key, err := a.o.Tenants.RotateKeyAt(ctx, caller(ctx).Actor, in.ID, at)
	if err != nil {
		return nil, err
	}
	return &signingKeyOutput{showSigningKey(key)}, nil
}

func showSigningKey(k tenants.SigningKey) SigningKey {
	return SigningKey{k.ID, k.Alg, string(k.State), k.CreatedAt, k.ActivatedAt, k.RetiredAt}
}
