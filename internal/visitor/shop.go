package visitor

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/latchkeep/latchkeep/internal/authenticator"
)

// Password is that of all who register.
const Password = "correct horse battery"

// mailTime is how long a mail may take.
const mailTime = 20 * time.Second

// Codes are where codes arrive.
type Codes interface {
	// Code waits for the code in the next mail to an address.
	Code(ctx context.Context, address string) (string, error)
}

// A Shop is a tenant as its visitors know it, with the default configuration as far as sign-in goes.
type Shop struct {
	// Base is the tenant's public base URL.
	Base string
	// Codes are where its mails come.
	Codes Codes
}

// Origin is where its pages are.
func (s *Shop) Origin() string {
	at, err := url.Parse(s.Base)
	if err != nil {
		return s.Base
	}
	return at.Scheme + "://" + at.Host
}

// Register makes an account with an address and a password, in five requests, as hanko-elements does.
func (s *Shop) Register(ctx context.Context, c *Client, address string) error {
	f, err := s.confirm(ctx, c, address, false)
	if err != nil {
		return err
	}
	if err := f.Do(ctx, "register_password", map[string]any{"new_password": Password}, "success"); err != nil {
		return err
	}
	_, err = f.Token()
	return err
}

// confirm begins a registration and enters the code from the mail, in a browser that knows WebAuthn or not. A password is asked for next.
func (s *Shop) confirm(ctx context.Context, c *Client, address string, webauthn bool) (*Conversation, error) {
	f, err := c.Start(ctx, s.Base, "registration")
	if err != nil {
		return nil, err
	}
	if err := f.Do(ctx, "register_client_capabilities", map[string]any{"webauthn_available": webauthn}, "registration_init"); err != nil {
		return nil, err
	}
	if err := f.Do(ctx, "register_login_identifier", map[string]any{"email": address}, "passcode_confirmation"); err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, mailTime)
	defer cancel()
	code, err := s.Codes.Code(wait, address)
	if err != nil {
		return nil, err
	}
	return f, f.Do(ctx, "verify_passcode", map[string]any{"code": code}, "password_creation")
}

// SignIn signs somebody in with the password, in five requests, and returns the session's token.
func (s *Shop) SignIn(ctx context.Context, c *Client, address string) (string, error) {
	f, err := c.Start(ctx, s.Base, "login")
	if err != nil {
		return "", err
	}
	if err := f.Do(ctx, "register_client_capabilities", map[string]any{"webauthn_available": false}, "login_init"); err != nil {
		return "", err
	}
	if err := f.Do(ctx, "continue_with_login_identifier", map[string]any{"email": address}, "login_method_chooser"); err != nil {
		return "", err
	}
	if err := f.Do(ctx, "continue_to_password_login", nil, "login_password"); err != nil {
		return "", err
	}
	if err := f.Do(ctx, "password_login", map[string]any{"password": Password}, "success"); err != nil {
		return "", err
	}
	return f.Token()
}

// RegisterPasskey makes an account with an address, a password, and a passkey on the device that it returns.
func (s *Shop) RegisterPasskey(ctx context.Context, c *Client, address string) (*authenticator.Authenticator, error) {
	device := authenticator.New(s.Origin())
	f, err := s.confirm(ctx, c, address, true)
	if err != nil {
		return nil, err
	}
	if err := f.Do(ctx, "register_password", map[string]any{"new_password": Password}, "onboarding_create_passkey"); err != nil {
		return nil, err
	}
	if err := f.Do(ctx, "webauthn_generate_creation_options", nil, "onboarding_verify_passkey_attestation"); err != nil {
		return nil, err
	}
	made, err := device.TryCreate(f.At.Payload["creation_options"])
	if err != nil {
		return nil, err
	}
	return device, f.Do(ctx, "webauthn_verify_attestation_response", map[string]any{"public_key": made}, "success")
}

// SignInByPasskey signs somebody in by the button, in four requests, and returns the session's token.
func (s *Shop) SignInByPasskey(ctx context.Context, c *Client, device *authenticator.Authenticator) (string, error) {
	f, err := c.Start(ctx, s.Base, "login")
	if err != nil {
		return "", err
	}
	if err := f.Do(ctx, "register_client_capabilities", map[string]any{"webauthn_available": true}, "login_init"); err != nil {
		return "", err
	}
	if err := f.Do(ctx, "webauthn_generate_request_options", nil, "login_passkey"); err != nil {
		return "", err
	}
	answer, err := device.TryGet(f.At.Payload["request_options"])
	if err != nil {
		return "", err
	}
	if err := f.Do(ctx, "webauthn_verify_assertion_response", map[string]any{"assertion_response": answer}, "success"); err != nil {
		return "", err
	}
	return f.Token()
}

// Validate asks whether a session is valid; that it is not is an error.
func (s *Shop) Validate(ctx context.Context, c *Client, token string) error {
	return c.holds(ctx, s.Base+"/sessions/validate", token, `"is_valid":true`)
}

// Keys fetches the key set; that it has none is an error.
func (s *Shop) Keys(ctx context.Context, c *Client) error {
	return c.holds(ctx, s.Base+"/.well-known/jwks.json", "", `"kty":`)
}

// holds fetches something that must hold a text.
func (c *Client) holds(ctx context.Context, url, bearer, text string) error {
	a, err := c.Send(ctx, http.MethodGet, url, bearer, nil, http.StatusOK)
	if err == nil && !bytes.Contains(a.Body, []byte(text)) {
		err = fmt.Errorf("%s is not in the answer: %.300s", text, a.Body)
	}
	return err
}
