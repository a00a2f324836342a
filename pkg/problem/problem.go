// Package problem holds the one error type of the domain and the one place where errors become HTTP answers.
//
// The domain says what went wrong (a [Kind], a stable code, a text for people, the cause for the log); [HTTPStatus],
// [Write] and [WriteCompatible] say how that looks on the wire: RFC 9457 for our own APIs, {"code","message"} on the
// Hanko-compatible routes. Whatever is not a domain error is an internal one: an answer of 500 and above never carries
// a text of ours, and a cause never leaves the process.
//
// The package does not log, and knows no routes and no flows.
package problem

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// A Kind says what sort of failure an error is. The zero value is [KindInternal], so that forgetting it leaks nothing.
type Kind int

// The kinds of failure, and what each means to the caller.
const (
	KindInternal             Kind = iota // our fault; 500
	KindInvalid                          // the request is wrong as it stands; 400
	KindUnauthorized                     // who is calling is not proven; 401
	KindForbidden                        // the caller may not do this; 403
	KindNotFound                         // there is no such thing for this caller; 404
	KindMethodNotAllowed                 // 405
	KindConflict                         // the thing exists, or its state does not allow this; 409
	KindGone                             // it existed and expired; 410
	KindPreconditionFailed               // somebody else changed it meanwhile (If-Match); 412
	KindTooLarge                         // the request is too big; 413
	KindUnsupportedMedia                 // the body is of another type; 415
	KindUnprocessable                    // well formed but not acceptable; 422
	KindPreconditionRequired             // If-Match is missing; 428
	KindRateLimited                      // too many attempts; 429
	KindUnavailable                      // cannot be done just now; 503
)

var statuses = map[Kind]int{
	KindInternal:             http.StatusInternalServerError,
	KindInvalid:              http.StatusBadRequest,
	KindUnauthorized:         http.StatusUnauthorized,
	KindForbidden:            http.StatusForbidden,
	KindNotFound:             http.StatusNotFound,
	KindMethodNotAllowed:     http.StatusMethodNotAllowed,
	KindConflict:             http.StatusConflict,
	KindGone:                 http.StatusGone,
	KindPreconditionFailed:   http.StatusPreconditionFailed,
	KindTooLarge:             http.StatusRequestEntityTooLarge,
	KindUnsupportedMedia:     http.StatusUnsupportedMediaType,
	KindUnprocessable:        http.StatusUnprocessableEntity,
	KindPreconditionRequired: http.StatusPreconditionRequired,
	KindRateLimited:          http.StatusTooManyRequests,
	KindUnavailable:          http.StatusServiceUnavailable,
}

// Status is the HTTP status of the kind.
func (k Kind) Status() int {
	if status, ok := statuses[k]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// A Field is one thing that is wrong with a request: where (a dotted path such as "session.lifespan") and why. The
// reason never repeats a rejected value, which may be a password.
type Field struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// An Error is a failure the domain knows by name.
type Error struct {
	Code       string        // stable, snake_case, for programs: "email_already_exists"
	Message    string        // one sentence for people; may change
	Kind       Kind          // decides the HTTP status
	Cause      error         // for the log only
	RetryAfter time.Duration // when to try again; 0 = not said
	Fields     []Field       // every single thing that is wrong, if several can be
}

func (e *Error) Error() string {
	text := e.Code
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, target) true for a target of the same kind and code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Kind == e.Kind && other.Code == e.Code
}

// Wrap returns a copy of e with a cause.
func (e *Error) Wrap(cause error) *Error {
	wrapped := *e
	wrapped.Cause = cause
	return &wrapped
}

// After returns a copy of e that says when to try again.
func (e *Error) After(wait time.Duration) *Error {
	later := *e
	later.RetryAfter = wait
	return &later
}

// Invalid is a request that is wrong as it stands (400).
func Invalid(code, message string, fields ...Field) *Error {
	return &Error{Kind: KindInvalid, Code: code, Message: message, Fields: fields}
}

// Unauthorized is a caller that did not prove who it is (401).
func Unauthorized(code, message string) *Error {
	return &Error{Kind: KindUnauthorized, Code: code, Message: message}
}

// Forbidden is a caller that may not do this (403).
func Forbidden(code, message string) *Error {
	return &Error{Kind: KindForbidden, Code: code, Message: message}
}

// NotFound is a thing that does not exist for this caller (404).
func NotFound(code, message string) *Error {
	return &Error{Kind: KindNotFound, Code: code, Message: message}
}

// Conflict is a thing that exists already, or whose state does not allow this (409).
func Conflict(code, message string) *Error {
	return &Error{Kind: KindConflict, Code: code, Message: message}
}

// Gone is a thing that existed and expired (410).
func Gone(code, message string) *Error {
	return &Error{Kind: KindGone, Code: code, Message: message}
}

// PreconditionFailed is a change based on a version that is no longer the current one (412).
func PreconditionFailed(code, message string) *Error {
	return &Error{Kind: KindPreconditionFailed, Code: code, Message: message}
}

// PreconditionRequired is a change that must say on which version it is based (428).
func PreconditionRequired(code, message string) *Error {
	return &Error{Kind: KindPreconditionRequired, Code: code, Message: message}
}

// TooLarge is a request that is too big (413).
func TooLarge(code, message string) *Error {
	return &Error{Kind: KindTooLarge, Code: code, Message: message}
}

// UnsupportedMedia is a body of a type we do not read (415).
func UnsupportedMedia(code, message string) *Error {
	return &Error{Kind: KindUnsupportedMedia, Code: code, Message: message}
}

// Unprocessable is a well-formed request that cannot be accepted (422).
func Unprocessable(code, message string, fields ...Field) *Error {
	return &Error{Kind: KindUnprocessable, Code: code, Message: message, Fields: fields}
}

// RateLimited is one attempt too many (429).
func RateLimited(retryAfter time.Duration) *Error {
	return &Error{Kind: KindRateLimited, Code: "rate_limit_exceeded", Message: "Too many attempts; try again later.", RetryAfter: retryAfter}
}

// Unavailable is something that cannot be done just now (503); the cause is for the log.
func Unavailable(code string, cause error) *Error {
	return &Error{Kind: KindUnavailable, Code: code, Cause: cause}
}

// Internal is our own failure (500); code and cause are for the log.
func Internal(code string, cause error) *Error {
	return &Error{Kind: KindInternal, Code: code, Cause: cause}
}

// From gives the domain error in err's chain. What has none is translated: a body beyond its limit is [KindTooLarge],
// an exceeded deadline and something that cannot be reached, such as the database, [KindUnavailable], everything else [KindInternal] with err as its
// cause. nil stays nil.
//
// The error returned has err as its text only in Cause; its code and kind are safe to show.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var domain *Error
	if errors.As(err, &domain) {
		return domain
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return TooLarge("request_too_large", "The request body is too large.").Wrap(err)
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable("timeout", err).After(time.Second)
	case away(err):
		return Unavailable("temporarily_unavailable", err).After(time.Second)
	}
	return Internal("internal_error", err)
}

// KindOf is the kind of err as [From] sees it. It must not be asked about nil.
func KindOf(err error) Kind { return From(err).Kind }

// HTTPStatus is the status with which err is answered; 200 for nil.
func HTTPStatus(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return From(err).Kind.Status()
}
