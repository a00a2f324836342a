package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SAMLProvider is an identity provider that signs in the people of one mail domain.
type SAMLProvider struct{ ent.Schema }

// Mixin of SAMLProvider.
func (SAMLProvider) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of SAMLProvider.
func (SAMLProvider) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("entity_id").MaxLen(512),
		field.Text("metadata_url").Default(""),
		field.String("domain").MaxLen(253),
		field.Bool("enabled").Default(false),
		field.Bool("skip_email_verification").Default(false),
		field.JSON("attribute_map", json.RawMessage{}).Optional(),
		field.Text("metadata_xml").Default(""),
		field.Text("metadata_certificate").Default("").Comment("PEM: what the metadata must be signed with; empty where it need not be"),
		field.Time("metadata_fetched_at").Optional().Nillable(),
		field.Time("refresh_at").Optional().Nillable().Comment("when the metadata is fetched again; none where it was given by hand"),
		field.Int("refresh_failures").Default(0).Comment("in a row"),
		field.Text("refresh_error").Default("").Comment("of the last try; empty where it worked"),
	}
}

// Indexes of SAMLProvider.
func (SAMLProvider) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "domain").Unique(),
		index.Fields("tenant_id", "entity_id"),
		index.Fields("refresh_at"),
	}
}

// SAMLCertificate is a tenant's key pair as a service provider.
type SAMLCertificate struct{ ent.Schema }

// Mixin of SAMLCertificate.
func (SAMLCertificate) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}}
}

// Fields of SAMLCertificate.
func (SAMLCertificate) Fields() []ent.Field {
	return []ent.Field{
		field.Text("certificate").Immutable().Comment("PEM"),
		field.Bytes("private_key").MaxLen(1 << 16).Sensitive().Comment("sealed"),
		field.String("state").MaxLen(16).Comment("published, active, retiring, gone"),
		field.Time("expires_at").Immutable(),
		field.Time("activated_at").Optional().Nillable().Comment("of a published certificate: when it is to sign"),
		field.Time("retired_at").Optional().Nillable(),
	}
}

// Indexes of SAMLCertificate.
func (SAMLCertificate) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }

// SAMLUse remembers an assertion or a request until it can no longer be used, so that each is used once.
type SAMLUse struct{ ent.Schema }

// Mixin of SAMLUse.
func (SAMLUse) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}} }

// Fields of SAMLUse.
func (SAMLUse) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").MaxLen(16).Immutable().Comment("request, assertion"),
		field.Bytes("digest").MaxLen(32).Immutable().Comment("SHA-256 of issuer and id"),
		field.Text("data").Default("").Immutable(),
		field.Time("expires_at").Immutable(),
	}
}

// Indexes of SAMLUse.
func (SAMLUse) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "kind", "digest").Unique(),
		index.Fields("expires_at"),
	}
}
