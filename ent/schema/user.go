package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// User is a person who signs in to a tenant. Her username and metadata live in the same row: they are read at every sign-in.
type User struct{ ent.Schema }

// Mixin of User.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Default(""),
		field.String("given_name").Default(""),
		field.String("family_name").Default(""),
		field.Text("picture").Default(""),
		field.String("username").MaxLen(255).Optional().Nillable(),
		field.UUID("username_id", uuid.UUID{}).Optional().Nillable().Comment("shown by the APIs as the username's id"),
		field.Time("username_created_at").Optional().Nillable(),
		field.Time("username_updated_at").Optional().Nillable(),
		field.Text("public_metadata").Optional().Nillable(),
		field.Text("private_metadata").Optional().Nillable(),
		field.Text("unsafe_metadata").Optional().Nillable(),
		field.Time("blocked_at").Optional().Nillable(),
	}
}

// Edges of User. All of them go when the user goes.
func (User) Edges() []ent.Edge {
	owned := entsql.OnDelete(entsql.Cascade)
	return []ent.Edge{
		edge.To("emails", Email.Type).Annotations(owned),
		edge.To("password", PasswordCredential.Type).Unique().Annotations(owned),
		edge.To("webauthn_credentials", WebauthnCredential.Type).Annotations(owned),
		edge.To("totp", TOTPSecret.Type).Unique().Annotations(owned),
		edge.To("recovery_codes", RecoveryCode.Type).Annotations(owned),
		edge.To("identities", Identity.Type).Annotations(owned),
		edge.To("sessions", Session.Type).Annotations(owned),
		edge.To("trusted_devices", TrustedDevice.Type).Annotations(owned),
		edge.To("one_time_tokens", OneTimeToken.Type).Annotations(owned),
		edge.To("metadata_members", MetadataMember.Type).Annotations(owned),
	}
}

// Indexes of User. The id alone is the primary key, so a user's id is unique over all tenants.
func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "username").Unique(),
		index.Fields("tenant_id", "created_at", "id"),
	}
}

// MetadataMember makes users findable by a top-level member of their metadata. Rows are written with the metadata they repeat.
type MetadataMember struct{ ent.Schema }

// Mixin of MetadataMember.
func (MetadataMember) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}} }

// Fields of MetadataMember.
func (MetadataMember) Fields() []ent.Field {
	return []ent.Field{
		ownedByUser(),
		field.Bytes("name").MaxLen(16).Immutable().Comment("digest of category and member name"),
		field.Bytes("value").MaxLen(16).Immutable().Comment("digest of the member's value"),
	}
}

// Edges of MetadataMember.
func (MetadataMember) Edges() []ent.Edge { return []ent.Edge{userEdge("metadata_members")} }

// Indexes of MetadataMember.
func (MetadataMember) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "name", "value", "user_id"),
		index.Fields("tenant_id", "user_id"),
	}
}

// Email is an address of a user; without a user it is one nobody has claimed.
type Email struct{ ent.Schema }

// Mixin of Email.
func (Email) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of Email.
func (Email) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Optional().Nillable(),
		field.String("address").MaxLen(255).Immutable().Comment("lower case, trimmed"),
		field.Bool("is_verified").Default(false),
		field.UUID("primary_of", uuid.UUID{}).Optional().Nillable().
			Comment("the user whose primary address this is: unique, so she has at most one"),
	}
}

// Edges of Email.
func (Email) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("emails").Field("user_id").Unique(),
		edge.To("identities", Identity.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of Email.
func (Email) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "address").Unique(),
		index.Fields("tenant_id", "primary_of").Unique(),
		index.Fields("tenant_id", "user_id"),
	}
}

// Identity is an account at a third party (OAuth, OIDC, SAML) that signs a user in.
type Identity struct{ ent.Schema }

// Mixin of Identity.
func (Identity) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of Identity.
func (Identity) Fields() []ent.Field {
	return []ent.Field{
		field.String("provider_id").MaxLen(255).Immutable().Comment("google, custom_…, or the SAML issuer"),
		field.String("subject").MaxLen(255).Immutable().Comment("the account at the provider"),
		field.UUID("user_id", uuid.UUID{}).Optional().Nillable().Comment("none while a link waits for confirmation"),
		field.UUID("email_id", uuid.UUID{}).Optional().Nillable(),
		field.String("saml_domain").MaxLen(253).Optional().Nillable(),
		field.Text("claims").Default("{}").Comment("JSON object as the provider last told it"),
	}
}

// Edges of Identity.
func (Identity) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("identities").Field("user_id").Unique(),
		edge.From("email", Email.Type).Ref("identities").Field("email_id").Unique(),
	}
}

// Indexes of Identity.
func (Identity) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "provider_id", "subject").Unique(),
		index.Fields("tenant_id", "saml_domain"),
		index.Fields("tenant_id", "user_id"),
		index.Fields("tenant_id", "email_id"),
	}
}
