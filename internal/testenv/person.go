package testenv

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	authpassword "github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/pkg/password"
)

// A Person has an account with a tenant.
type Person struct {
	Tenant                    *Tenant
	ID                        uuid.UUID
	Email, Username, Password string
	// Session is the one that signing up opened; nil where the account was made without.
	Session *Session
	// Device holds the credentials that Give made, nil where there are none.
	Device *authenticator.Authenticator
	// App is her authenticator app, or nil.
	App *App
}

// Password is one that passes every default rule.
const Password = "correct horse battery"

// NewPerson describes an account to be made without signing up.
type NewPerson struct {
	Email      string
	Unverified bool
	Username   string
	// Password in plain, or Hash as an earlier system stored it; both may be empty.
	Password, Hash string
	// Factors beside the password.
	Factors Factors
}

// Person makes an account as an import would.
func (s *Tenant) Person(t testing.TB, n NewPerson) *Person {
	t.Helper()
	u := user.New(uuid.Must(uuid.NewV7()))
	if n.Username != "" {
		u.SetUsername(n.Username)
	}
	if n.Email != "" {
		u.AddEmail(n.Email, !n.Unverified)
	}
	hash := n.Hash
	if n.Password != "" {
		hash = hashOf(t, n.Password)
	}
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error {
		if err := user.Create(u)(ctx, tx); err != nil || hash == "" {
			return err
		}
		return authpassword.Create(u.ID, hash)(ctx, tx)
	}), "make an account")
	p := &Person{Tenant: s, ID: u.ID, Email: n.Email, Username: n.Username, Password: n.Password}
	p.Give(t, n.Factors)
	return p
}

// hashes of the passwords of this process's tests, for each takes a while.
var hashes sync.Map

// hashOf hashes a password, outside of the program.
func hashOf(t testing.TB, plain string) string {
	t.Helper()
	if known, ok := hashes.Load(plain); ok {
		return known.(string)
	}
	hash, err := password.New(password.Options{}).Hash(t.Context(), "tests", plain)
	require.NoError(t, err)
	hashes.Store(plain, hash)
	return hash
}

// SignUp registers a person through the registration flow, whatever it asks for, and leaves out what may be skipped.
func (s *Tenant) SignUp(t testing.TB, email, plain string) *Person {
	t.Helper()
	p := &Person{Tenant: s, Email: email, Password: plain}
	f := s.Begin(t, "registration")
	p.Session = p.walk(t, f)
	p.ID = p.Session.UserID
	return p
}

// SignIn signs the person in, in a fresh browser.
func (p *Person) SignIn(t testing.TB) *Session {
	t.Helper()
	return p.SignInWith(t, p.Tenant.Client())
}

// SignInWith signs the person in.
func (p *Person) SignInWith(t testing.TB, c *Client) *Session {
	t.Helper()
	f := c.Flow(t, "login")
	return p.walk(t, f)
}

// On is the same person, at another address of her tenant or served by another program.
func (p *Person) On(s *Tenant) *Person {
	other := *p
	other.Tenant = s
	return &other
}

// walk answers what the flow asks for until it succeeds.
func (p *Person) walk(t testing.TB, f *Flow) *Session {
	t.Helper()
	for range 12 {
		if f.State.Name == "success" {
			return newSession(t, f)
		}
		action, inputs := p.Answer(t, f)
		s := f.Do(t, action, inputs)
		require.Equal(t, http.StatusOK, s.Status, "%s: %s", action, s.Response.Body)
	}
	t.Fatalf("the flow %s does not end, it is at %s", f.Name, f.State.Name)
	return nil
}

// Answer is what the person does in the state that the flow is in.
func (p *Person) Answer(t testing.TB, f *Flow) (string, Inputs) {
	t.Helper()
	s := f.State
	if action, inputs, ok := p.answerFactor(t, s); ok {
		return action, inputs
	}
	switch s.Name {
	case "preflight":
		return "register_client_capabilities", f.Client.Can.Inputs()
	case "registration_init":
		return "register_login_identifier", p.identifiers(s.Actions["register_login_identifier"])
	case "login_init":
		return "continue_with_login_identifier", p.identifiers(s.Actions["continue_with_login_identifier"])
	case "login_method_chooser":
		if p.Password == "" {
			return "continue_to_passcode_confirmation", nil
		}
		return "continue_to_password_login", nil
	case "login_password":
		return "password_login", Inputs{"password": p.Password}
	case "passcode_confirmation":
		return "verify_passcode", Inputs{"code": p.Tenant.CodeTo(t, p.Email)}
	case "password_creation":
		if p.Password != "" {
			return "register_password", Inputs{"new_password": p.Password}
		}
	}
	return "skip", nil
}

// identifiers fills in what an action asks for.
func (p *Person) identifiers(a Action) Inputs {
	in := Inputs{}
	for name := range a.Inputs {
		switch name {
		case "email":
			in[name] = p.Email
		case "username":
			in[name] = p.Username
		case "identifier":
			in[name] = p.Email
			if p.Email == "" {
				in[name] = p.Username
			}
		}
	}
	return in
}

// PasswordHash is how the person's password is stored, or empty.
func (p *Person) PasswordHash(t testing.TB) string {
	t.Helper()
	return p.Tenant.passwordHash(t, p.ID)
}

// claims of a success state.
type claims struct {
	Subject   uuid.UUID `json:"subject"`
	SessionID uuid.UUID `json:"session_id"`
}

func readClaims(t testing.TB, raw json.RawMessage) claims {
	t.Helper()
	var c claims
	require.NoError(t, json.Unmarshal(raw, &c), "claims: %s", raw)
	return c
}
