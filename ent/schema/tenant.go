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
		field.String("name_folded").MaxLen(255).Default("").Comment("the name in lower case, to be searched by its beginning"),
		field.String("status").MaxLen(16).Default("active").Comment("active, read_only, suspended, deleting"),
		field.String("status_reason").Default(""),
		field.String("origin").MaxLen(16).Comment("v1, compatible, single, system: which defaults apply"),
		field.JSON("config", json.RawMessage{}).Comment("what differs from the defaults; secrets inside are sealed"),
		field.Int("config_version").Default(1),
		field.Int64("version").Default(1).Comment("grows with every change that a cached snapshot must see"),
		field.Time("purge_after").Optional().Nillable().Comment("when a deleted tenant's rows may go"),
		field.Time("deleted_at").Optional().Nillable(),
		field.String("deleted_by").MaxLen(255).Default(""),
		field.String("status_before").MaxLen(16).Default("").Comment("of a deleted tenant: what it comes back to"),
		field.JSON("quotas", json.RawMessage{}).Optional().Comment("what the operator allows; none: everything"),
		field.JSON("purged", json.RawMessage{}).Optional().Comment("of a tenant that is being purged: how many rows of which table went"),
	}
}

// Indexes of Tenant.
func (Tenant) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("slug").Unique(),
		index.Fields("updated_at"),
		index.Fields("created_at", "id"),
		index.Fields("name_folded"),
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
		field.JSON("config", json.RawMessage{}).Comment("written again only to seal its secrets under another master key"),
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
		field.String("verified_host").MaxLen(253).Optional().Nillable().Comment("the host, once verified: of one tenant at most"),
		field.String("challenge").MaxLen(64).Immutable().Comment("value of the DNS record that proves ownership"),
		field.Time("verified_at").Optional().Nillable(),
		field.Time("checked_at").Optional().Nillable(),
		field.String("problem").MaxLen(255).Default("").Comment("what the last check missed"),
		field.String("created_by").MaxLen(255).Default("").Immutable(),
	}
}

// Indexes of TenantDomain.
func (TenantDomain) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("verified_host").Unique(),
		index.Fields("tenant_id", "host").Unique(),
		index.Fields("checked_at"),
	}
}

// PurgeReceipt says that a tenant's rows are gone. It outlives the tenant, so it belongs to none.
type PurgeReceipt struct{ ent.Schema }

// Mixin of PurgeReceipt.
func (PurgeReceipt) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, CreatedMixin{}} }

// Fields of PurgeReceipt.
func (PurgeReceipt) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("purged_tenant", uuid.UUID{}).Immutable(),
		field.String("slug").MaxLen(63).Immutable(),
		field.JSON("statement", json.RawMessage{}).Immutable().Comment("who, when, how many rows of which table"),
		field.Text("signature").Immutable().Comment("JWS over the statement, by a signing key of the system tenant"),
	}
}

// Indexes of PurgeReceipt.
func (PurgeReceipt) Indexes() []ent.Index {
	return []ent.Index{index.Fields("purged_tenant").Unique(), index.Fields("created_at", "id")}
}

// CertificateFile is what the automatic TLS keeps for all replicas: accounts, keys, certificates. It belongs to no tenant.
type CertificateFile struct{ ent.Schema }

// Mixin of CertificateFile.
func (CertificateFile) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TimesMixin{}} }

// Fields of CertificateFile.
func (CertificateFile) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(512).Immutable(),
		field.Bytes("content").MaxLen(1 << 20).Comment("sealed; empty for a lock"),
		field.Time("locked_until").Optional().Nillable().Comment("of a lock"),
	}
}

// Indexes of CertificateFile.
func (CertificateFile) Indexes() []ent.Index { return []ent.Index{index.Fields("name").Unique()} }
