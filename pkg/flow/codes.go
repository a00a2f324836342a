package flow

import "net/http"

// Code is a flow-level error code: the client shows a text for it and nothing else. The set is closed, because clients
// have words for these codes only.
type Code uint8

// The flow-level codes, with the HTTP status each answers with.
const (
	FormDataInvalid               Code = iota + 1 // 400: an input was refused
	PasscodeMaxAttemptsReached                    // 401: no more tries for this code
	PasskeyInvalid                                // 401: a WebAuthn ceremony failed
	CredentialMFAOnly                             // 401: a second-factor key was used as a first factor
	PlatformAuthenticatorRequired                 // 401: no usable second factor on this device
	Unauthorized                                  // 401: a profile flow without a valid session
	NotPermitted                                  // 403: wrong token, unknown flow, action not offered
	Forbidden                                     // 403: the whole flow is switched off
	NotFound                                      // 404: a resource an action names does not exist
	FlowExpired                                   // 410: the flow is too old
	RateLimitExceeded                             // 429: the payload tells when to come back
	TechnicalError                                // 500: something unexpected
	FlowDiscontinuity                             // 500: no way to go on under this configuration
)

// InputCode is an error code attached to one input. The set is closed like that of [Code].
type InputCode uint8

// The input-level codes.
const (
	ValueMissing InputCode = iota + 1
	ValueInvalid
	ValueTooShort
	ValueTooLong
	EmailAlreadyExists
	UsernameAlreadyExists
	UnknownEmail
	UnknownUsername
	InvalidUsername
	PasscodeInvalid
	OTPCodeInvalid
	OTPCodeAlreadyUsed
	InvalidMetadata
)

type codeText struct {
	name, message string
	status        int
}

var codes = [...]codeText{
	FormDataInvalid:               {"form_data_invalid_error", "some inputs are not valid", http.StatusBadRequest},
	PasscodeMaxAttemptsReached:    {"passcode_max_attempts_reached", "the code was entered wrongly too often", http.StatusUnauthorized},
	PasskeyInvalid:                {"passkey_invalid", "the passkey was not accepted", http.StatusUnauthorized},
	CredentialMFAOnly:             {"webauthn_credential_invalid_mfa_only", "this key can only be used as a second factor", http.StatusUnauthorized},
	PlatformAuthenticatorRequired: {"platform_authenticator_required", "this device cannot be used for the second factor", http.StatusUnauthorized},
	Unauthorized:                  {"unauthorized", "a valid session is required", http.StatusUnauthorized},
	NotPermitted:                  {"operation_not_permitted_error", "this is not permitted now", http.StatusForbidden},
	Forbidden:                     {"forbidden", "this is not available", http.StatusForbidden},
	NotFound:                      {"not_found", "the resource does not exist", http.StatusNotFound},
	FlowExpired:                   {"flow_expired_error", "the flow has expired, start again", http.StatusGone},
	RateLimitExceeded:             {"rate_limit_exceeded", "too many attempts, try again later", http.StatusTooManyRequests},
	TechnicalError:                {"technical_error", "something went wrong", http.StatusInternalServerError},
	FlowDiscontinuity:             {"flow_discontinuity_error", "there is no way to go on", http.StatusInternalServerError},
}

var inputCodes = [...]codeText{
	ValueMissing:          {name: "value_missing_error", message: "a value is required"},
	ValueInvalid:          {name: "value_invalid_error", message: "the value is not valid"},
	ValueTooShort:         {name: "value_too_short_error", message: "the value is too short"},
	ValueTooLong:          {name: "value_too_long_error", message: "the value is too long"},
	EmailAlreadyExists:    {name: "email_already_exists", message: "the e-mail address is already in use"},
	UsernameAlreadyExists: {name: "username_already_exists", message: "the username is already in use"},
	UnknownEmail:          {name: "unknown_email_error", message: "the e-mail address is not known"},
	UnknownUsername:       {name: "unknown_username_error", message: "the username is not known"},
	InvalidUsername:       {name: "invalid_username_error", message: "only letters, digits and underscores are allowed"},
	PasscodeInvalid:       {name: "passcode_invalid", message: "the code is not valid"},
	OTPCodeInvalid:        {name: "otp_code_invalid", message: "the code is not valid"},
	OTPCodeAlreadyUsed:    {name: "otp_code_already_used", message: "the code was used before, wait for the next one"},
	InvalidMetadata:       {name: "invalid_metadata_error", message: "the metadata is not valid"},
}

// String returns the code as clients know it, for example "form_data_invalid_error".
func (c Code) String() string { return c.text().name }

// Status returns the HTTP status the code answers with.
func (c Code) Status() int { return c.text().status }

// Message returns a short English text; clients ignore it.
func (c Code) Message() string { return c.text().message }

func (c Code) text() codeText {
	if c == 0 || int(c) >= len(codes) {
		return codes[TechnicalError]
	}
	return codes[c]
}

// String returns the code as clients know it, for example "value_missing_error".
func (c InputCode) String() string { return c.text().name }

// Message returns a short English text; clients ignore it.
func (c InputCode) Message() string { return c.text().message }

func (c InputCode) text() codeText {
	if c == 0 || int(c) >= len(inputCodes) {
		return inputCodes[ValueInvalid]
	}
	return inputCodes[c]
}

// Codes lists all flow-level codes, for documents made from them.
func Codes() []Code {
	list := make([]Code, 0, len(codes)-1)
	for c := 1; c < len(codes); c++ {
		list = append(list, Code(c))
	}
	return list
}

// InputCodes lists all input-level codes, for documents made from them.
func InputCodes() []InputCode {
	list := make([]InputCode, 0, len(inputCodes)-1)
	for c := 1; c < len(inputCodes); c++ {
		list = append(list, InputCode(c))
	}
	return list
}
