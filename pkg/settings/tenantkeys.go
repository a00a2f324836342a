package settings

import "strings"

// A TenantKey is a setting of a tenant that the environment may carry in single-tenant mode.
type TenantKey struct {
	Path string
	Kind Kind
	Env  string // the unprefixed name; the path in upper case is accepted too
}

// TenantKeys lists the settings of a tenant that have a documented environment variable. What they mean is the business
// of the tenant's configuration; here they are names and kinds only.
func TenantKeys() []TenantKey {
	keys := []TenantKey{}
	add := func(kind Kind, pairs string) {
		for line := range strings.Lines(pairs) {
			path, env, ok := strings.Cut(strings.TrimSpace(line), " ")
			if ok {
				keys = append(keys, TenantKey{Path: path, Kind: kind, Env: env})
			}
		}
	}
	add(Bool, `
		account.allow_deletion ACCOUNT_ALLOWDELETION
		account.allow_signup ACCOUNT_ALLOWSIGNUP
		cors.unsafe_wildcard_origin_allowed CORS_UNSAFE_WILDCARD_ORIGIN_ALLOWED
		email.enabled EMAIL_ENABLED
		email.optional EMAIL_OPTIONAL
		email.acquire_on_registration EMAIL_ACQUIRE_ON_REGISTRATION
		email.acquire_on_login EMAIL_ACQUIRE_ON_LOGIN
		email.require_verification EMAIL_REQUIRE_VERIFICATION
		email.use_as_login_identifier EMAIL_USEASLOGINIDENTIFIER
		email.use_for_authentication EMAIL_USEFORAUTHENTICATION
		email_delivery.enabled EMAIL_DELIVERY_ENABLED
		mfa.enabled MFA_ENABLED
		mfa.optional MFA_OPTIONAL
		mfa.acquire_on_registration MFA_ACQUIREONREGISTRATION
		mfa.acquire_on_login MFA_ACQUIREONLOGIN
		mfa.totp.enabled MFA_TOTP_ENABLED
		mfa.security_keys.enabled MFA_SECURITYKEYS_ENABLED
		passkey.enabled PASSKEY_ENABLED
		passkey.optional PASSKEY_OPTIONAL
		password.enabled PASSWORD_ENABLED
		password.optional PASSWORD_OPTIONAL
		password.recovery PASSWORD_RECOVERY
		privacy.show_account_existence_hints PRIVACY_SHOW_ACCOUNT_EXISTENCE_HINTS
		privacy.only_show_actual_login_methods PRIVACY_ONLY_SHOW_ACTUAL_LOGIN_METHODS
		saml.enabled SAML_ENABLED
		saml.options.sign_authn_requests SAML_OPTIONS_SIGNAUTHNREQUESTS
		saml.options.force_login SAML_OPTIONS_FORCELOGIN
		saml.options.validate_encryption_cert SAML_OPTIONS_VALIDATEENCRYPTIONCERTIFICATE
		saml.options.skip_signature_validation SAML_OPTIONS_SKIPSIGNATUREVALIDATION
		saml.options.allow_missing_attributes SAML_OPTIONS_ALLOWMISSINGATTRIBUTES
		security_notifications.notifications.password_update.enabled SECURITYNOTIFICATIONS_NOTIFICATIONS_PASSWORDUPDATE_ENABLED
		security_notifications.notifications.primary_email_update.enabled SECURITYNOTIFICATIONS_NOTIFICATIONS_PRIMARYEMAILUPDATE_ENABLED
		security_notifications.notifications.email_create.enabled SECURITYNOTIFICATIONS_NOTIFICATIONS_EMAILCREATE_ENABLED
		security_notifications.notifications.email_delete.enabled SECURITYNOTIFICATIONS_NOTIFICATIONS_EMAILDELETE_ENABLED
		security_notifications.notifications.passkey_create.enabled SECURITYNOTIFICATIONS_NOTIFICATIONS_PASSKEYCREATE_ENABLED
		security_notifications.notifications.mfa_create.enabled SECURITYNOTIFICATIONS_NOTIFICATIONS_MFACREATE_ENABLED
		security_notifications.notifications.mfa_delete.enabled SECURITYNOTIFICATIONS_NOTIFICATIONS_MFADELETE_ENABLED
		session.enable_auth_token_header SESSION_ENABLE_AUTH_TOKEN_HEADER
		session.allow_revocation SESSION_ALLOWREVOCATION
		session.show_on_profile SESSION_SHOWONPROFILE
		session.acquire_ip_address SESSION_ACQUIREIPADDRESS
		session.acquire_user_agent SESSION_ACQUIREUSERAGENT
		session.cookie.http_only SESSION_COOKIE_HTTP_ONLY
		session.cookie.secure SESSION_COOKIE_SECURE
		username.enabled USERNAME_ENABLED
		username.optional USERNAME_OPTIONAL
		username.acquire_on_registration USERNAME_ACQUIRE_ON_REGISTRATION
		username.acquire_on_login USERNAME_ACQUIRE_ON_LOGIN
		username.use_as_login_identifier USERNAME_USEASLOGINIDENTIFIER
		webhooks.enabled WEBHOOKS_ENABLED
		webhooks.allow_time_expiration WEBHOOKS_ALLOWTIMEEXPIRATION`)
	add(Int, `
		email.limit EMAIL_LIMIT
		email.max_length EMAIL_MAXLENGTH
		email.passcode_ttl EMAIL_PASSCODETTL
		mfa.device_trust_max_users_per_device MFA_DEVICETRUSTMAXUSERSPERDEVICE
		mfa.security_keys.limit MFA_SECURITYKEYS_LIMIT
		passkey.limit PASSKEY_LIMIT
		password.min_length PASSWORD_MIN_LENGTH
		session.limit SESSION_LIMIT
		username.min_length USERNAME_MIN_LENGTH
		username.max_length USERNAME_MAXLENGTH
		webauthn.timeouts.registration WEBAUTHN_TIMEOUTS_REGISTRATION
		webauthn.timeouts.login WEBAUTHN_TIMEOUTS_LOGIN`)
	add(Duration, `
		mfa.device_trust_duration MFA_DEVICETRUSTDURATION`)
	add(List, `
		cors.allow_origins CORS_ALLOW_ORIGINS
		saml.allowed_redirect_urls SAML_ALLOWED_REDIRECT_URLS
		session.audience SESSION_AUDIENCE
		third_party.allowed_redirect_urls THIRD_PARTY_ALLOWED_REDIRECT_URLS
		webauthn.relying_party.origins WEBAUTHN_RELYING_PARTY_ORIGINS`)
	add(Hooks, `
		webhooks.hooks WEBHOOKS_HOOKS`)
	add(Text, `
		email.passcode_charset EMAIL_PASSCODECHARSET
		email_delivery.from_address EMAIL_DELIVERY_FROM_ADDRESS
		email_delivery.from_name EMAIL_DELIVERY_FROM_NAME
		email_delivery.smtp.host EMAIL_DELIVERY_SMTP_HOST
		email_delivery.smtp.port EMAIL_DELIVERY_SMTP_PORT
		email_delivery.smtp.user EMAIL_DELIVERY_SMTP_USER
		email_delivery.smtp.password EMAIL_DELIVERY_SMTP_PASSWORD
		mfa.device_trust_policy MFA_DEVICE_TRUST_POLICY
		mfa.device_trust_cookie_name MFA_DEVICETRUSTCOOKIENAME
		mfa.security_keys.authenticator_attachment MFA_SECURITYKEYS_AUTHENTICATOR_ATTACHMENT
		mfa.security_keys.attestation_preference MFA_SECURITYKEYS_ATTESTATION_PREFERENCE
		mfa.security_keys.user_verification MFA_SECURITYKEYS_USER_VERIFICATION
		passkey.acquire_on_registration PASSKEY_ACQUIRE_ON_REGISTRATION
		passkey.acquire_on_login PASSKEY_ACQUIRE_ON_LOGIN
		passkey.user_verification PASSKEY_USER_VERIFICATION
		passkey.attestation_preference PASSKEY_ATTESTATION_PREFERENCE
		password.acquire_on_registration PASSWORD_ACQUIRE_ON_REGISTRATION
		password.acquire_on_login PASSWORD_ACQUIRE_ON_LOGIN
		saml.endpoint_url SAML_ENDPOINT
		saml.audience_uri SAML_AUDIENCEURI
		saml.default_redirect_url SAML_DEFAULTREDIRECTURL
		secrets.key_management.type SECRETS_KEYMANAGEMENT_TYPE
		secrets.key_management.key_id SECRETS_KEYMANAGEMENT_KEYID
		secrets.key_management.region SECRETS_KEYMANAGEMENT_REGION
		service.name SERVICE_NAME
		session.lifespan SESSION_LIFESPAN
		session.issuer SESSION_ISSUER
		session.idle_timeout SESSION_IDLE_TIMEOUT
		session.cookie.name SESSION_COOKIE_NAME
		session.cookie.domain SESSION_COOKIE_DOMAIN
		session.cookie.same_site SESSION_COOKIE_SAME_SITE
		session.cookie.retention SESSION_COOKIE_RETENTION
		third_party.redirect_url THIRD_PARTY_REDIRECT_URL
		third_party.error_redirect_url THIRD_PARTY_ERROR_REDIRECT_URL
		third_party.default_redirect_url THIRD_PARTY_DEFAULT_REDIRECT_URL
		webauthn.relying_party.id WEBAUTHN_RELYING_PARTY_ID
		webauthn.relying_party.display_name WEBAUTHN_RELYING_PARTY_DISPLAY_NAME
		webauthn.relying_party.icon WEBAUTHN_RELYING_PARTY_ICON`)
	for _, provider := range []string{"apple", "discord", "facebook", "github", "google", "linkedin", "microsoft"} {
		path, env := "third_party.providers."+provider, "THIRD_PARTY_PROVIDERS_"+upper(provider)
		keys = append(keys,
			TenantKey{Path: path + ".enabled", Kind: Bool, Env: env + "_ENABLED"},
			TenantKey{Path: path + ".client_id", Kind: Text, Env: env + "_CLIENT_ID"},
			TenantKey{Path: path + ".secret", Kind: Text, Env: env + "_SECRET"},
			TenantKey{Path: path + ".allow_linking", Kind: Bool, Env: env + "_ALLOW_LINKING"},
			TenantKey{Path: path + ".prompt", Kind: Text, Env: env + "_PROMPT"})
	}
	return keys
}

// tenantSections are the top-level keys of the tenant part of a file.
func tenantSections() []string {
	return []string{"account", "cors", "email", "email_delivery", "hosted_page", "mfa", "passkey", "password", "privacy", "saml", "secrets",
		"security_notifications", "service", "session", "signing", "third_party", "username", "webauthn", "webhooks"}
}

// legacySections are top-level keys of old that belong to a tenant; the tenant's configuration maps them.
func legacySections() []string {
	return []string{"emails", "passcode", "smtp"}
}

// ignoredSections are switches of old without effect.
func ignoredSections() []string {
	return []string{"convert_legacy_config", "convert_legacy_server_side_session_config"}
}

// A legacyTenantEnv is the environment variable of a removed key and where its value belongs today.
type legacyTenantEnv struct {
	Path string   // of the removed key: the variable is this in upper case
	Now  []string // paths that take the value
	Kind Kind
	When string // a boolean variable that must be true for this one to count
}

// legacyTenantEnvs lists them, those that win over others first.
func legacyTenantEnvs() []legacyTenantEnv {
	one := func(kind Kind, path string, now ...string) legacyTenantEnv {
		return legacyTenantEnv{Path: path, Now: now, Kind: kind}
	}
	list := []legacyTenantEnv{
		one(List, "server.public.cors.allow_origins", "cors.allow_origins"),
		one(List, "server.cors.allow_origins", "cors.allow_origins"),
		one(Bool, "server.public.cors.unsafe_wildcard_origin_allowed", "cors.unsafe_wildcard_origin_allowed"),
		one(Bool, "emails.require_verification", "email.require_verification"),
		one(Int, "emails.max_num_of_addresses", "email.limit"),
		one(Int, "password.min_password_length", "password.min_length"),
		one(Int, "passcode.ttl", "email.passcode_ttl"),
		one(Text, "email_delivery.email.from_address", "email_delivery.from_address"),
		one(Text, "email_delivery.email.from_name", "email_delivery.from_name"),
		one(Text, "passcode.email.from_address", "email_delivery.from_address"),
		one(Text, "passcode.email.from_name", "email_delivery.from_name"),
		one(Int, "webauthn.timeout", "webauthn.timeouts.registration", "webauthn.timeouts.login"),
		one(Text, "webauthn.user_verification", "passkey.user_verification"),
		one(List, "webauthn.relying_party.origin", "webauthn.relying_party.origins"),
	}
	for _, home := range []string{"smtp", "passcode.smtp"} {
		for _, field := range []string{"host", "port", "user", "password"} {
			list = append(list, one(Text, home+"."+field, "email_delivery.smtp."+field))
		}
	}
	on := one(Bool, "session.server_side.enabled",
		"session.allow_revocation", "session.acquire_ip_address", "session.acquire_user_agent", "session.show_on_profile")
	on.When = "session.server_side.enabled"
	limit := one(Int, "session.server_side.limit", "session.limit")
	limit.When = "session.server_side.enabled"
	return append(list, on, limit)
}
