package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// SigningKey signs a tenant's session tokens and webhooks.
type SigningKey struct{ ent.Schema }

// Mixin of SigningKey.
func (SigningKey) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of SigningKey.
func (SigningKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("kid").MaxLen(255).Immutable(),
		field.String("alg").MaxLen(16).Immutable(),
		field.String("state").MaxLen(16).Comment("published, active, retiring, gone"),
		field.JSON("public_jwk", json.RawMessage{}).Immutable(),
		field.Bytes("private_key").MaxLen(1 << 16).Comment("private JWK, sealed for tenant, kid and version"),
		field.Int("seal_version").Default(1),
		field.Time("activated_at").Optional().Nillable(),
		field.Time("retired_at").Optional().Nillable(),
	}
}

// Indexes of SigningKey.
func (SigningKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "kid").Unique()}
}

// APIKey lets a back end use a tenant's admin API.
type APIKey struct{ ent.Schema }

// Mixin of APIKey.
func (APIKey) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of APIKey.
func (APIKey) Fields() []ent.Field { return tokenFields() }

// Indexes of APIKey.
func (APIKey) Indexes() []ent.Index { return []ent.Index{index.Fields("hash").Unique()} }

// OperatorToken lets an operator's program use the console API. It has no tenant of its own.
type OperatorToken struct{ ent.Schema }

// Mixin of OperatorToken.
func (OperatorToken) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TimesMixin{}} }

// Fields of OperatorToken.
func (OperatorToken) Fields() []ent.Field {
	return append(tokenFields(),
		field.JSON("tenants", []uuid.UUID{}).Optional().Comment("the tenants it may touch; none means all"),
		field.UUID("operator_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("whose it is: it can do no more than she can at the time"),
	)
}

// Indexes of OperatorToken.
func (OperatorToken) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hash").Unique(), index.Fields("operator_id")}
}

// Operator is a person who runs the deployment. She signs in through the system tenant.
type Operator struct{ ent.Schema }

// Mixin of Operator.
func (Operator) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TimesMixin{}} }

// Fields of Operator.
func (Operator) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").MaxLen(255),
		field.String("name").MaxLen(255).Default(""),
		field.JSON("grants", json.RawMessage{}).Comment("list of role and tenants: what she may do where"),
		field.UUID("user_id", uuid.UUID{}).Optional().Nillable().Comment("her user in the system tenant, once she accepted"),
		field.String("invited_by").MaxLen(255).Default("").Immutable(),
		field.Bytes("invite_hash").MaxLen(32).Optional().Nillable().Comment("SHA-256 of the token in the link; none once it was used"),
		field.Time("invite_expires_at").Optional().Nillable(),
		field.Time("last_seen_at").Optional().Nillable(),
		field.Time("disabled_at").Optional().Nillable(),
	}
}

// Indexes of Operator.
func (Operator) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("email").Unique(),
		index.Fields("user_id").Unique(),
		index.Fields("invite_hash").Unique(),
	}
}

// tokenFields are those of every bearer token that we keep only as a hash.
func tokenFields() []ent.Field {
	return []ent.Field{
		field.String("name").Default(""),
		field.String("hint").MaxLen(16).Immutable().Comment("prefix and last characters, to recognise it by"),
		field.Bytes("hash").MaxLen(32).Immutable().Comment("SHA-256 of the token"),
		field.JSON("scopes", []string{}),
		field.String("created_by").Default(""),
		field.Time("expires_at").Optional().Nillable(),
		field.Time("last_used_at").Optional().Nillable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}
