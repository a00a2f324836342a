package testenv

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/passwordcredential"
	"github.com/latchkeep/latchkeep/ent/scope"

	"github.com/latchkeep/latchkeep/ent"
)

// A Session that a person opened, and the browser it is in.
type Session struct {
	Client     *Client
	Token      string
	ID, UserID uuid.UUID
	// Success is the state that opened it.
	Success State
}

// newSession takes the session out of a success state: from the header or the cookie, whichever the tenant uses.
func newSession(t testing.TB, f *Flow) *Session {
	t.Helper()
	require.Equal(t, "success", f.State.Name)
	c := readClaims(t, f.State.Payload["claims"])
	s := &Session{Client: f.Client, Success: f.State, ID: c.SessionID, UserID: c.Subject}
	s.Token = f.State.Response.Header.Get("X-Auth-Token")
	if s.Token == "" {
		for _, cookie := range (&http.Response{Header: f.State.Response.Header}).Cookies() {
			if cookie.Value != "" {
				s.Token = cookie.Value
			}
		}
	}
	require.NotEmpty(t, s.Token, "a success hands over a session")
	return s
}

// OpenSession takes the session out of a flow that succeeded.
func (f *Flow) OpenSession(t testing.TB) *Session {
	t.Helper()
	return newSession(t, f)
}

// Valid reports whether a back end that looks at the session accepts it.
func (s *Session) Valid(t testing.TB) bool {
	t.Helper()
	return s.Client.Tenant.Accepts(t, s.Token)
}

// Accepts reports whether the tenant accepts a session token.
func (s *Tenant) Accepts(t testing.TB, token string) bool {
	t.Helper()
	r := s.Client().Bearer(token).Get(t, "/sessions/validate")
	require.Equal(t, http.StatusOK, r.Status)
	var body struct {
		IsValid bool `json:"is_valid"`
	}
	r.JSON(t, &body)
	return body.IsValid
}

// Validate uses the session as back ends do, and returns the answer.
func (s *Session) Validate(t testing.TB) map[string]any {
	t.Helper()
	r := s.Client.Tenant.Client().PostJSON(t, "/sessions/validate", map[string]string{"session_token": s.Token})
	require.Equal(t, http.StatusOK, r.Status)
	var body map[string]any
	r.JSON(t, &body)
	return body
}

// Logout ends the session.
func (s *Session) Logout(t testing.TB) Response {
	t.Helper()
	return s.Client.Tenant.Client().Bearer(s.Token).Send(t, http.MethodPost, "/logout", nil)
}

// passwordHash is how a person's password is stored, or empty.
func (s *Tenant) passwordHash(t testing.TB, userID uuid.UUID) string {
	t.Helper()
	row, err := s.Env.App.Store.Reader().PasswordCredential.Query().
		Where(passwordcredential.UserID(userID)).Only(scope.With(t.Context(), s.scope()))
	if ent.IsNotFound(err) {
		return ""
	}
	require.NoError(t, err)
	return row.Hash
}
