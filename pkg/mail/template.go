package mail

// The names of the templates. They appear in webhooks and in the audit log: they are part of the contract. Spec: email §3 and §4.
const (
	TemplateLogin                 = "login"
	TemplateRecovery              = "recovery"
	TemplateVerification          = "email_verification"
	TemplateLoginAttempted        = "email_login_attempted"
	TemplateRegistrationAttempted = "email_registration_attempted"

	TemplatePasswordUpdate     = "password_update"
	TemplatePrimaryEmailUpdate = "primary_email_update"
	TemplateEmailCreate        = "email_create"
	TemplateEmailDelete        = "email_delete"
	TemplatePasskeyCreate      = "passkey_create"
	TemplateMFACreate          = "mfa_create"
	TemplateMFADelete          = "mfa_delete"
	// TemplatePasskeyClone is ours: clients of the compatible protocol do not know it.
	TemplatePasskeyClone = "passkey_clone"
)

// A kind says what surrounds the text of a template.
type kind int

const (
	// code mails carry a code and how long it is good.
	code kind = iota + 1
	// notice mails say that somebody used an address; they look like nothing happened and contain no code.
	notice
	// security mails tell of a change to an account, or of an attack on it.
	security
)

// hint is the message at the end of a mail of the kind.
func (k kind) hint() string {
	switch k {
	case code:
		return "hint.code"
	case notice:
		return "hint.notice"
	default:
		return "hint.security"
	}
}

func kindOf(template string) (kind, bool) {
	switch template {
	case TemplateLogin, TemplateRecovery, TemplateVerification:
		return code, true
	case TemplateLoginAttempted, TemplateRegistrationAttempted:
		return notice, true
	case TemplatePasswordUpdate, TemplatePrimaryEmailUpdate, TemplateEmailCreate, TemplateEmailDelete,
		TemplatePasskeyCreate, TemplateMFACreate, TemplateMFADelete, TemplatePasskeyClone:
		return security, true
	}
	return 0, false
}

// Templates are the names of all templates.
func Templates() []string {
	return []string{
		TemplateLogin, TemplateRecovery, TemplateVerification, TemplateLoginAttempted, TemplateRegistrationAttempted,
		TemplatePasswordUpdate, TemplatePrimaryEmailUpdate, TemplateEmailCreate, TemplateEmailDelete,
		TemplatePasskeyCreate, TemplateMFACreate, TemplateMFADelete, TemplatePasskeyClone,
	}
}
