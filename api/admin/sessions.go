package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/tenants"
)

// sessionPath names a session of a user.
type sessionPath struct {
	UserPath
	SessionID uuid.UUID `path:"session_id" format:"uuid" doc:"The session's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
}

type sessionsOutput struct {
	Body []session.View
}

type newSessionInput struct {
	Body struct {
		_         struct{}  `additionalProperties:"true"`
		UserID    uuid.UUID `json:"user_id" format:"uuid" doc:"Whose session it is." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
		UserAgent *string   `json:"user_agent,omitempty" doc:"The browser that will use it; 255 characters are kept."`
		IPAddress *string   `json:"ip_address,omitempty" doc:"The address it will be used from: IPv4 or IPv6." example:"192.0.2.7"`
	}
}

type newSessionOutput struct {
	Body struct {
		SessionToken string `json:"session_token" doc:"The session's token, as a sign-in would hand it over."`
	}
}

func (s *Server) sessionOperations() {
	const sessions = "/users/{user_id}/sessions"
	huma.Register(s.api, described(op("list-sessions", http.MethodGet, sessions, tenants.SessionsRead, tagSessions, "List a user's sessions", 400),
		"Those that have not expired, newest first."), s.listSessions)
	huma.Register(s.api, described(op("revoke-sessions", http.MethodDelete, sessions, tenants.SessionsWrite, tagSessions, "End all sessions of a user", 400),
		"At once here, within two seconds on other replicas. Webhook, for each: `session.delete.admin.revoke`. Not in Hanko's API."), s.revokeSessions)
	huma.Register(s.api, described(op("revoke-session", http.MethodDelete, sessions+"/{session_id}", tenants.SessionsWrite, tagSessions, "End a session", 400),
		"At once here, within two seconds on other replicas. Webhook: `session.delete.admin.revoke`."), s.revokeSession)
	huma.Register(s.api, described(op("create-session", http.MethodPost, "/sessions", tenants.SessionsWrite, tagSessions, "Open a session for a user", 400, 409, 413, 415),
		"For a user whom the back end has recognised by its own means; no factor is asked for, and the token says none (`amr`). Where the user has "+
			"`session.limit` sessions, the oldest end. 409 for a user who is blocked (code `user_blocked`). Webhooks: `session.delete.passive.limit` for "+
			"each that ends, `session.create.admin`."), s.createSession)
}

func (s *Server) listSessions(ctx context.Context, in *UserPath) (*sessionsOutput, error) {
	list, err := s.people.Sessions(ctx, tenantOf(ctx), in.UserID)
	if err != nil {
		return nil, err
	}
	return &sessionsOutput{Body: list}, nil
}

func (s *Server) revokeSessions(ctx context.Context, in *UserPath) (*none, error) {
	return nil, s.people.RevokeSessions(ctx, tenantOf(ctx), callerOf(ctx), in.UserID)
}

func (s *Server) revokeSession(ctx context.Context, in *sessionPath) (*none, error) {
	return nil, s.people.RevokeSession(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, in.SessionID)
}

func (s *Server) createSession(ctx context.Context, in *newSessionInput) (*newSessionOutput, error) {
	n := management.NewSession{UserID: in.Body.UserID}
	if in.Body.UserAgent != nil {
		n.UserAgent = *in.Body.UserAgent
	}
	if in.Body.IPAddress != nil {
		n.IPAddress = *in.Body.IPAddress
	}
	token, err := s.people.OpenSession(ctx, tenantOf(ctx), callerOf(ctx), n)
	if err != nil {
		return nil, err
	}
	out := &newSessionOutput{}
	out.Body.SessionToken = token
	return out, nil
}
