package event

import (
	"slices"

	"github.com/latchkeep/latchkeep/tenants"
)

// AuditTypes are all types of records that are written, and those that older versions of Hanko wrote: imported records may have them. In the
// order of the alphabet. Spec: audit-log §3.
func AuditTypes() []AuditType {
	types := []AuditType{
		LoginSuccess, LoginFailure, UserLoggedOut, UserCreated, UserDeleted, EmailCreated, EmailVerified, EmailDeleted, PrimaryEmailChanged,
		UsernameChanged, UsernameDeleted, PasswordChanged, PasswordDeleted, PasskeyCreated, PasskeyDeleted, SecurityKeyCreated, OTPCreated,
		NotificationSent, ThirdPartySignup, ThirdPartySignin, ThirdPartyLinking, ThirdPartyFailed,
		UsernameCreated, PasswordCreated, SessionRevoked, MFAFailure, RecoveryCodeUsed, RecoveryCodesCreated, PasskeyRenamed, SecurityKeyRenamed,
		ThirdPartyUnlinking,
		UserUpdated, UserBlocked, UserUnblocked, MetadataChanged, SecurityKeyDeleted, OTPDeleted, WebhookCreated, WebhookUpdated, WebhookDeleted,
		WebhookEnabled, WebhookDisabled, WebhookSecret,
		UsersImported, UsersExported,
		tenants.AuditTenantCreated, tenants.AuditTenantImported, tenants.AuditTenantExported, tenants.AuditTenantUpdated, tenants.AuditTenantSuspended, tenants.AuditTenantReadOnly,
		tenants.AuditTenantResumed, tenants.AuditTenantDeleted, tenants.AuditTenantRestored, tenants.AuditTenantPurgeOrdered, tenants.AuditConfigChanged, tenants.AuditKeyRotated, tenants.AuditKeyRevoked, tenants.AuditAPIKeyCreated,
		tenants.AuditAPIKeyRevoked, tenants.AuditSAMLCreated, tenants.AuditSAMLUpdated, tenants.AuditSAMLDeleted, tenants.AuditSAMLRotated,
		tenants.AuditOperatorInvited, tenants.AuditOperatorJoined, tenants.AuditOperatorChanged, tenants.AuditOperatorDisabled, tenants.AuditOperatorEnabled,
		tenants.AuditOperatorTokenCreated, tenants.AuditOperatorTokenRevoked, tenants.AuditTenantPurged, tenants.AuditReencrypted,
		tenants.AuditQuotasChanged, tenants.AuditQuotaWarning, tenants.AuditQuotaExceeded,
		tenants.AuditDomainAdded, tenants.AuditDomainVerified, tenants.AuditDomainRemoved, tenants.AuditDomainLost,
		tenants.AuditSessionIssued, tenants.AuditPersonExported, tenants.AuditDeadLettersRetried, tenants.AuditDeadLettersDiscarded,
	}
	types = append(types, legacyTypes...)
	slices.Sort(types)
	return types
}

// legacyTypes are legal and written by nobody any more. Spec: audit-log §3.2.
var legacyTypes = []AuditType{
	"password_set_succeeded", "password_set_failed", "password_login_succeeded", "password_login_failed", "passcode_login_init_succeeded",
	"passcode_login_init_failed", "passcode_login_final_succeeded", "passcode_login_final_failed", "webauthn_registration_init_succeeded",
	"webauthn_registration_init_failed", "webauthn_registration_final_succeeded", "webauthn_registration_final_failed",
	"webauthn_authentication_init_succeeded", "webauthn_authentication_init_failed", "webauthn_authentication_final_succeeded",
	"webauthn_authentication_final_failed", "webauthn_credential_updated", "webauthn_credential_deleted", "token_exchange_succeeded",
	"token_exchange_failed",
}
