package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// ownedByUser are the field, edge and index that tie a row to its user.
func ownedByUser() ent.Field { return field.UUID("user_id", uuid.UUID{}).Immutable() }

func userEdge(ref string) ent.Edge {
	return edge.From("user", User.Type).Ref(ref).Field("user_id").Unique().Required().Immutable()
}

// PasswordCredential is the hash of a user's password.
type PasswordCredential struct{ ent.Schema }

// Mixin of PasswordCredential.
func (PasswordCredential) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}}
}

// Fields of PasswordCredential.
func (PasswordCredential) Fields() []ent.Field {
	return []ent.Field{
		ownedByUser(),
		field.Text("hash").Sensitive().Comment("PHC string (argon2id), bcrypt, or Firebase scrypt"),
		field.Int("format").Default(0).Comment("rank of the hash format, dearest highest: see pkg/password"),
	}
}

// Edges of PasswordCredential.
func (PasswordCredential) Edges() []ent.Edge { return []ent.Edge{userEdge("password")} }

// Indexes of PasswordCredential.
func (PasswordCredential) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "user_id").Unique(),
		index.Fields("tenant_id", "format"),
	}
}

// WebauthnCredential is a passkey, or a security key where mfa_only is set.
type WebauthnCredential struct{ ent.Schema }

// Mixin of WebauthnCredential.
func (WebauthnCredential) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}}
}

// Fields of WebauthnCredential.
func (WebauthnCredential) Fields() []ent.Field {
	return []ent.Field{
		ownedByUser(),
		field.Bytes("credential_id").MaxLen(1023).Immutable().Comment("WebAuthn §4: at most 1023 bytes"),
		field.Bytes("credential_hash").MaxLen(32).Immutable().Comment("SHA-256 of the credential id: what is looked up"),
		field.String("name").Default(""),
		field.Bytes("public_key").MaxLen(1 << 16).Immutable().Comment("COSE key"),
		field.String("attestation_type").Default(""),
		field.UUID("aaguid", uuid.UUID{}),
		field.Uint32("sign_count").Default(0),
		field.Bool("backup_eligible").Optional().Nillable().Comment("unknown until an imported credential is first used"),
		field.Bool("backup_state").Optional().Nillable(),
		field.Bool("mfa_only").Default(false).Immutable(),
		field.JSON("transports", []string{}),
		field.Bytes("user_handle").MaxLen(64).Optional().Nillable().Immutable().Comment("of imported passkeys; else the user id"),
		field.Time("last_used_at").Optional().Nillable(),
	}
}

// Edges of WebauthnCredential.
func (WebauthnCredential) Edges() []ent.Edge { return []ent.Edge{userEdge("webauthn_credentials")} }

// Indexes of WebauthnCredential.
func (WebauthnCredential) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "credential_hash").Unique(),
		index.Fields("tenant_id", "user_id"),
	}
}

// TOTPSecret is the shared secret of a user's authenticator app (RFC 6238).
type TOTPSecret struct{ ent.Schema }

// Mixin of TOTPSecret.
func (TOTPSecret) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, TimesMixin{}} }

// Fields of TOTPSecret.
func (TOTPSecret) Fields() []ent.Field {
	return []ent.Field{
		ownedByUser(),
		field.Bytes("secret").MaxLen(1024).Sensitive().Comment("sealed"),
		field.Int64("last_validated_step").Optional().Nillable().Comment("replay guard, RFC 6238 §5.2"),
	}
}

// Edges of TOTPSecret.
func (TOTPSecret) Edges() []ent.Edge { return []ent.Edge{userEdge("totp")} }

// Indexes of TOTPSecret.
func (TOTPSecret) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "user_id").Unique()}
}

// RecoveryCode stands in once for a second factor.
type RecoveryCode struct{ ent.Schema }

// Mixin of RecoveryCode.
func (RecoveryCode) Mixin() []ent.Mixin { return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}} }

// Fields of RecoveryCode.
func (RecoveryCode) Fields() []ent.Field {
	return []ent.Field{
		ownedByUser(),
		field.Bytes("hash").MaxLen(128).Sensitive().Comment("of the code, its tenant and person; sealed"),
		field.Time("used_at").Optional().Nillable(),
	}
}

// Edges of RecoveryCode.
func (RecoveryCode) Edges() []ent.Edge { return []ent.Edge{userEdge("recovery_codes")} }

// Indexes of RecoveryCode.
func (RecoveryCode) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "user_id")}
}

// TrustedDevice spares a user the second factor on a device she chose to trust.
type TrustedDevice struct{ ent.Schema }

// Mixin of TrustedDevice.
func (TrustedDevice) Mixin() []ent.Mixin {
	return []ent.Mixin{IDMixin{}, TenantMixin{}, CreatedMixin{}}
}

// Fields of TrustedDevice.
func (TrustedDevice) Fields() []ent.Field {
	return []ent.Field{
		ownedByUser(),
		field.Bytes("token_hash").MaxLen(32).Immutable(),
		field.Time("expires_at").Immutable(),
	}
}

// Edges of TrustedDevice.
func (TrustedDevice) Edges() []ent.Edge { return []ent.Edge{userEdge("trusted_devices")} }

// Indexes of TrustedDevice.
func (TrustedDevice) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "token_hash").Unique(),
		index.Fields("tenant_id", "user_id"),
		index.Fields("expires_at"),
	}
}
