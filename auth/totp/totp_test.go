package totp_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/totpsecret"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/secret"
	codes "github.com/latchkeep/latchkeep/pkg/totp"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	oldSecret = "the secret of last year"
	newSecret = "the secret of this year"
	step      = 30 * time.Second
)

func room(t *testing.T, env *testenv.Env, secrets ...string) *totp.Room {
	t.Helper()
	keyring, err := secret.NewKeyring(secrets)
	require.NoError(t, err)
	return totp.NewRoom(env.App.Store, keyring)
}

func tenant(t *testing.T, shop *testenv.Tenant) *tenants.Tenant {
	t.Helper()
	found, err := shop.Env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	return found
}

// An owner is a person with an authenticator app.
type owner struct {
	*testenv.Person
	room   *totp.Room
	secret string
	at     time.Time
}

// newOwner sets up an app for a person, who has used none of its codes.
func newOwner(t *testing.T, shop *testenv.Tenant, email string, secrets ...string) *owner {
	t.Helper()
	o := &owner{
		Person: shop.Person(t, testenv.NewPerson{Email: email}),
		room:   room(t, shop.Env, secrets...),
		secret: codes.NewSecret(),
		at:     time.Unix(1795446810, 0),
	}
	require.NoError(t, shop.Change(t, o.room.Save(tenant(t, shop), uuid.New(), o.ID, o.secret, 0)))
	return o
}

// code is what her app shows some time from now.
func (o *owner) code(t *testing.T, later time.Duration) string {
	t.Helper()
	code, err := codes.Code(o.secret, o.at.Add(later))
	require.NoError(t, err)
	return code
}

func (o *owner) check(t *testing.T, code string) (totp.Verdict, store.Write) {
	t.Helper()
	verdict, write, err := o.room.Check(t.Context(), tenant(t, o.Tenant), o.ID, code, o.at)
	require.NoError(t, err)
	require.Equal(t, verdict == totp.Right, write != nil, "only a right code writes")
	return verdict, write
}

func (o *owner) row(t *testing.T) (sealed []byte, last *int64) {
	t.Helper()
	row, err := o.Tenant.Env.App.Store.Reader().TOTPSecret.Query().
		Where(totpsecret.UserID(o.ID)).Only(scope.With(t.Context(), scope.Tenant(o.Tenant.ID)))
	require.NoError(t, err)
	return row.Secret, row.LastValidatedStep
}

func TestCode_CountsOnceAndNoneBeforeItAfterwards(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		kim := newOwner(t, env.Tenant(t, "shop"), "kim@shop.example", oldSecret)
		verdict, use := kim.check(t, kim.code(t, 0))
		require.Equal(t, totp.Right, verdict)
		require.NoError(t, kim.Tenant.Change(t, use))

		for _, used := range []time.Duration{0, -step} {
			verdict, _ = kim.check(t, kim.code(t, used))
			require.Equal(t, totp.Used, verdict, used)
		}
		verdict, use = kim.check(t, kim.code(t, step))
		require.Equal(t, totp.Right, verdict, "the next one has not been used")
		require.NoError(t, kim.Tenant.Change(t, use))
		verdict, _ = kim.check(t, kim.code(t, step))
		require.Equal(t, totp.Used, verdict)
		for _, wrong := range []string{kim.code(t, 2*step), kim.code(t, -2*step), "", "12345", "1234567", "abcdef"} {
			verdict, _ = kim.check(t, wrong)
			require.Equal(t, totp.Wrong, verdict, wrong)
		}
	}, testenv.Quiet())
}

func TestCode_UsedByTwoAtOnceCountsForOne(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		kim := newOwner(t, env.Tenant(t, "shop"), "kim@shop.example", oldSecret)
		_, earlier := kim.check(t, kim.code(t, -step))
		_, first := kim.check(t, kim.code(t, 0))
		_, second := kim.check(t, kim.code(t, 0))

		require.NoError(t, kim.Tenant.Change(t, first))
		require.ErrorIs(t, kim.Tenant.Change(t, second), totp.ErrUsed)
		require.ErrorIs(t, kim.Tenant.Change(t, earlier), totp.ErrUsed)
		_, last := kim.row(t)
		require.Equal(t, codes.Step(kim.at), *last)
	}, testenv.Quiet())
}

func TestCode_OfTheSetUpIsNoLogin(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	kim := newOwner(t, env.Tenant(t, "shop"), "kim@shop.example", oldSecret)
	require.NoError(t, kim.Tenant.Change(t, totp.Delete(kim.ID)))
	matched, ok := codes.Match(kim.secret, kim.code(t, 0), kim.at)
	require.True(t, ok)
	require.NoError(t, kim.Tenant.Change(t, kim.room.Save(tenant(t, kim.Tenant), uuid.New(), kim.ID, kim.secret, matched)))

	verdict, _ := kim.check(t, kim.code(t, 0))
	require.Equal(t, totp.Used, verdict)
}

func TestCode_IsAcceptedForItsOwnerOnly(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	kim := newOwner(t, shop, "kim@shop.example", oldSecret)
	lee := newOwner(t, shop, "lee@shop.example", oldSecret)
	for what, other := range map[string]struct {
		tenant *testenv.Tenant
		user   uuid.UUID
	}{
		"another tenant":        {bank, kim.ID},
		"another person":        {shop, lee.ID},
		"somebody without one":  {shop, shop.Person(t, testenv.NewPerson{Email: "sam@shop.example"}).ID},
		"nobody":                {shop, uuid.Nil},
		"somebody not existing": {shop, uuid.New()},
	} {
		of := tenant(t, other.tenant) // loaded before the statements are counted
		sent := env.Statements(func() {
			verdict, write, err := kim.room.Check(t.Context(), of, other.user, kim.code(t, 0), kim.at)
			require.NoError(t, err)
			require.Equal(t, totp.Wrong, verdict, what)
			require.Nil(t, write)
		})
		require.Len(t, sent, 1, "%s costs as much as the owner", what)
	}
	sent := env.Statements(func() { kim.check(t, kim.code(t, 0)) })
	require.Len(t, sent, 1)
}

func TestSecret_IsSealedForItsOwner(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	kim, lee := newOwner(t, shop, "kim@shop.example", oldSecret), newOwner(t, shop, "lee@shop.example", oldSecret)
	sealed, last := kim.row(t)
	require.False(t, bytes.Contains(sealed, []byte(kim.secret)))
	require.Nil(t, last)

	// Whoever may write to the database gives Lee the secret of an app that she holds herself.
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.TOTPSecret.Update().Where(totpsecret.UserID(lee.ID)).SetSecret(sealed).Exec(ctx)
	}))
	_, write, err := kim.room.Check(t.Context(), tenant(t, shop), lee.ID, kim.code(t, 0), kim.at)
	require.ErrorIs(t, err, secret.ErrUndecryptable)
	require.Nil(t, write)

	// Or the secret of somebody in another tenant.
	bank := env.Tenant(t, "bank")
	require.NoError(t, shop.Change(t, totp.Delete(lee.ID)))
	require.NoError(t, shop.Change(t, kim.room.Save(tenant(t, bank), uuid.New(), lee.ID, kim.secret, 0)))
	_, _, err = kim.room.Check(t.Context(), tenant(t, shop), lee.ID, kim.code(t, 0), kim.at)
	require.ErrorIs(t, err, secret.ErrUndecryptable)
}

func TestSecret_SurvivesANewKeyAndIsSealedUnderIt(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	kim := newOwner(t, env.Tenant(t, "shop"), "kim@shop.example", oldSecret)
	kim.room = room(t, env, newSecret, oldSecret)
	verdict, use := kim.check(t, kim.code(t, 0))
	require.Equal(t, totp.Right, verdict)
	require.NoError(t, kim.Tenant.Change(t, use))

	kim.room = room(t, env, newSecret)
	verdict, use = kim.check(t, kim.code(t, step))
	require.Equal(t, totp.Right, verdict)
	before, _ := kim.row(t)
	require.NoError(t, kim.Tenant.Change(t, use))
	after, _ := kim.row(t)
	require.Equal(t, before, after, "it is sealed under the newest already")
}

func TestSecret_ThatIsBrokenIsNotStored(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	kim := newOwner(t, env.Tenant(t, "shop"), "kim@shop.example", oldSecret)
	lee := kim.Tenant.Person(t, testenv.NewPerson{Email: "lee@shop.example"})
	err := kim.Tenant.Change(t, kim.room.Save(tenant(t, kim.Tenant), uuid.New(), lee.ID, "not base32!", 0))
	require.ErrorIs(t, err, codes.ErrBrokenSecret)
	require.NotContains(t, err.Error(), "not base32!")
}

func TestApp_IsOneAPersonAndGoesOnce(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim, lee := newOwner(t, shop, "kim@shop.example", oldSecret), newOwner(t, shop, "lee@shop.example", oldSecret)
		again := kim.room.Save(tenant(t, shop), uuid.New(), kim.ID, codes.NewSecret(), 1)
		require.ErrorIs(t, shop.Change(t, again), totp.ErrExists)

		_, use := kim.check(t, kim.code(t, 0))
		require.NoError(t, shop.Change(t, totp.Delete(kim.ID)))
		require.ErrorIs(t, shop.Change(t, totp.Delete(kim.ID)), totp.ErrGone)
		require.ErrorIs(t, env.Tenant(t, "bank").Change(t, totp.Delete(lee.ID)), totp.ErrGone)
		require.ErrorIs(t, shop.Change(t, use), totp.ErrUsed, "a code checked before the app was removed")
		require.NoError(t, shop.Change(t, again))
		require.ErrorIs(t, shop.Change(t, use), totp.ErrUsed, "or replaced")
		verdict, _ := lee.check(t, lee.code(t, 0))
		require.Equal(t, totp.Right, verdict, "Lee keeps hers")
	}, testenv.Quiet())
}
