package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// emailPath names an address of a user.
type emailPath struct {
	UserPath
	EmailID uuid.UUID `path:"email_id" format:"uuid" doc:"The address's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
}

type emailOutput struct {
	Body user.AdminEmailView
}

type emailsOutput struct {
	Body []user.AdminEmailView
}

type newEmailInput struct {
	UserPath
	Body struct {
		_          struct{} `additionalProperties:"true"`
		Address    string   `json:"address" minLength:"1" doc:"The address; it is stored in lower case." example:"kim@shop.example"`
		IsVerified bool     `json:"is_verified,omitempty" doc:"Whether the user is known to own it. Does not count for an address that is stored already and belongs to nobody."`
		IsPrimary  bool     `json:"is_primary,omitempty" doc:"Does not count: the first address of a user becomes primary. See set_primary."`
	}
}

func (s *Server) emailOperations() {
	huma.Register(s.api, described(op("list-emails", http.MethodGet, "/users/{user_id}/emails", tenants.UsersRead, tagEmails, "List a user's addresses", 400),
		"Oldest first. A user who does not exist has none."), s.listEmails)
	huma.Register(s.api, answering(described(
		op("create-email", http.MethodPost, "/users/{user_id}/emails", tenants.UsersWrite, tagEmails, "Give a user an address", 400, 409, 413, 415),
		"An address that belongs to an account is refused with 400; one that is stored and belongs to nobody is claimed. 409 where the user has as "+
			"many as `email.limit` allows. No mail is sent. Webhook: `user.update.email.create`."), http.StatusCreated), s.createEmail)
	huma.Register(s.api, op("get-email", http.MethodGet, "/users/{user_id}/emails/{email_id}", tenants.UsersRead, tagEmails, "Read an address", 400), s.getEmail)
	huma.Register(s.api, described(
		op("delete-email", http.MethodDelete, "/users/{user_id}/emails/{email_id}", tenants.UsersWrite, tagEmails, "Delete an address", 400, 409),
		"The identities that are bound to it go with it. 409 for the primary address. Webhook: `user.update.email.delete`."), s.deleteEmail)
	huma.Register(s.api, answering(described(
		op("set-primary-email", http.MethodPost, "/users/{user_id}/emails/{email_id}/set_primary", tenants.UsersWrite, tagEmails, "Make an address primary", 400, 409),
		"Verified or not. Webhook, where another one was primary: `user.update.email.primary`."), http.StatusNoContent), s.setPrimaryEmail)
}

func (s *Server) listEmails(ctx context.Context, in *UserPath) (*emailsOutput, error) {
	list, err := s.people.Emails(ctx, tenantOf(ctx), in.UserID)
	if err != nil {
		return nil, err
	}
	out := &emailsOutput{Body: make([]user.AdminEmailView, len(list))}
	for i, e := range list {
		out.Body[i] = user.AdminEmailView(e)
	}
	return out, nil
}

func (s *Server) createEmail(ctx context.Context, in *newEmailInput) (*emailOutput, error) {
	return showEmail(s.people.AddEmail(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, in.Body.Address, in.Body.IsVerified))
}

func (s *Server) getEmail(ctx context.Context, in *emailPath) (*emailOutput, error) {
	return showEmail(s.people.Email(ctx, tenantOf(ctx), in.UserID, in.EmailID))
}

func (s *Server) deleteEmail(ctx context.Context, in *emailPath) (*none, error) {
	return nil, s.people.DeleteEmail(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, in.EmailID)
}

func (s *Server) setPrimaryEmail(ctx context.Context, in *emailPath) (*none, error) {
	return nil, s.people.SetPrimaryEmail(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, in.EmailID)
}

func showEmail(e *user.Email, err error) (*emailOutput, error) {
	if err != nil {
		return nil, err
	}
	return &emailOutput{Body: user.AdminEmailView(*e)}, nil
}
