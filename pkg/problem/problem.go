// Package problem is the one error type that the domain tells clients about, and the one place where it becomes an HTTP answer.
//
// An Error says what went wrong by a stable code; how it looks on the wire is decided by each API: problem details (RFC 9457), or the error
// body of APIs compatible with Hanko. An answer of 5xx never carries what went wrong inside.
package problem

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Kind is the sort of an error: it decides the HTTP status.
type Kind int

// The kinds of errors.
const (
	KindInternal           Kind = iota // 500
	KindInvalid                        // 400: the request is wrong
	KindUnauthorized                   // 401: who is asking is not known
	KindForbidden                      // 403: known, but not allowed
	KindNotFound                       // 404
	KindConflict                       // 409: somebody or something is in the way
	KindGone                           // 410
	KindPreconditionFailed             // 412: changed meanwhile
	KindTooLarge                       // 413
	KindRateLimited                    // 429
	KindUnavailable                    // 503: not now
)

var statuses = [...]int{
	KindInternal:           http.StatusInternalServerError,
	KindInvalid:            http.StatusBadRequest,
	KindUnauthorized:       http.StatusUnauthorized,
	KindForbidden:          http.StatusForbidden,
	KindNotFound:           http.StatusNotFound,
	KindConflict:           http.StatusConflict,
	KindGone:               http.StatusGone,
	KindPreconditionFailed: http.StatusPreconditionFailed,
	KindTooLarge:           http.StatusRequestEntityTooLarge,
	KindRateLimited:        http.StatusTooManyRequests,
	KindUnavailable:        http.StatusServiceUnavailable,
}

// A Field is one problem with what was sent.
type Field struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// An Error is an error that a client may be told about.
type Error struct {
	Code       string // for programs: stable, in snake_case
	Message    string // for people: may change; never holds a secret or what a client sent
	Kind       Kind
	Cause      error         // for logs, never told
	RetryAfter time.Duration // when to try again; 0 where that is not known
	Fields     []Field       // each problem with what was sent
}

// Error describes the error and its cause, for logs.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Message
	for _, f := range e.Fields {
		text += "; " + f.Path + ": " + f.Reason
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// WithCause returns a copy with a cause.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// WithFields returns a copy with problems.
func (e *Error) WithFields(fields ...Field) *Error {
	c := *e
	c.Fields = fields
	return &c
}

// WithRetryAfter returns a copy that says when to try again.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Invalid is 400: the request is wrong.
func Invalid(code, message string) *Error { return newError(KindInvalid, code, message) }

// Unauthorized is 401: who is asking is not known.
func Unauthorized(code, message string) *Error { return newError(KindUnauthorized, code, message) }

// Forbidden is 403: known, but not allowed.
func Forbidden(code, message string) *Error { return newError(KindForbidden, code, message) }

// NotFound is 404.
func NotFound(code, message string) *Error { return newError(KindNotFound, code, message) }

// Conflict is 409: somebody or something is in the way.
func Conflict(code, message string) *Error { return newError(KindConflict, code, message) }

// Gone is 410.
func Gone(code, message string) *Error { return newError(KindGone, code, message) }

// PreconditionFailed is 412: what was read before has changed.
func PreconditionFailed(code, message string) *Error {
	return newError(KindPreconditionFailed, code, message)
}

// TooLarge is 413.
func TooLarge(code, message string) *Error { return newError(KindTooLarge, code, message) }

// RateLimited is 429.
func RateLimited(code, message string, retry time.Duration) *Error {
	return newError(KindRateLimited, code, message).WithRetryAfter(retry)
}

// Unavailable is 503: not now. The cause is for logs.
func Unavailable(code string, cause error) *Error {
	return newError(KindUnavailable, code, "not available just now").WithCause(cause)
}

// Internal is 500. The cause is for logs.
func Internal(code string, cause error) *Error {
	return newError(KindInternal, code, "something went wrong").WithCause(cause)
}

func newError(kind Kind, code, message string) *Error {
	return &Error{Code: code, Message: message, Kind: kind}
}

// HTTPStatus is the status of any error: that of the Error inside it, else 500.
func HTTPStatus(err error) int {
	e, ok := errors.AsType[*Error](err)
	if !ok || int(e.Kind) >= len(statuses) {
		return http.StatusInternalServerError
	}
	return statuses[e.Kind]
}

// document is the body of RFC 9457 §3.
type document struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Code   string  `json:"code"`
	Detail string  `json:"detail,omitempty"`
	Errors []Field `json:"errors,omitempty"`
}

// Write answers with problem details (RFC 9457).
func Write(w http.ResponseWriter, err error) {
	status := HTTPStatus(err)
	d := document{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: "internal_error"}
	if e, ok := errors.AsType[*Error](err); ok {
		d.Code = e.Code
		if status < http.StatusInternalServerError {
			d.Detail, d.Errors = e.Message, e.Fields
		}
	}
	body, encodeErr := json.Marshal(d)
	if encodeErr != nil {
		body = []byte("{}")
	}
	write(w, err, status, "application/problem+json", body)
}

// WriteCompatible answers with the error body of APIs compatible with Hanko: the status and its reason phrase.
func WriteCompatible(w http.ResponseWriter, err error) {
	status := HTTPStatus(err)
	body := `{"code":` + strconv.Itoa(status) + `,"message":"` + http.StatusText(status) + `"}`
	write(w, err, status, "application/json", []byte(body))
}

func write(w http.ResponseWriter, err error, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone
}
