package operator_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func each(t *testing.T, run func(t *testing.T, env *testenv.Env)) {
	t.Helper()
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, testenv.New(t, name))
		})
	}
}

func invite(t *testing.T, env *testenv.Env, email string, grants ...operator.Grant) (*operator.Operator, string) {
	t.Helper()
	o, token, err := env.App.Operators.Invite(t.Context(), tenants.ByCLI, nil, operator.Invitation{Email: email, Grants: grants})
	require.NoError(t, err)
	return o, token
}

// join uses an invitation, and gives a client with the session.
func join(t *testing.T, env *testenv.Env, token string) auth.Client {
	t.Helper()
	issued, err := env.App.Operators.Join(t.Context(), auth.Client{}, token)
	require.NoError(t, err)
	return auth.Client{Tokens: []string{issued.Token}}
}

func TestInvitation_WorksOnce(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env) {
		invited, token := invite(t, env, "Kim@Example.com", operator.Grant{Role: operator.Owner})
		require.Equal(t, "kim@example.com", invited.Email)
		joined, err := env.App.Operators.Joined(t.Context())
		require.NoError(t, err)
		require.False(t, joined)

		var mu sync.Mutex
		var clients []auth.Client
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				issued, err := env.App.Operators.Join(t.Context(), auth.Client{}, token)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					clients = append(clients, auth.Client{Tokens: []string{issued.Token}})
				} else {
					require.ErrorIs(t, err, operator.ErrInvitation)
				}
			})
		}
		all.Wait()
		require.Len(t, clients, 1, "of many at once one joins")
		o, _, err := env.App.Operators.SignedIn(t.Context(), clients[0])
		require.NoError(t, err)
		require.Equal(t, "kim@example.com", o.Email)
		require.NotNil(t, o.UserID)
		for _, bad := range []string{token, "", "lki_x", "lko_" + token[4:]} {
			_, err := env.App.Operators.Join(t.Context(), auth.Client{}, bad)
			require.ErrorIs(t, err, operator.ErrInvitation)
		}
		_, _, err = env.App.Operators.Invite(t.Context(), tenants.ByCLI, nil, operator.Invitation{Email: "kim@example.com", Grants: []operator.Grant{{Role: operator.Admin}}})
		require.ErrorIs(t, err, operator.ErrExists)

		again, back, err := env.App.Operators.InviteOrAgain(t.Context(), tenants.ByCLI, operator.Invitation{Email: "kim@example.com", Grants: []operator.Grant{{Role: operator.ReadOnly}}})
		require.NoError(t, err)
		require.Equal(t, operator.Owner, again.Grants[0].Role, "her role stays")
		same, _, err := env.App.Operators.SignedIn(t.Context(), join(t, env, back))
		require.NoError(t, err)
		require.Equal(t, o.UserID, same.UserID, "she is who she was")
	})
}

func TestInvitation_Ends(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	o, first := invite(t, env, "kim@example.com", operator.Grant{Role: operator.Admin})
	_, second, err := env.App.Operators.InviteAgain(t.Context(), tenants.ByCLI, nil, o.ID)
	require.NoError(t, err)
	_, err = env.App.Operators.Invited(t.Context(), first)
	require.ErrorIs(t, err, operator.ErrInvitation, "a new link ends the one before")
	later := operator.NewRoom(operator.Needs{
		Store: env.App.Store, Registry: env.App.Registry, Users: env.App.Users, Sessions: env.App.Sessions, Now: func() time.Time { return time.Now().Add(operator.InvitationTime + time.Minute) },
	})
	_, err = later.Invited(t.Context(), second)
	require.ErrorIs(t, err, operator.ErrInvitation, "three days are over")
	disabled := true
	_, err = env.App.Operators.Change(t.Context(), tenants.ByCLI, nil, o.ID, operator.Change{Disabled: &disabled})
	require.NoError(t, err)
	_, err = env.App.Operators.Join(t.Context(), auth.Client{}, second)
	require.ErrorIs(t, err, operator.ErrInvitation)
}

func TestOperators_GiveAndTakeNoMoreThanTheyHave(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env) {
		shop, other := uuid.New(), uuid.New()
		owner, _ := invite(t, env, "owner@example.com", operator.Grant{Role: operator.Owner})
		local, _ := invite(t, env, "local@example.com", operator.Grant{Role: operator.Owner, Tenants: []uuid.UUID{shop}})
		admin, _ := invite(t, env, "admin@example.com", operator.Grant{Role: operator.Admin})
		for name, try := range map[string]struct {
			by     *operator.Operator
			grants []operator.Grant
			fine   bool
		}{
			"an owner makes owners":                       {owner, []operator.Grant{{Role: operator.Owner}}, true},
			"one of a tenant makes owners of it":          {local, []operator.Grant{{Role: operator.Owner, Tenants: []uuid.UUID{shop}}}, true},
			"one of a tenant makes none of another":       {local, []operator.Grant{{Role: operator.ReadOnly, Tenants: []uuid.UUID{other}}}, false},
			"one of a tenant makes none of everywhere":    {local, []operator.Grant{{Role: operator.ReadOnly}}, false},
			"an admin makes no owners":                    {admin, []operator.Grant{{Role: operator.Owner}}, false},
			"an admin makes no owners of a single tenant": {admin, []operator.Grant{{Role: operator.Owner, Tenants: []uuid.UUID{shop}}}, false},
		} {
			made, _, err := env.App.Operators.Invite(t.Context(), try.by.Actor(), try.by.Principal(), operator.Invitation{Email: uuid.NewString() + "@example.com", Grants: try.grants})
			if !try.fine {
				require.ErrorIs(t, err, operator.ErrExceeded, name)
				continue
			}
			require.NoError(t, err, name)
			_, err = env.App.Operators.Change(t.Context(), admin.Actor(), admin.Principal(), made.ID, operator.Change{Grants: []operator.Grant{{Role: operator.ReadOnly}}})
			require.ErrorIs(t, err, operator.ErrExceeded, "nobody takes away what she has not")
		}
	})
}

func TestOperators_TheLastOwnerStays(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env) {
		kim, token := invite(t, env, "kim@example.com", operator.Grant{Role: operator.Owner})
		join(t, env, token)
		sam, token := invite(t, env, "sam@example.com", operator.Grant{Role: operator.Owner})
		disabled, enabled := true, false
		less := []operator.Grant{{Role: operator.Admin}}
		for _, change := range []operator.Change{{Disabled: &disabled}, {Grants: less}, {Grants: []operator.Grant{{Role: operator.Owner, Tenants: []uuid.UUID{uuid.New()}}}}} {
			_, err := env.App.Operators.Change(t.Context(), tenants.ByCLI, nil, kim.ID, change)
			require.ErrorIs(t, err, operator.ErrLastOwner, "who has not joined is no owner yet")
		}
		join(t, env, token)
		var all sync.WaitGroup
		failed := make(chan error, 2)
		for _, id := range []uuid.UUID{kim.ID, sam.ID} {
			all.Go(func() {
				_, err := env.App.Operators.Change(t.Context(), tenants.ByCLI, nil, id, operator.Change{Disabled: &disabled})
				failed <- err
			})
		}
		all.Wait()
		first, second := <-failed, <-failed
		if first == nil {
			first, second = second, first
		}
		require.ErrorIs(t, first, operator.ErrLastOwner, "of two who go at once one stays")
		require.NoError(t, second)
		for _, id := range []uuid.UUID{kim.ID, sam.ID} {
			_, err := env.App.Operators.Change(t.Context(), tenants.ByCLI, nil, id, operator.Change{Disabled: &enabled})
			require.NoError(t, err)
		}
	})
}

func TestOperators_WhoIsOutIsOutAtOnce(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env) {
		_, token := invite(t, env, "owner@example.com", operator.Grant{Role: operator.Owner})
		join(t, env, token)
		_, token = invite(t, env, "kim@example.com", operator.Grant{Role: operator.Admin})
		client := join(t, env, token)
		kim, _, err := env.App.Operators.SignedIn(t.Context(), client)
		require.NoError(t, err)
		_, plain, err := env.App.OperatorTokens.Create(t.Context(), kim.Actor(), kim.Principal(), tenants.NewOperatorToken{
			NewToken: tenants.NewToken{Name: "ci", Scopes: []string{tenants.TenantsRead, tenants.TenantsWrite}},
		})
		require.NoError(t, err)
		tenant := uuid.New()
		who, err := env.App.OperatorTokens.Principal(t.Context(), plain)
		require.NoError(t, err)
		require.True(t, who.May(tenants.TenantsWrite, tenant))
		require.False(t, who.May(tenants.UsersRead, tenant), "the token has fewer scopes than she")

		_, err = env.App.Operators.Change(t.Context(), tenants.ByCLI, nil, kim.ID, operator.Change{Grants: []operator.Grant{{Role: operator.ReadOnly}}})
		require.NoError(t, err)
		who, err = env.App.OperatorTokens.Principal(t.Context(), plain)
		require.NoError(t, err)
		require.True(t, who.May(tenants.TenantsRead, tenant))
		require.False(t, who.May(tenants.TenantsWrite, tenant), "her token can do no more than she")

		disabled := true
		_, err = env.App.Operators.Change(t.Context(), tenants.ByCLI, nil, kim.ID, operator.Change{Disabled: &disabled})
		require.NoError(t, err)
		_, _, err = env.App.Operators.SignedIn(t.Context(), client)
		require.ErrorIs(t, err, tenants.ErrBadToken)
		_, err = env.App.OperatorTokens.Principal(t.Context(), plain)
		require.ErrorIs(t, err, tenants.ErrBadToken)
	})
}

// A session that somebody stole must not be good again where its owner is let in again.
func TestOperators_SessionsEndWhereOneIsDisabled(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env) {
		_, token := invite(t, env, "owner@example.com", operator.Grant{Role: operator.Owner})
		owner := join(t, env, token)
		_, token = invite(t, env, "kim@example.com", operator.Grant{Role: operator.Admin})
		client := join(t, env, token)
		kim, _, err := env.App.Operators.SignedIn(t.Context(), client)
		require.NoError(t, err)
		account := func() int { // what the page of her account asks for
			r := httptest.NewRequest(http.MethodGet, "http://localhost:8002/console/auth/me", nil)
			r.AddCookie(&http.Cookie{Name: "latchkeep_console", Value: client.Tokens[0]})
			answer := httptest.NewRecorder()
			env.App.Console().ServeHTTP(answer, r)
			return answer.Code
		}
		blocked := func() bool {
			system, err := env.App.Registry.ByID(t.Context(), tenants.SystemID)
			require.NoError(t, err)
			person, err := env.App.Management.Get(t.Context(), system, *kim.UserID)
			require.NoError(t, err)
			return person.BlockedAt != nil
		}
		change := func(disabled bool) {
			_, err := env.App.Operators.Change(t.Context(), tenants.ByCLI, nil, kim.ID, operator.Change{Disabled: &disabled})
			require.NoError(t, err)
		}
		require.Equal(t, http.StatusOK, account())

		change(true)
		require.Equal(t, http.StatusUnauthorized, account())
		require.True(t, blocked(), "she cannot sign in")
		_, _, err = env.App.Operators.SignedIn(t.Context(), owner)
		require.NoError(t, err, "nobody else is out")

		change(false)
		require.False(t, blocked())
		require.Equal(t, http.StatusUnauthorized, account())
		_, _, err = env.App.Operators.SignedIn(t.Context(), client)
		require.ErrorIs(t, err, tenants.ErrBadToken)
		_, back, err := env.App.Operators.InviteAgain(t.Context(), tenants.ByCLI, nil, kim.ID)
		require.NoError(t, err)
		_, _, err = env.App.Operators.SignedIn(t.Context(), join(t, env, back))
		require.NoError(t, err)
	})
}

// TestOperatorsTenant_IsServedByTheConsoleAlone asks for it wherever tenants are asked for.
func TestOperatorsTenant_IsServedByTheConsoleAlone(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	list, err := env.App.Provisioner.List(t.Context(), tenants.Filter{Page: 1, PerPage: 100})
	require.NoError(t, err)
	for _, r := range list.Items {
		require.NotEqual(t, tenants.SystemID, r.ID, "lists do not have it")
	}
	require.False(t, operator.Admin.Scopes().Allow(tenants.OperatorsWrite))
	admin, _ := invite(t, env, "admin@example.com", operator.Grant{Role: operator.Admin})
	require.False(t, admin.Principal().May(tenants.TenantsRead, tenants.SystemID), "only owners look after it")
	owner, _ := invite(t, env, "owner@example.com", operator.Grant{Role: operator.Owner})
	require.True(t, owner.Principal().May(tenants.TenantsWrite, tenants.SystemID))

	public := httptest.NewRecorder()
	env.App.Public().ServeHTTP(public, httptest.NewRequest(http.MethodGet, "http://localhost:8000/"+tenants.SystemID.String()+"/.well-known/jwks.json", nil))
	require.Equal(t, http.StatusNotFound, public.Code, "no path of the public server leads to it")
	console := httptest.NewRecorder()
	env.App.Console().ServeHTTP(console, httptest.NewRequest(http.MethodGet, "http://localhost:8002/console/auth/.well-known/jwks.json", nil))
	require.Equal(t, http.StatusOK, console.Code, "the console does")
	_, _, err = env.App.APIKeys.Create(t.Context(), tenants.ByCLI, nil, tenants.SystemID, tenants.NewToken{Name: "back door"})
	require.ErrorContains(t, err, "has no admin API")
	for _, status := range []tenants.Status{tenants.StatusSuspended, tenants.StatusReadOnly} {
		_, err = env.App.Provisioner.SetStatus(t.Context(), owner.Actor(), tenants.SystemID, status, "")
		require.ErrorContains(t, err, "could not sign in", "nobody locks all operators out")
	}
}
