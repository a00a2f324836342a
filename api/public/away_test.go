package public_test

import (
	"net/http"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// TestAway_IsSaidAsSuch has the database go away in the middle of what people do. They, and proxies, are told that it is not for good.
func TestAway_IsSaidAsSuch(t *testing.T) {
	t.Parallel()

	for _, name := range []string{dialect.Postgres, dialect.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, cut := testenv.NewWithDatabaseAway(t, name)
			tenant, unread := env.Tenant(t, "shop"), env.Tenant(t, "bank")
			p := tenant.Person(t, testenv.NewPerson{Email: "ada@shop.example", Password: testenv.Password})
			f := tenant.Begin(t, "login")
			session := p.SignIn(t)
			require.True(t, session.Valid(t))
			cut()

			refused := f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": p.Email})
			require.Equal(t, http.StatusServiceUnavailable, refused.Status, "%s", refused.Response.Body)
			require.Equal(t, technical, refused.Refusal())
			require.NotEmpty(t, refused.Response.Header.Get("Retry-After"))
			require.NotContains(t, string(refused.Response.Body), "127.0.0.1", "nothing about where the database is")

			c := tenant.Client()
			require.Equal(t, http.StatusOK, c.Get(t, "/.well-known/jwks.json").Status, "the keys are in memory")
			require.Equal(t, "login_init", c.Begin(t, "login").State.Name, "the beginning of a flow stores nothing")
			require.True(t, session.Valid(t), "a session that was looked at before")
			for _, r := range []testenv.Response{unread.Client().Get(t, "/.well-known/jwks.json"), session.Logout(t), c.Bearer(session.Token).Get(t, "/users/"+session.UserID.String())} {
				require.Equal(t, http.StatusServiceUnavailable, r.Status, "%s", r.Body)
				require.NotEmpty(t, r.Header.Get("Retry-After"))
			}
		})
	}
}
