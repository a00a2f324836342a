package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// credentialPath names a credential of a user.
type credentialPath struct {
	UserPath
	CredentialID string `path:"credential_id" maxLength:"1400" doc:"The credential's id in base64url without padding." example:"AQIDBA"`
}

type credentialOutput struct {
	Body user.CredentialView
}

type credentialsOutput struct {
	Body []user.CredentialView
}

type passwordOutput struct {
	Body user.PasswordView
}

type passwordInput struct {
	UserPath
	Body struct {
		_        struct{} `additionalProperties:"true"`
		Password string   `json:"password" minLength:"1" doc:"The password in plain, at most 72 bytes. The tenant's rules for passwords do not count." example:"correct horse battery staple"`
	}
}

type otpOutput struct {
	Body user.OTPView
}

func (s *Server) credentialOperations() {
	const webauthn = "/users/{user_id}/webauthn_credentials"
	huma.Register(s.api, described(op("list-webauthn-credentials", http.MethodGet, webauthn, tenants.UsersRead, tagCredentials,
		"List a user's passkeys and security keys", 400), "Oldest first."), s.listCredentials)
	huma.Register(s.api, op("get-webauthn-credential", http.MethodGet, webauthn+"/{credential_id}", tenants.UsersRead, tagCredentials,
		"Read a passkey or security key", 400), s.getCredential)
	huma.Register(s.api, described(op("delete-webauthn-credential", http.MethodDelete, webauthn+"/{credential_id}", tenants.UsersWrite, tagCredentials,
		"Delete a passkey or security key", 400, 409), "Also the last one: the user may then be unable to sign in."), s.deleteCredential)

	const password = "/users/{user_id}/password"
	huma.Register(s.api, op("get-password", http.MethodGet, password, tenants.UsersRead, tagCredentials, "Say whether a user has a password", 400), s.getPassword)
	huma.Register(s.api, described(op("create-password", http.MethodPost, password, tenants.UsersWrite, tagCredentials,
		"Give a user a password", 400, 409, 413, 415, 503), "409 where there is one already."), s.createPassword)
	huma.Register(s.api, described(op("replace-password", http.MethodPut, password, tenants.UsersWrite, tagCredentials,
		"Give a user another password", 400, 409, 413, 415, 503), "404 where there is none. Sessions stay: see the sessions to end them."), s.replacePassword)
	huma.Register(s.api, op("delete-password", http.MethodDelete, password, tenants.UsersWrite, tagCredentials, "Delete a user's password", 400, 409), s.deletePassword)

	const otp = "/users/{user_id}/otp"
	huma.Register(s.api, op("get-otp", http.MethodGet, otp, tenants.UsersRead, tagCredentials, "Say whether a user has an authenticator app", 400), s.getOTP)
	huma.Register(s.api, described(op("delete-otp", http.MethodDelete, otp, tenants.UsersWrite, tagCredentials,
		"Delete a user's authenticator app", 400, 409), "Her recovery codes go with it."), s.deleteOTP)
}

func (s *Server) listCredentials(ctx context.Context, in *UserPath) (*credentialsOutput, error) {
	list, err := s.people.Credentials(ctx, tenantOf(ctx), in.UserID)
	if err != nil {
		return nil, err
	}
	out := &credentialsOutput{Body: make([]user.CredentialView, len(list))}
	for i, c := range list {
		out.Body[i] = user.NewCredentialView(c)
	}
	return out, nil
}

func (s *Server) getCredential(ctx context.Context, in *credentialPath) (*credentialOutput, error) {
	c, err := s.people.Credential(ctx, tenantOf(ctx), in.UserID, in.CredentialID)
	if err != nil {
		return nil, err
	}
	return &credentialOutput{Body: user.NewCredentialView(*c)}, nil
}

func (s *Server) deleteCredential(ctx context.Context, in *credentialPath) (*none, error) {
	return nil, s.people.DeleteCredential(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, in.CredentialID)
}

func (s *Server) getPassword(ctx context.Context, in *UserPath) (*passwordOutput, error) {
	p, err := s.people.Password(ctx, tenantOf(ctx), in.UserID)
	return showPassword(ctx, p, err)
}

func (s *Server) createPassword(ctx context.Context, in *passwordInput) (*passwordOutput, error) {
	p, err := s.people.CreatePassword(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, in.Body.Password)
	return showPassword(ctx, p, err)
}

func (s *Server) replacePassword(ctx context.Context, in *passwordInput) (*passwordOutput, error) {
	p, err := s.people.ReplacePassword(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, in.Body.Password)
	return showPassword(ctx, p, err)
}

func (s *Server) deletePassword(ctx context.Context, in *UserPath) (*none, error) {
	return nil, s.people.DeletePassword(ctx, tenantOf(ctx), callerOf(ctx), in.UserID)
}

func showPassword(ctx context.Context, p *user.Secret, err error) (*passwordOutput, error) {
	if err != nil {
		return nil, err
	}
	return &passwordOutput{Body: user.NewPasswordView(tenantOf(ctx), *p)}, nil
}

func (s *Server) getOTP(ctx context.Context, in *UserPath) (*otpOutput, error) {
	o, err := s.people.OTP(ctx, tenantOf(ctx), in.UserID)
	if err != nil {
		return nil, err
	}
	return &otpOutput{Body: user.OTPView{ID: o.ID, CreatedAt: o.CreatedAt}}, nil
}

func (s *Server) deleteOTP(ctx context.Context, in *UserPath) (*none, error) {
	return nil, s.people.DeleteOTP(ctx, tenantOf(ctx), callerOf(ctx), in.UserID)
}
