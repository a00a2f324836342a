package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Tenant is one login system of this deployment. It has no TenantMixin: its id is the tenant.
type Tenant struct{ ent.Schema }

// Mixin of Tenant.
func (Tenant) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TimesMixin{}} }

// Fields of Tenant.
func (Tenant) Fields() []ent.Field {
	return []ent.Field{
		field.String("slug").MaxLen(63).Comment("DNS label; the UUID where the tenant has no name of its own"),
		field.String("name").Default(""),
		field.String("status").MaxLen(16).Default("active").Comment("active, read_only, suspended, deleting"),
		field.String("status_reason").Default(""),
		field.String("origin").MaxLen(16).Comment("v1, compatible, single, system: which defaults apply"),
		field.JSON("config", json.RawMessage{}).Comment("what differs from the defaults; secrets inside are sealed"),
		field.Int("config_version").Default(1),
		field.Int64("version").Default(1).Comment("grows with every change that a cached snapshot must see"),
		field.Time("purge_after").Optional().Nillable().Comment("when a deleted tenant's rows may go"),
	}
}

// Indexes of Tenant.
func (Tenant) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("slug").Unique(),
		index.Fields("updated_at"),
		index.Fields("status", "purge_after"),
	}
}

// TenantConfigVersion is one change of a tenant's configuration: who, when, what.
type TenantConfigVersion struct{ ent.Schema }

// Mixin of TenantConfigVersion.
func (TenantConfigVersion) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}}
}

// Fields of TenantConfigVersion.
func (TenantConfigVersion) Fields() []ent.Field {
	return []ent.Field{
		field.Int("version").Immutable(),
		field.JSON("config", json.RawMessage{}).Immutable(),
		field.JSON("changes", json.RawMessage{}).Immutable().Comment("list of path, old, new; secrets masked"),
		field.String("actor").Immutable().Comment("who changed it: token:…, operator:…, cli, system"),
	}
}

// Indexes of TenantConfigVersion.
func (TenantConfigVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "version").Unique()}
}

// TenantDomain is a host name of a tenant's own.
type TenantDomain struct{ ent.Schema }

// Mixin of TenantDomain.
func (TenantDomain) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of TenantDomain.
func (TenantDomain) Fields() []ent.Field {
	return []ent.Field{
		field.String("host").MaxLen(253).Immutable(),
		field.String("challenge").MaxLen(64).Immutable().Comment("value of the DNS record that proves ownership"),
		field.Time("verified_at").Optional().Nillable(),
		field.UUID("created_by", uuid.UUID{}).Optional().Nillable(),
	}
}

// Indexes of TenantDomain.
func (TenantDomain) Indexes() []ent.Index { return []ent.Index{index.Fields("host").Unique()} }
