package public

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/user"
)

// userOutput shows the caller to herself.
type userOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         user.View
}

// LegacyUser is the caller as published versions of the client library read her.
type LegacyUser struct {
	user.View
	Username            string                `json:"username,omitempty"`
	Email               string                `json:"email,omitempty"`
	WebauthnCredentials []user.CredentialView `json:"webauthn_credentials,omitempty"`
}

type legacyUserOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         LegacyUser
}

type userInput struct {
	ID string `path:"id" doc:"The caller's own user id"`
}

func (s *Server) registerUsers() {
	huma.Register(s.api, huma.Operation{
		OperationID: "me", Method: http.MethodGet, Path: "/me", Tags: []string{"Users"},
		Summary: "The signed-in user", Security: sessionSecurity, Errors: []int{401, 404},
	}, func(ctx context.Context, _ *struct{}) (*userOutput, error) {
		u, err := s.caller(ctx)
		if err != nil {
			return nil, err
		}
		return &userOutput{CacheControl: noStore, Body: user.NewView(middleware.From(ctx).Tenant, u)}, nil
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "get-own-user", Method: http.MethodGet, Path: "/users/{id}", Tags: []string{"Users"}, Deprecated: true,
		Summary: "The signed-in user, as published client libraries read it", Security: sessionSecurity, Errors: []int{400, 401, 403, 404},
	}, s.legacyUser)
}

// caller loads the signed-in user.
func (s *Server) caller(ctx context.Context) (*user.User, error) {
	v, err := s.authenticate(ctx)
	if err != nil {
		return nil, err
	}
	return s.users.Load(ctx, middleware.From(ctx).Tenant, v.UserID)
}

func (s *Server) legacyUser(ctx context.Context, in *userInput) (*legacyUserOutput, error) {
	u, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(in.ID)
	if err != nil {
		return nil, errMalformedID
	}
	if id != u.ID {
		return nil, errNotYours
	}
	view := user.NewView(middleware.From(ctx).Tenant, u)
	out := LegacyUser{View: view, Email: u.PrimaryAddress(), WebauthnCredentials: append(view.Passkeys, view.SecurityKeys...)}
	if u.Username != nil {
		out.Username = u.Username.Name
	}
	return &legacyUserOutput{CacheControl: noStore, Body: out}, nil
}
