// Package config is everything a tenant can set: one typed tree with its defaults, how it is read from JSON and YAML, checked, compared,
// stored and documented.
//
// A value of Config is always complete. What is stored and what people send is only what differs from the defaults. The package does no
// I/O, knows no tenant and no key to seal with, and never changes a Config it was given.
package config

// A Config is the whole configuration of a tenant.
//
// The tags: json is the key's name; doc says what it does; enum lists what a text may be; secret marks what is masked and sealed; min and max
// bound a number, minlen a text and minitems a list; unit names what a number counts; refused is a value that is known but not accepted.
type Config struct {
	Account               Account               `json:"account" doc:"What users may do with their accounts."`
	CORS                  CORS                  `json:"cors" doc:"Which web pages may call the public API."`
	Email                 Email                 `json:"email" doc:"E-mail addresses of users and signing in by passcode."`
	EmailDelivery         EmailDelivery         `json:"email_delivery" doc:"How mails are sent."`
	HostedPage            HostedPage            `json:"hosted_page" doc:"The sign-in page that the tenant serves by itself, for those who have none."`
	MFA                   MFA                   `json:"mfa" doc:"Second factors and trusted devices."`
	Passkey               Passkey               `json:"passkey" doc:"Passkeys."`
	Password              Password              `json:"password" doc:"Passwords."`
	Privacy               Privacy               `json:"privacy" doc:"What strangers learn about accounts."`
	SAML                  SAML                  `json:"saml" doc:"Signing in through SAML identity providers."`
	Secrets               Secrets               `json:"secrets" doc:"Where keys live."`
	SecurityNotifications SecurityNotifications `json:"security_notifications" doc:"Mails about changes to an account."`
	Service               Service               `json:"service" doc:"The service as users see it."`
	Session               Session               `json:"session" doc:"Sessions, their tokens and cookie."`
	Signing               Signing               `json:"signing" doc:"The tenant's signing keys."`
	ThirdParty            ThirdParty            `json:"third_party" doc:"Signing in through OAuth and OpenID Connect providers."`
	Username              Username              `json:"username" doc:"User names."`
	WebAuthn              WebAuthn              `json:"webauthn" doc:"The relying party of passkeys and security keys."`
	Webhooks              Webhooks              `json:"webhooks" doc:"HTTP calls about events."`
}

// Account says what users may do with their accounts.
type Account struct {
	AllowDeletion bool `json:"allow_deletion" doc:"Users may delete their own account."`
	AllowSignup   bool `json:"allow_signup" doc:"New users may register."`
}

// CORS says which web pages may call the public API.
type CORS struct {
	AllowOrigins                []string `json:"allow_origins" doc:"Origins allowed to call the public API: exact, or with * for any run of characters and ? for one. A lone * or an empty list allows every origin and needs unsafe_wildcard_origin_allowed."`
	UnsafeWildcardOriginAllowed bool     `json:"unsafe_wildcard_origin_allowed" doc:"Every origin may be allowed; the browser then sends the user's cookie for any of them."`
}

// Privacy says what strangers learn about accounts.
type Privacy struct {
	ShowAccountExistenceHints  bool `json:"show_account_existence_hints" doc:"Tell at sign-in and registration whether an e-mail address has an account."`
	OnlyShowActualLoginMethods bool `json:"only_show_actual_login_methods" doc:"After the identifier, offer only methods that the user really has."`
}

// Secrets says where keys live.
type Secrets struct {
	Keys          []string      `json:"keys" secret:"true" minlen:"16" doc:"Older home of the process setting secret_keys, only read from a file; each at least 16 bytes."`
	KeyManagement KeyManagement `json:"key_management" doc:"Where the signing key lives."`
}

// KeyManagement says where the signing key lives.
type KeyManagement struct {
	Type   string `json:"type" enum:"local,aws_kms" refused:"aws_kms" doc:"Only local is supported: signing keys are kept encrypted in the database."`
	KeyID  string `json:"key_id" doc:"Accepted, unused."`
	Region string `json:"region" doc:"Accepted, unused."`
}

// Service is the service as users see it.
type Service struct {
	Name          string `json:"name" doc:"Name of the service in mails and in authenticator apps."`
	PrimaryDomain string `json:"primary_domain" doc:"Verified domain of the tenant's own that its public URL begins with. Empty: the name made of its slug. Other settings do not follow from it."`
}

// Signing is about the tenant's signing keys. It is a setting of Latchkeep's own.
type Signing struct {
	Algorithm string `json:"algorithm" enum:"ES256,RS256,EdDSA" doc:"Algorithm of signing keys made from now on."`
	// RotateEvery: 0, or 24 hours and more.
	RotateEvery Duration `json:"rotate_every" doc:"How long a key signs before a new one is published by itself, at least 24h; 0 is never."`
}
