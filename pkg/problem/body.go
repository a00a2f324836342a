package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// ContentType is the media type of a [Document].
const ContentType = "application/problem+json"

// A Document is the body of an error answer after RFC 9457, with our members code and errors.
type Document struct {
	Type   string  `json:"type"` // always "about:blank": code tells errors apart
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Code   string  `json:"code"`
	Detail string  `json:"detail,omitempty"`
	Errors []Field `json:"errors,omitempty"`
}

// DocumentOf is the body with which our own APIs answer err.
func DocumentOf(err error) Document {
	e := From(err)
	status := e.Kind.Status()
	doc := Document{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: e.code()}
	if status < http.StatusInternalServerError {
		doc.Detail, doc.Errors = e.Message, e.Fields
	}
	return doc
}

// Compatible is the error body of the Hanko-compatible routes. Spec: rest-public §2.
type Compatible struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// CompatibleOf is the body with which the Hanko-compatible routes answer err. The message of 401, 403, 404 and of all
// from 500 on is the reason phrase of the status, as clients know it.
func CompatibleOf(err error) Compatible {
	e := From(err)
	status := e.Kind.Status()
	body := Compatible{Code: status, Message: http.StatusText(status)}
	switch {
	case status >= http.StatusInternalServerError,
		status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
	case len(e.Fields) == 1:
		body.Message = e.Fields[0].Path + ": " + e.Fields[0].Reason
	case e.Message != "":
		body.Message = e.Message
	}
	return body
}

// Write answers with err as application/problem+json.
func Write(w http.ResponseWriter, err error) {
	doc := DocumentOf(err)
	write(w, err, ContentType, doc.Status, doc)
}

// WriteCompatible answers with err in the form of the Hanko-compatible routes.
func WriteCompatible(w http.ResponseWriter, err error) {
	body := CompatibleOf(err)
	write(w, err, "application/json", body.Code, body)
}

// RetryAfter is the value of the Retry-After header for err: whole seconds, rounded up, at least 1; "" when err does not
// say when to try again.
func RetryAfter(err error) string {
	e := From(err)
	if e == nil || e.RetryAfter <= 0 {
		return ""
	}
	return strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10)
}

func write(w http.ResponseWriter, err error, contentType string, status int, body any) {
	raw, marshalErr := json.Marshal(body)
	if marshalErr != nil { // strings and numbers only: cannot fail
		status, raw = http.StatusInternalServerError, []byte(`{}`)
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if wait := RetryAfter(err); wait != "" {
		header.Set("Retry-After", wait)
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n')) // on an error the client is gone, and nobody is left to tell
}

// code is never empty, and says nothing about an internal failure but that it is one.
func (e *Error) code() string {
	switch {
	case e.Kind.Status() == http.StatusInternalServerError:
		return "internal_error"
	case e.Code == "":
		return "error"
	}
	return e.Code
}
