package event

import "github.com/latchkeep/latchkeep/ent/outbox"

// A Name is what a webhook event is called on the wire.
type Name string

// The events that happen. Groups such as "user" or "session.delete" only occur as subscriptions.
const (
	UserCreate         Name = "user.create"
	UserDelete         Name = "user.delete"
	UserLogin          Name = "user.login"
	UserUpdate         Name = "user.update"
	UserEmailCreate    Name = "user.update.email.create"
	UserEmailPrimary   Name = "user.update.email.primary"
	UserEmailDelete    Name = "user.update.email.delete"
	UserUsernameCreate Name = "user.update.username.create"
	UserUsernameUpdate Name = "user.update.username.update"
	UserUsernameDelete Name = "user.update.username.delete"
	UserPasswordUpdate Name = "user.update.password.update"
	SessionCreateFlow  Name = "session.create.flow"
	SessionCreateAdmin Name = "session.create.admin"
	SessionLogout      Name = "session.delete.explicit.logout"
	SessionRevoke      Name = "session.delete.explicit.revoke"
	SessionAdminRevoke Name = "session.delete.admin.revoke"
	SessionExpire      Name = "session.delete.passive.expire"
	SessionLimit       Name = "session.delete.passive.limit"
	EmailSend          Name = "email.send"
	QuotaWarning       Name = "tenant.quota.warning"
	QuotaExceeded      Name = "tenant.quota.exceeded"
)

// An AuditType is what an audit record is called.
type AuditType = outbox.AuditType

// The audit records of what people and back ends do. Those of what operators do are in tenants.
const (
	LoginSuccess        AuditType = "login_success"
	LoginFailure        AuditType = "login_failure"
	UserLoggedOut       AuditType = "user_logged_out"
	UserCreated         AuditType = "user_created"
	UserDeleted         AuditType = "user_deleted"
	EmailCreated        AuditType = "email_created"
	EmailVerified       AuditType = "email_verified"
	EmailDeleted        AuditType = "email_deleted"
	PrimaryEmailChanged AuditType = "primary_email_changed"
	UsernameChanged     AuditType = "username_changed"
	UsernameDeleted     AuditType = "username_deleted"
	PasswordChanged     AuditType = "password_changed"
	PasswordDeleted     AuditType = "password_deleted"
	PasskeyCreated      AuditType = "passkey_created"
	PasskeyDeleted      AuditType = "passkey_deleted"
	SecurityKeyCreated  AuditType = "security_key_created"
	OTPCreated          AuditType = "otp_created"
	NotificationSent    AuditType = "security_notification_sent"
	ThirdPartySignup    AuditType = "thirdparty_signup_succeeded"
	ThirdPartySignin    AuditType = "thirdparty_signin_succeeded"
	ThirdPartyLinking   AuditType = "thirdparty_linking_succeeded"
	ThirdPartyFailed    AuditType = "thirdparty_signin_signup_failed"
	// Beyond the compatible set: changes that nobody else records.
	UsernameCreated      AuditType = "username_created"
	PasswordCreated      AuditType = "password_created"
	SessionRevoked       AuditType = "session_revoked"
	MFAFailure           AuditType = "mfa_failure"
	RecoveryCodeUsed     AuditType = "recovery_code_used"
	RecoveryCodesCreated AuditType = "recovery_codes_created"
	PasskeyRenamed       AuditType = "passkey_renamed"
	SecurityKeyRenamed   AuditType = "security_key_renamed"
	ThirdPartyUnlinking  AuditType = "thirdparty_unlinking_succeeded"
	// What back ends change.
	UserUpdated        AuditType = "user_updated"
	UserBlocked        AuditType = "user_blocked"
	UserUnblocked      AuditType = "user_unblocked"
	MetadataChanged    AuditType = "metadata_changed"
	SecurityKeyDeleted AuditType = "security_key_deleted"
	OTPDeleted         AuditType = "otp_deleted"
	WebhookCreated     AuditType = "webhook_created"
	WebhookUpdated     AuditType = "webhook_updated"
	WebhookDeleted     AuditType = "webhook_deleted"
	// What brings people into the tenant and takes them out.
	UsersImported   AuditType = "users_imported"
	UsersExported   AuditType = "users_exported"
	WebhookDisabled AuditType = "webhook_disabled"
	WebhookEnabled  AuditType = "webhook_enabled"
	WebhookSecret   AuditType = "webhook_secret_rotated"
)
