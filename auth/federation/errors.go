package federation

import (
	"errors"
	"time"
)

// A Code says why a sign-in through a provider ended without one: the query parameter error of the page that the browser returns to. What a
// provider says itself (access_denied …) is a Code, too. Spec: third-party §6.3.
type Code string

// The codes of our own.
const (
	InvalidRequest   Code = "invalid_request"
	ServerError      Code = "server_error"
	UserConflict     Code = "user_conflict"
	MultipleAccounts Code = "multiple_accounts"
	UnverifiedEmail  Code = "unverified_email"
	EmailMaxNum      Code = "email_maxnum"
	SignupDisabled   Code = "signup_disabled"
	// RateLimited is not told to a page: who begins too often is not sent anywhere.
	RateLimited Code = "rate_limit_exceeded"
)

// An Error ends a sign-in through a provider.
type Error struct {
	Code Code
	// Description is for the person and may be shown; empty where there is nothing to say.
	Description string
	// Cause is for the audit log, or for the program's log where Code is ServerError. It is never shown.
	Cause error
	// RetryAfter is how long to wait, where Code is RateLimited.
	RetryAfter time.Duration
}

// Refuse makes an Error.
func Refuse(code Code, description string, cause error) *Error {
	return &Error{Code: code, Description: description, Cause: cause}
}

// AsError is what ended a sign-in: the Error that err is or wraps, or else ServerError because of it.
func AsError(err error) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	return Refuse(ServerError, "", err)
}

// Error is code, description and cause: what the audit log keeps.
func (e *Error) Error() string {
	text := string(e.Code)
	if e.Description != "" {
		text += ": " + e.Description
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Cause }
