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
	for name, hash := range map[string]string{
		"argon2id":         "",
		"imported, bcrypt": bcryptHash(t, testenv.Password, 10),
	} {
		t.Run(name, func(t *testing.T) {
			shop := env.Tenant(t, "t"+name[:4], quick)
			n := testenv.NewPerson{Email: "kim@shop.example", Hash: hash}
			if hash == "" {
				n.Password = testenv.Password
			}
			shop.Person(t, n)
			shop.Person(t, testenv.NewPerson{Email: "lee@shop.example"})
			known := quickest(t, shop, "kim@shop.example")
			for _, address := range []string{"nobody@shop.example", "lee@shop.example"} {
				other := quickest(t, shop, address)
				require.Greater(t, other, known/2, "%s is told by a quick answer", address)
			}
		})
	}
}

// quickest is the shortest time that a wrong password of somebody took: how busy the machine is matters least there.
func quickest(t *testing.T, shop *testenv.Tenant, address string) time.Duration {
	t.Helper()
	f := shop.Begin(t, "login")
	f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": address})
	best := time.Hour
	for range 6 {
		start := time.Now()
		require.Equal(t, 400, f.Do(t, "password_login", testenv.Inputs{"password": "wrong"}).Status)
		best = min(best, time.Since(start))
	}
	return best
}
