package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Session is a sign-in that lasts: its id is the session_id of the token.
type Session struct{ ent.Schema }

// Mixin of Session.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of Session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		ownedByUser(),
		field.String("user_agent").MaxLen(1020).Optional().Nillable().Immutable().Comment("cut at 255 characters"),
		field.String("ip_address").MaxLen(64).Optional().Nillable().Immutable(),
		field.JSON("amr", []string{}).Optional().Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("last_used_at"),
	}
}

// Edges of Session.
func (Session) Edges() []ent.Edge { return []ent.Edge{userEdge("sessions")} }

// Indexes of Session.
func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "user_id", "created_at"),
		index.Fields("expires_at"),
	}
}

// Revocation tells every replica that a session ended before its token did. Rows are only appended, and go when the token has expired.
type Revocation struct{ ent.Schema }

// Mixin of Revocation.
func (Revocation) Mixin() []ent.Mixin { return []ent.Mixin{TenantMixin{}, CreatedMixin{}} }

// Fields of Revocation.
func (Revocation) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.UUID("session_id", uuid.UUID{}).Immutable(),
		field.Time("expires_at").Immutable(),
	}
}

// Indexes of Revocation.
func (Revocation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("created_at"), index.Fields("expires_at")}
}

// Flow is a sign-in, registration or profile conversation that has begun to act. See pkg/flow.
type Flow struct{ ent.Schema }

// Mixin of Flow.
func (Flow) Mixin() []ent.Mixin { return []ent.Mixin{TenantMixin{}, TimesMixin{}} }

// Fields of Flow.
func (Flow) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable().Comment("given: the id the sealed start already carried"),
		field.String("name").MaxLen(32).Immutable(),
		field.Int("version").Default(0),
		field.Bytes("data").MaxLen(1 << 20).Comment("the engine's record, sealed"),
		field.Time("expires_at").Immutable(),
	}
}

// Indexes of Flow.
func (Flow) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }

// Passcode is a code mailed to an address, bound to its purpose and flow.
type Passcode struct{ ent.Schema }

// Mixin of Passcode.
func (Passcode) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}} }

// Fields of Passcode.
func (Passcode) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("flow_id", uuid.UUID{}).Immutable(),
		field.String("purpose").MaxLen(32).Immutable(),
		field.String("address").MaxLen(255).Immutable(),
		field.Bytes("code_mac").MaxLen(32).Immutable().Comment("HMAC-SHA-256 over code, tenant, address, purpose and flow"),
		field.Int("tries").Default(0),
		field.Time("expires_at").Immutable(),
	}
}

// Indexes of Passcode.
func (Passcode) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }

// OneTimeToken hands the result of a third-party sign-in to the flow that asked for it.
type OneTimeToken struct{ ent.Schema }

// Mixin of OneTimeToken.
func (OneTimeToken) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}} }

// Fields of OneTimeToken.
func (OneTimeToken) Fields() []ent.Field {
	return []ent.Field{
		ownedByUser(),
		field.Bytes("hash").MaxLen(32).Immutable(),
		field.String("purpose").MaxLen(32).Immutable(),
		field.UUID("identity_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.Text("data").Default("{}").Immutable(),
		field.Time("expires_at").Immutable(),
	}
}

// Edges of OneTimeToken.
func (OneTimeToken) Edges() []ent.Edge { return []ent.Edge{userEdge("one_time_tokens")} }

// Indexes of OneTimeToken.
func (OneTimeToken) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "hash").Unique(),
		index.Fields("tenant_id", "user_id"),
		index.Fields("expires_at"),
	}
}
