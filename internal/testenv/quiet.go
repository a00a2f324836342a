package testenv

import (
	"net/http/httptest"
	"testing"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

// Keyring is what the program seals with, for what lies in its database and no API shows.
func (e *Env) Keyring() *secret.Keyring { return e.keyring }

// Operators serves the console of an Env that is Quiet, and returns a program of operators that sends the token. It ends with the test.
func (e *Env) Operators(t testing.TB, token string) *Admin {
	t.Helper()
	if e.console == "" {
		server := httptest.NewServer(e.App.Console())
		t.Cleanup(server.Close)
		e.console = server.Listener.Addr().String()
	}
	a := &Admin{Base: "http://" + e.console, Header: map[string][]string{}}
	return a.With("Authorization", "Bearer "+token)
}
