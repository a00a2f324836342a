package config

// Email is about addresses of users and signing in by passcode.
type Email struct {
	Enabled               bool   `json:"enabled" doc:"Users have e-mail addresses."`
	Optional              bool   `json:"optional" doc:"Users may do without an address."`
	AcquireOnRegistration bool   `json:"acquire_on_registration" doc:"Ask for an address at registration."`
	AcquireOnLogin        bool   `json:"acquire_on_login" doc:"Ask at sign-in when the user has none."`
	RequireVerification   bool   `json:"require_verification" doc:"An address must be confirmed by passcode before it counts."`
	Limit                 int    `json:"limit" min:"0" doc:"How many addresses a user may have."`
	MaxLength             int    `json:"max_length" min:"3" max:"255" unit:"bytes" doc:"Longest address accepted."`
	UseAsLoginIdentifier  bool   `json:"use_as_login_identifier" doc:"Users may sign in by address."`
	UseForAuthentication  bool   `json:"use_for_authentication" doc:"Users may sign in with a mailed passcode."`
	PasscodeTTL           int    `json:"passcode_ttl" min:"1" unit:"seconds" doc:"How long a passcode is valid."`
	PasscodeCharset       string `json:"passcode_charset" enum:"numeric,alphanumeric" doc:"What a passcode is made of."`
}

// Username is about user names.
type Username struct {
	Enabled               bool `json:"enabled" doc:"Users have user names: letters, digits and underscores."`
	Optional              bool `json:"optional" doc:"Users may do without a user name."`
	AcquireOnRegistration bool `json:"acquire_on_registration" doc:"Ask for a user name at registration."`
	AcquireOnLogin        bool `json:"acquire_on_login" doc:"Ask at sign-in when the user has none."`
	UseAsLoginIdentifier  bool `json:"use_as_login_identifier" doc:"Users may sign in by user name."`
	MinLength             int  `json:"min_length" min:"1" unit:"bytes" doc:"Shortest user name accepted."`
	MaxLength             int  `json:"max_length" min:"1" max:"255" unit:"bytes" doc:"Longest user name accepted."`
}

// SecurityNotifications are mails about changes to an account.
type SecurityNotifications struct {
	Notifications Notifications `json:"notifications" doc:"One switch per notification."`
}

// Notifications has one switch per notification.
type Notifications struct {
	PasswordUpdate     Notification `json:"password_update" doc:"The password was changed."`
	PrimaryEmailUpdate Notification `json:"primary_email_update" doc:"The primary address was changed; sent to the old one."`
	EmailCreate        Notification `json:"email_create" doc:"An address was added."`
	EmailDelete        Notification `json:"email_delete" doc:"An address was removed."`
	PasskeyCreate      Notification `json:"passkey_create" doc:"A passkey was added."`
	MFACreate          Notification `json:"mfa_create" doc:"A second factor was added."`
	MFADelete          Notification `json:"mfa_delete" doc:"A second factor was removed."`
	PasskeyClone       Notification `json:"passkey_clone" doc:"A sign-in was refused because a passkey or security key seems to have been copied. A setting of Latchkeep's own."`
}

// Notification is the switch of one notification.
type Notification struct {
	Enabled bool `json:"enabled" doc:"Send it."`
}
