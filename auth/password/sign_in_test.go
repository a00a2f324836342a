package password_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// quick is a tenant where a password is all it takes.
const quick = `{"email": {"use_for_authentication": false}, "mfa": {"enabled": false}, "passkey": {"enabled": false}}`

// dearHash is bcrypt at cost 12, which takes several times as long as our own hashes.
const dearHash = "$2a$12$omCnNdVrjLScSxWCcyTPuucMclStKlYSAt63ILCOe5ZWeqW7bZpLi"

func bcryptHash(t *testing.T, plain string, cost int) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(plain), cost)
	require.NoError(t, err)
	return string(hash)
}

func TestPassword_OfAnEarlierSystemCountsAndIsRehashed(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", quick)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Hash: bcryptHash(t, testenv.Password, bcrypt.MinCost)})

		f := shop.Begin(t, "login")
		f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
		before := kim.PasswordHash(t)
		require.Equal(t, 400, f.Do(t, "password_login", testenv.Inputs{"password": "wrong"}).Status)
		require.Equal(t, before, kim.PasswordHash(t), "a wrong password upgrades nothing")
		require.Equal(t, "success", f.Do(t, "password_login", testenv.Inputs{"password": testenv.Password}).Name)

		fresh := kim.PasswordHash(t)
		require.Contains(t, fresh, "$argon2id$")
		kim.Password = testenv.Password
		require.True(t, kim.SignIn(t).Valid(t))
		require.Equal(t, fresh, kim.PasswordHash(t), "once is enough")
	})
}

func TestPassword_UnknownPeopleCostTheSame(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.With("rate_limiter.enabled", "false"))
	shop := env.Tenant(t, "shop", quick)
	shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
	shop.Person(t, testenv.NewPerson{Email: "lee@shop.example"})
	took := wrongPasswords(t, shop, 6, "kim@shop.example", "nobody@shop.example", "lee@shop.example")
	require.Greater(t, took[1], took[0]/3, "a quick answer tells that there is no account")
	require.Greater(t, took[2], took[0]/3, "a quick answer tells that there is no password")

	// Where somebody still has a dearer hash, everybody unknown costs as much.
	bank := env.Tenant(t, "bank", quick)
	bank.Person(t, testenv.NewPerson{Email: "kim@bank.example", Hash: dearHash})
	require.Greater(t, wrongPasswords(t, bank, 1, "nobody@bank.example")[0], 2*took[0])
}

// wrongPasswords tries a wrong password at each account in turn, several times, and returns the shortest times: how busy the machine is
// matters least there.
func wrongPasswords(t *testing.T, shop *testenv.Tenant, rounds int, addresses ...string) []time.Duration {
	t.Helper()
	flows := make([]*testenv.Flow, len(addresses))
	best := make([]time.Duration, len(addresses))
	for i, address := range addresses {
		flows[i] = shop.Begin(t, "login")
		flows[i].Do(t, "continue_with_login_identifier", testenv.Inputs{"email": address})
		best[i] = time.Hour
	}
	for range rounds {
		for i, f := range flows {
			start := time.Now()
			require.Equal(t, 400, f.Do(t, "password_login", testenv.Inputs{"password": "wrong"}).Status)
			best[i] = min(best[i], time.Since(start))
		}
	}
	return best
}
