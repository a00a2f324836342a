package flow

import (
	"errors"
	"net/http"
)

// A Refusal is an answer given outside of any action: the request changed nothing, nothing may be stored, and the token
// of the last answer stays good. It is an error, so parsing functions, hooks and actions return it as one.
type Refusal struct {
	Status int    // HTTP status, also the body's
	Code   Code   // what the client is told
	Reason string // for logs and tests, never sent
}

// Refuse makes a refusal with the code's own status.
func Refuse(code Code, reason string) *Refusal {
	return &Refusal{Status: code.Status(), Code: code, Reason: reason}
}

// RefuseWith makes a refusal whose HTTP status differs from the code's own, such as 413 or 503 with [TechnicalError].
func RefuseWith(status int, code Code, reason string) *Refusal {
	return &Refusal{Status: status, Code: code, Reason: reason}
}

// Conflict is the refusal for a record that could not be written because another request was faster: the insert met
// an existing row, or the compare-and-swap on the version matched none.
func Conflict() *Refusal {
	return Refuse(NotPermitted, "another request was faster")
}

func malformed(reason string) *Refusal {
	return RefuseWith(http.StatusBadRequest, TechnicalError, reason)
}

// Error returns the reason, so that a refusal can travel as an error.
func (r *Refusal) Error() string {
	return "flow refused (" + r.Code.String() + "): " + r.Reason
}

// Response returns the body clients get for a refusal: state "error", no payload, no token, no actions.
func (r *Refusal) Response() *Response {
	return &Response{
		Name:   StateError,
		Status: r.Status,
		Error:  &Error{Code: r.Code},
		engine: true,
	}
}

// ErrorResponse turns an error of this package's functions into an answer: a [Refusal] answers for itself, everything
// else is 500 technical_error, whose cause is never sent. The caller logs the error.
func ErrorResponse(err error) *Response {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refusal.Response()
	}
	return Refuse(TechnicalError, "unexpected error").Response()
}

// ErrorBody returns the JSON body for an answer outside of any action.
func ErrorBody(status int, code Code) []byte {
	return RefuseWith(status, code, "").Response().Body()
}
