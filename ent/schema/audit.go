package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// AuditLog is a record of what happened, chained per tenant: each one's hash covers that of the one before. What is personal in it is covered
// by a commitment, so that it can be erased with its salt while the chain still holds. See auth/audit.
type AuditLog struct{ ent.Schema }

// Mixin of AuditLog.
func (AuditLog) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of AuditLog.
func (AuditLog) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("sequence").Immutable().Comment("1, 2, 3 … within the tenant"),
		field.String("type").MaxLen(64).Immutable(),
		field.Text("error").Default("").Comment("erased with the user"),
		field.String("meta_http_request_id").MaxLen(255).Default("").Immutable(),
		field.String("meta_source_ip").MaxLen(64).Default("").Comment("erased with the user"),
		field.Text("meta_user_agent").Default("").Comment("erased with the user"),
		field.UUID("actor_user_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("actor_email").MaxLen(255).Optional().Nillable().Comment("masked; erased with the user"),
		field.JSON("details", json.RawMessage{}).Optional().Comment("erased with the user"),
		field.Bytes("salt").MaxLen(32).Optional().Nillable().Comment("of the commitment; erased with the user"),
		field.Bytes("commitment").MaxLen(32).Optional().Immutable().Comment("digest of the salt and what can be erased"),
		field.Bytes("previous_hash").MaxLen(32).Optional().Immutable(),
		field.Bytes("hash").MaxLen(32).Optional().Immutable(),
		field.Time("erased_at").Optional().Nillable(),
	}
}

// Indexes of AuditLog.
func (AuditLog) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "sequence").Unique(),
		index.Fields("tenant_id", "created_at"),
		index.Fields("tenant_id", "type", "created_at"),
		index.Fields("tenant_id", "actor_user_id", "created_at"),
	}
}

// AuditCheckpoint is the signed state of a tenant's audit log at a record.
type AuditCheckpoint struct{ ent.Schema }

// Mixin of AuditCheckpoint.
func (AuditCheckpoint) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}}
}

// Fields of AuditCheckpoint.
func (AuditCheckpoint) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("sequence").Immutable().Comment("the record it speaks of"),
		field.Bytes("hash").MaxLen(32).Immutable().Comment("of that record"),
		field.Text("signature").Immutable().Comment("JWS over sequence and hash, by a signing key of the tenant"),
		field.Time("pruned_at").Optional().Nillable().Comment("when the records up to this one were given up to retention"),
	}
}

// Indexes of AuditCheckpoint.
func (AuditCheckpoint) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "sequence").Unique()}
}
