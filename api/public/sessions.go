package public

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/session"
)

// rawOutput is an answer whose JSON was rendered by the domain.
type rawOutput struct {
	ContentType  string        `header:"Content-Type"`
	CacheControl string        `header:"Cache-Control"`
	SetCookie    []http.Cookie `header:"Set-Cookie"`
	Body         []byte
}

// noContent is an answer without a body.
type noContent struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

var invalidBody = []byte(`{"is_valid":false}`)

// noStore keeps answers about a person out of caches.
const noStore = "no-store"

// tokenBody carries a token in a body.
type tokenBody struct {
	Body struct {
		SessionToken string   `json:"session_token" minLength:"1" doc:"The session token (a JWT)"`
		_            struct{} `additionalProperties:"true"`
	}
}

func (s *Server) registerSessions() {
	validation := map[string]*huma.Response{
		"200": {Description: "Whether the token names a live session, and its claims", Content: jsonOf(s.api, SessionValidation{})},
	}
	huma.Register(s.api, huma.Operation{
		OperationID: "look-at-session", Method: http.MethodGet, Path: "/sessions/validate", Tags: []string{"Sessions"},
		Summary:     "Check the caller's session without using it",
		Description: "Looks at the bearer token, then at the session cookie. An invalid token is not an error.",
		Security:    sessionSecurity, Responses: validation,
	}, func(ctx context.Context, _ *struct{}) (*rawOutput, error) {
		return s.validate(ctx, middleware.From(ctx).Client, session.Look)
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "validate-session", Method: http.MethodPost, Path: "/sessions/validate", Tags: []string{"Sessions"},
		Summary:     "Check a session token and note its use",
		Description: "For back ends: they hand over the token they were given. An invalid token is not an error.",
		Responses:   validation,
	}, func(ctx context.Context, in *tokenBody) (*rawOutput, error) {
		client := middleware.From(ctx).Client
		client.Tokens = []string{in.Body.SessionToken}
		return s.validate(ctx, client, session.Use)
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "logout", Method: http.MethodPost, Path: "/logout", Tags: []string{"Sessions"}, DefaultStatus: http.StatusNoContent,
		Summary: "End the caller's session", Security: sessionSecurity,
	}, func(ctx context.Context, _ *struct{}) (*noContent, error) { return s.logout(ctx) })
}

func (s *Server) validate(ctx context.Context, c auth.Client, mode session.Mode) (*rawOutput, error) {
	t := middleware.From(ctx).Tenant
	out := &rawOutput{ContentType: "application/json", CacheControl: noStore, Body: invalidBody}
	v, err := s.sessions.Validate(ctx, t, c, mode)
	switch {
	case err == nil:
		out.Body = v.Body
	case errors.Is(err, session.ErrIdle):
		out.SetCookie = []http.Cookie{*session.DeleteCookie(t)}
	case errors.Is(err, session.ErrInvalid):
	default:
		return nil, err
	}
	return out, nil
}

// authenticate finds the caller's session and notes its use. Where it was idle for too long, the error makes the browser forget it.
func (s *Server) authenticate(ctx context.Context) (*session.Valid, error) {
	req := middleware.From(ctx)
	v, err := s.sessions.Validate(ctx, req.Tenant, req.Client, session.Use)
	switch {
	case err == nil:
		return v, nil
	case errors.Is(err, session.ErrIdle):
		return nil, huma.ErrorWithHeaders(err, http.Header{"Set-Cookie": {session.DeleteCookie(req.Tenant).String()}})
	case errors.Is(err, session.ErrMalformed):
		return nil, session.ErrInvalid
	default:
		return nil, err
	}
}

func (s *Server) logout(ctx context.Context) (*noContent, error) {
	v, err := s.authenticate(ctx)
	if err != nil {
		return nil, err
	}
	req := middleware.From(ctx)
	account, err := s.users.ByID(ctx, req.Tenant, v.UserID)
	if err != nil {
		return nil, err
	}
	actor := event.Actor{UserID: v.UserID, Email: account.Email}
	if err := s.sessions.Logout(ctx, req.Tenant, req.Client, actor, v); err != nil {
		return nil, err
	}
	return &noContent{SetCookie: []http.Cookie{*session.DeleteCookie(req.Tenant)}}, nil
}
