package config

// Words of the settings acquire_on_registration and acquire_on_login of passkeys and passwords.
const (
	AcquireAlways      = "always"
	AcquireConditional = "conditional"
	AcquireNever       = "never"
)

// Words of mfa.device_trust_policy.
const (
	TrustAlways = "always"
	TrustPrompt = "prompt"
	TrustNever  = "never"
)

// MFA is about second factors and trusted devices.
type MFA struct {
	Enabled                      bool          `json:"enabled" doc:"Users may have and use second factors."`
	Optional                     bool          `json:"optional" doc:"Users may do without a second factor."`
	AcquireOnRegistration        bool          `json:"acquire_on_registration" doc:"Offer a second factor at registration."`
	AcquireOnLogin               bool          `json:"acquire_on_login" doc:"Offer a second factor at sign-in."`
	DeviceTrustPolicy            string        `json:"device_trust_policy" enum:"always,prompt,never" doc:"Whether a device that passed the second factor is trusted next time: always, when the user agrees, or never."`
	DeviceTrustDuration          Duration      `json:"device_trust_duration" doc:"How long a device is trusted; 0 means never."`
	DeviceTrustCookieName        string        `json:"device_trust_cookie_name" doc:"Name of the cookie that marks a trusted device."`
	DeviceTrustMaxUsersPerDevice int           `json:"device_trust_max_users_per_device" doc:"How many users one device is trusted for; 0 or less means 20."`
	ThirdParty                   bool          `json:"third_party" doc:"Ask for the second factor also after signing in through a third party. A setting of Latchkeep's own."`
	TOTP                         TOTP          `json:"totp" doc:"Authenticator apps."`
	SecurityKeys                 SecurityKeys  `json:"security_keys" doc:"Security keys as second factor."`
	RecoveryCodes                RecoveryCodes `json:"recovery_codes" doc:"Codes that stand in for a lost authenticator app. A setting of Latchkeep's own."`
}

// RecoveryCodes are about codes that stand in for a lost authenticator app.
type RecoveryCodes struct {
	Enabled bool `json:"enabled" doc:"Make codes when an authenticator app is set up, and accept each once in place of the app's code. Only for clients that show payload.recovery_codes and let people type more than six digits: hanko-elements does not."`
}

// TOTP is about authenticator apps.
type TOTP struct {
	Enabled bool `json:"enabled" doc:"Authenticator apps may be second factors."`
}

// SecurityKeys is about security keys as second factor.
type SecurityKeys struct {
	Enabled                 bool   `json:"enabled" doc:"Security keys may be second factors."`
	Limit                   int    `json:"limit" min:"0" doc:"How many security keys a user may have."`
	AuthenticatorAttachment string `json:"authenticator_attachment" enum:"platform,cross-platform,no_preference" doc:"Which kind of authenticator is asked for."`
	AttestationPreference   string `json:"attestation_preference" enum:"direct,indirect,none" doc:"Whether the authenticator shall prove its make."`
	UserVerification        string `json:"user_verification" enum:"required,preferred,discouraged" doc:"Whether the authenticator shall verify its user."`
}

// Passkey is about passkeys.
type Passkey struct {
	Enabled               bool   `json:"enabled" doc:"Users may have and use passkeys."`
	Optional              bool   `json:"optional" doc:"Users may do without a passkey."`
	AcquireOnRegistration string `json:"acquire_on_registration" enum:"always,conditional,never" doc:"Offer a passkey at registration; conditional: only to users who get no password."`
	AcquireOnLogin        string `json:"acquire_on_login" enum:"always,conditional,never" doc:"Offer a passkey at sign-in; conditional: only to users without a password."`
	UserVerification      string `json:"user_verification" enum:"required,preferred,discouraged" doc:"Whether the authenticator shall verify its user."`
	AttestationPreference string `json:"attestation_preference" enum:"direct,indirect,none" doc:"Whether the authenticator shall prove its make."`
	Limit                 int    `json:"limit" min:"0" doc:"How many WebAuthn credentials (passkeys and security keys together) a user may have."`
}

// Password is about passwords.
type Password struct {
	Enabled               bool   `json:"enabled" doc:"Users may have and use passwords."`
	Optional              bool   `json:"optional" doc:"Users may do without a password."`
	AcquireOnRegistration string `json:"acquire_on_registration" enum:"always,conditional,never" doc:"Ask for a password at registration; conditional: only users who get no passkey."`
	AcquireOnLogin        string `json:"acquire_on_login" enum:"always,conditional,never" doc:"Ask for a password at sign-in; conditional: only users without a passkey."`
	MinLength             int    `json:"min_length" min:"0" max:"72" unit:"characters" doc:"Shortest new password accepted. The longest is 72 bytes."`
	Recovery              bool   `json:"recovery" doc:"Users who forgot their password may set a new one."`
	RefuseCommon          bool   `json:"refuse_common" doc:"Refuse new passwords that are among the 47000 found most often in breaches."`
	EndSessions           bool   `json:"end_sessions" doc:"A password that is changed or recovered ends the user's other sessions."`
}

// WebAuthn is the relying party of passkeys and security keys.
type WebAuthn struct {
	RelyingParty RelyingParty `json:"relying_party" doc:"Who asks for a credential."`
	Timeouts     Timeouts     `json:"timeouts" doc:"How long a user may take."`
}

// RelyingParty is who asks for a credential.
type RelyingParty struct {
	ID          string   `json:"id" doc:"The domain credentials are made for, without scheme, port and path. Credentials cannot be used any more after it was changed."`
	DisplayName string   `json:"display_name" doc:"Name shown by the authenticator."`
	Origins     []string `json:"origins" minitems:"1" doc:"Origins (scheme://host[:port]) whose pages may use credentials: those of the domain, https origins of up to five further names (related origins), and android:apk-key-hash:… of Android apps. See passkeys.md."`
	Icon        string   `json:"icon" doc:"Accepted, unused."`
}

// Timeouts say how long a user may take.
type Timeouts struct {
	Registration int `json:"registration" min:"0" unit:"milliseconds" doc:"To make a credential; 0 means 300000."`
	Login        int `json:"login" min:"0" unit:"milliseconds" doc:"To use a credential; 0 means 300000."`
}
