// Package humaproblem makes huma speak our errors: one model for all of them, made from problem.Error, with two faces.
//
// APIs of ours answer RFC 9457 problem details with a stable code; APIs that are compatible with Hanko answer its error body. Neither ever tells
// what went wrong inside (5xx), repeats a value that was refused, or answers 422. It knows no API in particular.
package humaproblem

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// A Face is how an API shows errors.
type Face int

// The faces of errors.
const (
	RFC9457    Face = iota // application/problem+json
	Compatible             // {"code": status, "message": text}
)

// Problem is the body of an error (RFC 9457 §3).
type Problem struct {
	Type   string         `json:"type" doc:"Always about:blank: code says more." example:"about:blank"`
	Title  string         `json:"title" doc:"The meaning of the status." example:"Not Found"`
	Status int            `json:"status" doc:"The HTTP status." example:"404"`
	Code   string         `json:"code" doc:"What went wrong, for programs: it does not change." example:"tenant_not_found"`
	Detail string         `json:"detail,omitempty" doc:"What went wrong, for people: it may change." example:"the tenant does not exist"`
	Errors []ProblemField `json:"errors,omitempty" doc:"Each problem with what was sent."`
}

// ProblemField is one problem with what was sent.
type ProblemField struct {
	Path   string `json:"path" doc:"Where it is, with dots." example:"config.session.lifespan"`
	Reason string `json:"reason" doc:"What is wrong with it." example:"is not a duration"`
}

// Error implements error.
func (m *Problem) Error() string { return m.Code + ": " + m.Detail }

// GetStatus implements huma.StatusError.
func (m *Problem) GetStatus() int { return m.Status }

// ContentType implements huma.ContentTypeFilter.
func (m *Problem) ContentType(string) string { return "application/problem+json" }

// Error is the body of an error as clients of Hanko's APIs know it.
type Error struct {
	Code    int    `json:"code" doc:"The HTTP status." example:"404"`
	Message string `json:"message" doc:"What went wrong, for people: it may change." example:"Not Found"`
}

type api struct {
	face Face
	log  *slog.Logger
}

type apiKey struct{}

var install = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true // "SLUG" is not "slug"
	plain := huma.NewError
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status >= http.StatusInternalServerError {
			return plain(status, http.StatusText(status))
		}
		return plain(status, message, withoutValues(errs)...)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		a, ok := ctx.Context().Value(apiKey{}).(api)
		if !ok { // an API that was not configured here
			return huma.NewError(status, message, errs...)
		}
		return a.model(ctx, status, message, errs)
	}
})

// withoutValues leaves out of huma's errors what the client sent.
func withoutValues(errs []error) []error {
	kept := make([]error, len(errs))
	for i, err := range errs {
		f := field(err)
		kept[i] = &huma.ErrorDetail{Location: f.Path, Message: f.Reason}
	}
	return kept
}

// Configure gives a huma configuration the errors of a face. The API made from it must Use the middleware it returns before any other.
// Huma's error constructors belong to the process, so they are replaced, once.
func Configure(c *huma.Config, face Face, log *slog.Logger) func(huma.Context, func(huma.Context)) {
	install()
	c.CreateHooks = nil // no $schema members, no Link headers
	c.DocsPath, c.SchemasPath = "", ""
	if face == Compatible {
		c.Transformers = append(c.Transformers, compatible)
	}
	c.OnAddOperation = append(c.OnAddOperation, describer(face))
	a := api{face, log}
	return func(ctx huma.Context, next func(huma.Context)) { next(huma.WithValue(ctx, apiKey{}, a)) }
}

// model makes the body of an error. Where huma found a handler's error it passes it alone, with status 500.
func (a api) model(ctx huma.Context, status int, message string, errs []error) *Problem {
	if len(errs) == 1 {
		if p, ok := errors.AsType[*problem.Error](errs[0]); ok {
			return a.fromProblem(ctx, p, errs[0])
		}
		if p := problem.From(errs[0]); status == http.StatusInternalServerError && p.Kind == problem.KindUnavailable { // the database is away, say
			return a.fromProblem(ctx, p, errs[0])
		}
	}
	if status >= http.StatusInternalServerError {
		a.report(ctx, errors.Join(errs...))
		return bare(status, codeOf(status), "")
	}
	if status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest
	}
	m := bare(status, codeOf(status), message)
	for _, err := range errs {
		m.Errors = append(m.Errors, field(err))
	}
	return m
}

func bare(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

func (a api) fromProblem(ctx huma.Context, p *problem.Error, whole error) *Problem {
	doc := problem.DocumentOf(p)
	if wait := problem.RetryAfter(p); wait != "" {
		ctx.SetHeader("Retry-After", wait)
	}
	if doc.Status >= http.StatusInternalServerError {
		a.report(ctx, whole)
	}
	m := bare(doc.Status, doc.Code, doc.Detail)
	for _, f := range doc.Errors {
		m.Errors = append(m.Errors, ProblemField{f.Path, f.Reason})
	}
	return m
}

// field is a problem that huma found. Its text describes the rule; the value refused is left out.
func field(err error) ProblemField {
	var d huma.ErrorDetailer
	if !errors.As(err, &d) {
		return ProblemField{Reason: "is not valid"}
	}
	detail := d.ErrorDetail()
	if detail.Location == "body" && !ruled(detail.Message) {
		return ProblemField{detail.Location, "has a member of another type than it should have"}
	}
	return ProblemField{strings.TrimPrefix(detail.Location, "body."), detail.Message}
}

// ruled reports whether a text about the whole body speaks of a rule or of JSON. Other texts are those of Go's decoders, which name types of
// ours and repeat values: they come of members that huma did not check, such as one in another case ("NAME").
func ruled(message string) bool {
	for _, begin := range []string{"expected ", "unexpected ", "invalid character "} {
		if strings.HasPrefix(message, begin) {
			return true
		}
	}
	return false
}

// report logs what the client is not told.
func (a api) report(ctx huma.Context, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	a.log.ErrorContext(ctx.Context(), "request failed", "operation", ctx.Operation().OperationID, "error", err)
}

// codeOf is the code of an error that only has a status.
func codeOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "invalid_request"
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusRequestTimeout:
		return "request_timeout"
	case http.StatusRequestEntityTooLarge:
		return "request_too_large"
	case http.StatusUnsupportedMediaType:
		return "unsupported_media_type"
	case http.StatusInternalServerError:
		return "internal_error"
	}
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
}

// compatible turns our errors into those of a compatible API.
func compatible(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*Problem)
	if !ok {
		return v, nil
	}
	ctx.SetHeader("Content-Type", "application/json")
	return m.compatible(), nil
}

func (m *Problem) compatible() *Error {
	message := m.Detail
	switch m.Status { // whose texts clients know
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		message = m.Title
	}
	if message == "" {
		message = m.Title
	}
	for i, f := range m.Errors {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		message += sep + strings.TrimSpace(f.Path+" "+f.Reason)
	}
	return &Error{m.Status, message}
}
