package upgrade

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/processes"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// binary is the program of this version, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "latchkeep-upgrade-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if binary, err = processes.Build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func TestUpgrade_PeopleOfEarlierVersionsNoticeNothing(t *testing.T) {
	t.Parallel()

	versions, err := filepath.Glob("testdata/*")
	require.NoError(t, err)
	require.NotEmpty(t, versions)
	for _, dir := range versions {
		for _, dialect := range testdb.Dialects() {
			t.Run(filepath.Base(dir)+"/"+dialect, func(t *testing.T) {
				t.Parallel()
				runs, owner := newDatabase(t, dialect)
				f, dump := readFixture(t, dir, dialect)
				restore(t, dialect, owner, dump)
				p := newProgram(t, binary, runs.Raw(), owner.Raw())

				p.must(t, "migrate", "up")
				p.must(t, "migrate", "validate")
				p.must(t, "doctor")
				p.must(t, "audit", "verify", "--all-tenants")
				stop := p.serve(t)
				requireNothingLost(t, p, f)
				stop()
				p.must(t, "audit", "verify", "--all-tenants")
				p.must(t, "doctor")
			})
		}
	}
}

// requireNothingLost looks at a program that serves the fixture's database, as its people and its back end do.
func requireNothingLost(t *testing.T, p *program, f fixture) {
	t.Helper()
	shop := testenv.Elsewhere(t, p.public, f.Slug, f.Tenant)

	require.True(t, shop.Accepts(t, f.Session), "a session of before is good")
	kim := f.Kim.at(shop).SignIn(t)
	require.Equal(t, f.Kim.ID, kim.UserID)
	require.True(t, kim.Valid(t))
	require.Equal(t, "login_password", withAnotherPassword(t, shop, f.Kim).Name)

	pat := f.Pat.at(shop)
	pat.Device = device(shop)
	pat.Device.Put(f.Passkey)
	require.Equal(t, f.Pat.ID, byPasskey(t, pat).UserID)

	ann := f.Ann.at(shop)
	ann.App = &testenv.App{Secret: f.App}
	require.Equal(t, f.Ann.ID, ann.SignIn(t).UserID, "with a code of her app")
	without := f.Ann.at(shop).Tenant.Begin(t, "login")
	require.Equal(t, "login_otp", signInAsFarAs(t, f.Ann.at(shop), without, "login_otp"))

	var people []struct{ ID uuid.UUID }
	require.NoError(t, json.Unmarshal(p.call(t, f, "GET", "/users", ""), &people))
	require.Len(t, people, 3)
	var hooks struct{ Database []struct{ ID uuid.UUID } }
	require.NoError(t, json.Unmarshal(p.call(t, f, "GET", "/webhooks", ""), &hooks))
	require.Len(t, hooks.Database, 1)
	require.Equal(t, f.Webhook, hooks.Database[0].ID)
	var told []struct{ Type string }
	require.Eventually(t, func() bool {
		return json.Unmarshal(p.call(t, f, "GET", "/audit_logs?per_page=1000", ""), &told) == nil && count(told, "user_logged_in", "login_success") >= 3
	}, patience, 100*time.Millisecond, "the audit log goes on")
}

func count(records []struct{ Type string }, types ...string) int {
	n := 0
	for _, r := range records {
		for _, kind := range types {
			if r.Type == kind {
				n++
			}
		}
	}
	return n
}

func (n person) at(s *testenv.Tenant) *testenv.Person {
	return &testenv.Person{Tenant: s, ID: n.ID, Email: n.Email, Password: n.Password}
}

// device is an authenticator on a page of the tenant.
func device(s *testenv.Tenant) *authenticator.Authenticator {
	return authenticator.New(s.URL(), authenticator.Synced())
}

// byPasskey signs in without a name.
func byPasskey(t testing.TB, p *testenv.Person) *testenv.Session {
	t.Helper()
	c := p.Tenant.Client()
	c.Can = testenv.Capabilities{WebAuthn: true, Platform: true}
	f := c.Begin(t, "login")
	s := f.Do(t, "webauthn_generate_request_options")
	f.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{"assertion_response": p.Device.Get(t, s.Payload["request_options"])})
	require.Equal(t, "success", f.State.Name, "%s", f.State.Response.Body)
	return f.OpenSession(t)
}

// signInAsFarAs answers what the flow asks for until it is somewhere.
func signInAsFarAs(t testing.TB, p *testenv.Person, f *testenv.Flow, state string) string {
	t.Helper()
	for range 6 {
		if f.State.Name == state {
			break
		}
		action, inputs := p.Answer(t, f)
		f.Do(t, action, inputs)
	}
	return f.State.Name
}

func withAnotherPassword(t testing.TB, shop *testenv.Tenant, n person) testenv.State {
	t.Helper()
	n.Password += "!"
	f := shop.Begin(t, "login")
	require.Equal(t, "login_password", signInAsFarAs(t, n.at(shop), f, "login_password"))
	return f.Do(t, "password_login", testenv.Inputs{"password": n.Password})
}
