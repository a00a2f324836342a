package timing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/internal/timing"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// A pair is requests that must not be told apart; the first arm is what the others are compared with.
type pair struct {
	name   string
	server string
	status int
	hashes int
	arms   func(t testing.TB, s *stage) []timing.Arm
}

// A stage is a running program, with the people whom pairs are about.
type stage struct {
	env   *testenv.Env
	shop  *testenv.Tenant
	bank  *testenv.Tenant
	fresh int // for addresses that nobody had before
}

// Addresses of people: their names say what they have.
const (
	withPassword    = "with-password@shop.example"
	withoutPassword = "only-a-mailbox@shop.example"
	blocked         = "blocked-person@shop.example"
)

func newStage(t testing.TB, options ...testenv.Option) *stage {
	t.Helper()
	s := &stage{env: testenv.OnSQLite(t, append(options, testenv.Quiet())...)}
	s.shop, s.bank = s.env.Tenant(t, "shop"), s.env.Tenant(t, "bank")
	s.shop.Person(t, testenv.NewPerson{Email: withPassword, Password: testenv.Password})
	s.shop.Person(t, testenv.NewPerson{Email: withoutPassword})
	p := s.shop.Person(t, testenv.NewPerson{Email: blocked, Password: testenv.Password})
	r := s.shop.Admin(t).Do(t, http.MethodPost, "/users/"+p.ID.String()+"/block", "{}")
	require.Less(t, r.Status, 300, "%s", r.Body)
	return s
}

// hashes says how many passwords the server has hashed so far, as its metrics do.
func (s *stage) hashes(t testing.TB) func() int {
	counted := regexp.MustCompile(`(?m)^latchkeep_password_hashes_total (\S+)$`)
	return func() int {
		w := httptest.NewRecorder()
		s.env.App.Ops().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		found := counted.FindSubmatch(w.Body.Bytes())
		require.NotNil(t, found, "%s", w.Body)
		n, err := strconv.ParseFloat(string(found[1]), 64) // as Prometheus writes numbers
		require.NoError(t, err)
		return int(n)
	}
}

// nobody is an address as long as the others that nobody ever used.
func (s *stage) nobody() string {
	s.fresh++
	return fmt.Sprintf("nobody-%08d@shop.example", s.fresh)
}

// post is the request of an action, for the server itself.
func (s *stage) post(f *testenv.Flow, action string, inputs testenv.Inputs) *http.Request {
	body, err := json.Marshal(map[string]any{"input_data": inputs, "csrf_token": f.State.CSRFToken})
	if err != nil {
		panic(err) // inputs are texts
	}
	r := httptest.NewRequest(http.MethodPost, s.shop.URL()+f.State.Actions[action].Href, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Language", "en")
	return r
}

// at walks a login up to where an action is offered.
func (s *stage) at(t testing.TB, email string, actions ...string) *testenv.Flow {
	t.Helper()
	f := s.shop.Begin(t, "login")
	f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": email})
	for _, action := range actions {
		f.Do(t, action)
	}
	return f
}

// to makes the arms of the people by what is asked of each.
func to(people map[string]func() string, order []string, ask func(email string) *http.Request) []timing.Arm {
	var arms []timing.Arm
	for _, name := range order {
		arms = append(arms, timing.Arm{Name: name, Prepare: func() *http.Request { return ask(people[name]()) }})
	}
	return arms
}

// people as attackers tell them apart.
func (s *stage) people() map[string]func() string {
	always := func(email string) func() string { return func() string { return email } }
	return map[string]func() string{
		"unknown": s.nobody, "known": always(withPassword), "without a password": always(withoutPassword), "blocked": always(blocked),
	}
}

// everybody is the order in which most pairs have them.
var everybody = []string{"unknown", "known", "without a password", "blocked"}

func pairs() []pair {
	return []pair{
		{name: "sign-in by address: who is it", server: "public", status: 200, arms: func(t testing.TB, s *stage) []timing.Arm {
			return to(s.people(), everybody, func(email string) *http.Request {
				return s.post(s.shop.Begin(t, "login"), "continue_with_login_identifier", testenv.Inputs{"email": email})
			})
		}},
		{name: "sign-in by password: a wrong one", server: "public", status: 400, hashes: 1, arms: func(t testing.TB, s *stage) []timing.Arm {
			return to(s.people(), everybody, func(email string) *http.Request {
				return s.post(s.at(t, email, "continue_to_password_login"), "password_login", testenv.Inputs{"password": "a wrong password"})
			})
		}},
		{name: "a code by mail: asking for it", server: "public", status: 200, arms: func(t testing.TB, s *stage) []timing.Arm {
			return to(s.people(), everybody, func(email string) *http.Request {
				return s.post(s.at(t, email), "continue_to_passcode_confirmation", nil)
			})
		}},
		{name: "a code by mail: another one", server: "public", status: 200, arms: func(t testing.TB, s *stage) []timing.Arm {
			return to(s.people(), everybody, func(email string) *http.Request {
				return s.post(s.at(t, email, "continue_to_passcode_confirmation"), "resend_passcode", nil)
			})
		}},
		{name: "a code by mail: a wrong one", server: "public", status: 400, arms: func(t testing.TB, s *stage) []timing.Arm {
			return to(s.people(), everybody, func(email string) *http.Request {
				return s.post(s.at(t, email, "continue_to_passcode_confirmation"), "verify_passcode", testenv.Inputs{"code": "xxxxxx"})
			})
		}},
		{name: "a forgotten password", server: "public", status: 200, arms: func(t testing.TB, s *stage) []timing.Arm {
			return to(s.people(), everybody, func(email string) *http.Request {
				return s.post(s.at(t, email, "continue_to_password_login"), "continue_to_passcode_confirmation_recovery", nil)
			})
		}},
		{name: "registration: an address", server: "public", status: 200, arms: func(t testing.TB, s *stage) []timing.Arm {
			return to(s.people(), everybody, func(email string) *http.Request {
				return s.post(s.shop.Begin(t, "registration"), "register_login_identifier", testenv.Inputs{"email": email})
			})
		}},
		{name: "registration: a wrong code", server: "public", status: 400, arms: func(t testing.TB, s *stage) []timing.Arm {
			return to(s.people(), everybody, func(email string) *http.Request {
				f := s.shop.Begin(t, "registration")
				f.Do(t, "register_login_identifier", testenv.Inputs{"email": email})
				return s.post(f, "verify_passcode", testenv.Inputs{"code": "xxxxxx"})
			})
		}},
		{name: "sign-in by passkey: one that proves nothing", server: "public", status: 401, arms: passkeys},
		{name: "a session's token that is not the tenant's", server: "public", status: 200, arms: sessions},
		{name: "admin API: a wrong key", server: "admin", status: 401, arms: adminKeys},
		{name: "console: a wrong token", server: "console", status: 401, arms: consoleTokens},
	}
}

// passkeys are one of an account with a signature that is not its own, and one of an account that there is no more.
func passkeys(t testing.TB, s *stage) []timing.Arm {
	t.Helper()
	known := s.shop.Person(t, testenv.NewPerson{Email: "with-passkey@shop.example", Factors: testenv.Factors{Passkey: true}})
	gone := s.shop.Person(t, testenv.NewPerson{Email: "gone@shop.example", Factors: testenv.Factors{Passkey: true}})
	require.Equal(t, http.StatusNoContent, s.shop.Admin(t).Do(t, http.MethodDelete, "/users/"+gone.ID.String(), nil).Status)
	arm := func(name string, p *testenv.Person) timing.Arm {
		return timing.Arm{Name: name, Prepare: func() *http.Request {
			c := s.shop.Client()
			c.Can = testenv.Capabilities{WebAuthn: true}
			f := c.Begin(t, "login")
			f.Do(t, "webauthn_generate_request_options")
			answer := p.Device.Get(t, f.State.Payload["request_options"], authenticator.BadSignature())
			return s.post(f, "webauthn_verify_assertion_response", testenv.Inputs{"assertion_response": answer})
		}}
	}
	return []timing.Arm{arm("unknown", gone), arm("known", known)}
}

// sessions are tokens that no key of the tenant signed: another tenant's, and nobody's.
func sessions(t testing.TB, s *stage) []timing.Arm {
	t.Helper()
	p := s.bank.Person(t, testenv.NewPerson{Email: "kim@bank.example"})
	foreign := p.SignedIn(t, s.bank.Client(), 0).Token
	key, err := jose.Generate(jose.ES256)
	require.NoError(t, err)
	forged, err := key.Sign("JWT", map[string]any{
		"sub": p.ID.String(), "session_id": uuid.NewString(), "iat": 1795446810, "exp": 4102444800, "aud": []string{"tests"},
	})
	require.NoError(t, err)
	arm := func(name, token string) timing.Arm {
		return timing.Arm{Name: name, Prepare: func() *http.Request {
			r := httptest.NewRequest(http.MethodGet, s.shop.URL()+"/sessions/validate", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			return r
		}}
	}
	return []timing.Arm{arm("nobody's", forged), arm("another tenant's", foreign)}
}

// adminKeys are keys that open nothing: one that there never was, one that was revoked, one of another tenant.
func adminKeys(t testing.TB, s *stage) []timing.Arm {
	t.Helper()
	never := func() string {
		plain, _ := secret.NewToken(tenants.APIKeyPrefix)
		return plain
	}
	row, revoked, err := s.env.App.APIKeys.Create(t.Context(), tenants.BySystem, nil, s.shop.ID, tenants.NewToken{Name: "revoked"})
	require.NoError(t, err)
	require.NoError(t, s.env.App.APIKeys.Revoke(t.Context(), tenants.BySystem, s.shop.ID, row.ID))
	arm := func(name string, key func() string) timing.Arm {
		return timing.Arm{Name: name, Prepare: func() *http.Request {
			r := httptest.NewRequest(http.MethodGet, "http://admin.test/"+s.shop.ID.String()+"/users", nil)
			r.Header.Set("Authorization", "Bearer "+key())
			return r
		}}
	}
	return []timing.Arm{arm("never one", never), arm("revoked", func() string { return revoked })}
}

// consoleTokens are the same for operators.
func consoleTokens(t testing.TB, s *stage) []timing.Arm {
	t.Helper()
	row, revoked, err := s.env.App.OperatorTokens.Create(t.Context(), tenants.ByCLI, nil, tenants.NewOperatorToken{
		NewToken: tenants.NewToken{Name: "revoked", Scopes: []string{tenants.AllScopes}},
	})
	require.NoError(t, err)
	require.NoError(t, s.env.App.OperatorTokens.Revoke(t.Context(), tenants.ByCLI, nil, row.ID))
	arm := func(name string, token func() string) timing.Arm {
		return timing.Arm{Name: name, Prepare: func() *http.Request {
			r := httptest.NewRequest(http.MethodGet, "http://console.test/v1/tenants", nil)
			r.Header.Set("Authorization", "Bearer "+token())
			return r
		}}
	}
	never := func() string {
		plain, _ := secret.NewToken(tenants.OperatorTokenPrefix)
		return plain
	}
	return []timing.Arm{arm("never one", never), arm("revoked", func() string { return revoked })}
}
