package passcode_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passcode"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

func room(t *testing.T, env *testenv.Env, secrets ...string) *passcode.Room {
	t.Helper()
	keyring, err := secret.NewKeyring(secrets)
	require.NoError(t, err)
	return passcode.NewRoom(env.App.Store, keyring)
}

func tenant(t *testing.T, shop *testenv.Tenant) *tenants.Tenant {
	t.Helper()
	found, err := shop.Env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	return found
}

// aFlow is a flow's id and the binding of a code mailed in it.
func aBinding() passcode.Binding {
	return passcode.Binding{FlowID: uuid.Must(uuid.NewV7()), Purpose: "login", Address: "kim@shop.example"}
}

const (
	oldSecret = "the secret of last year"
	newSecret = "the secret of this year"
)

func TestPasscode_SurvivesANewSecretAndNoOther(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		b, now := aBinding(), time.Now().UTC().Truncate(time.Microsecond)
		p, err := room(t, env, oldSecret).New(tenant(t, shop), b, now)
		require.NoError(t, err)
		require.NoError(t, shop.Change(t, p.Save))

		verdict, _, err := room(t, env, newSecret, oldSecret).Verify(t.Context(), tenant(t, shop), p.ID, b, p.Code, now)
		require.NoError(t, err)
		require.Equal(t, passcode.Right, verdict)
		verdict, _, err = room(t, env, newSecret).Verify(t.Context(), tenant(t, shop), p.ID, b, p.Code, now)
		require.NoError(t, err)
		require.Equal(t, passcode.Wrong, verdict)
	}, testenv.Quiet())
}

func TestPasscode_IsGoodForOneBindingOnly(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	r := room(t, env, oldSecret)
	b, now := aBinding(), time.Now().UTC().Truncate(time.Microsecond)
	p, err := r.New(tenant(t, shop), b, now)
	require.NoError(t, err)
	require.NoError(t, shop.Change(t, p.Save))
	for what, other := range map[string]func(b *passcode.Binding, at *time.Time, of *testenv.Tenant){
		"another flow":    func(b *passcode.Binding, _ *time.Time, _ *testenv.Tenant) { b.FlowID = uuid.New() },
		"another purpose": func(b *passcode.Binding, _ *time.Time, _ *testenv.Tenant) { b.Purpose = "recovery" },
		"another address": func(b *passcode.Binding, _ *time.Time, _ *testenv.Tenant) { b.Address = "lee@shop.example" },
		"too late":        func(_ *passcode.Binding, at *time.Time, _ *testenv.Tenant) { *at = p.ValidUntil },
		"another tenant":  func(_ *passcode.Binding, _ *time.Time, of *testenv.Tenant) { *of = *bank },
	} {
		binding, at, of := b, now, *shop
		other(&binding, &at, &of)
		verdict, write, err := r.Verify(t.Context(), tenant(t, &of), p.ID, binding, p.Code, at)
		require.NoError(t, err)
		require.Equal(t, passcode.Wrong, verdict, what)
		require.Nil(t, write, "%s: it is no try", what)
		usable, err := r.Usable(t.Context(), tenant(t, &of), p.ID, binding, at)
		require.NoError(t, err)
		require.False(t, usable, what)
	}
	usable, err := r.Usable(t.Context(), tenant(t, shop), p.ID, b, now)
	require.NoError(t, err)
	require.True(t, usable)
}

// TestPasscode_IsWorthNothingWhereItsRowWasMoved: the code is bound to its tenant, not the row alone.
func TestPasscode_IsWorthNothingWhereItsRowWasMoved(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	r := room(t, env, oldSecret)
	b, now := aBinding(), time.Now().UTC().Truncate(time.Microsecond)
	p, err := r.New(tenant(t, shop), b, now)
	require.NoError(t, err)
	require.NoError(t, bank.Change(t, p.Save))
	verdict, _, err := r.Verify(t.Context(), tenant(t, bank), p.ID, b, p.Code, now)
	require.NoError(t, err)
	require.Equal(t, passcode.Wrong, verdict)
}

func TestPasscode_IsNotInTheDatabase(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	b := aBinding()
	p, err := room(t, env, oldSecret).New(tenant(t, shop), b, time.Now().UTC().Truncate(time.Microsecond))
	require.NoError(t, err)
	require.NoError(t, shop.Change(t, p.Save))
	row, err := env.App.Store.Reader().Passcode.Get(scope.With(t.Context(), scope.Tenant(shop.ID)), p.ID)
	require.NoError(t, err)
	require.Len(t, row.CodeMAC, 32)
	require.NotContains(t, string(row.CodeMAC), p.Code)
}

func TestPasscode_CharactersAreEasilyRead(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	for charset, pattern := range map[string]string{
		"numeric":      `^[0-9]{6}$`,
		"alphanumeric": `^[2-9A-HJ-NP-Za-km-z]{6}$`,
	} {
		shop := env.Tenant(t, charset, `{"email": {"passcode_charset": "`+charset+`"}}`)
		r := room(t, env, oldSecret)
		seen, all := map[string]bool{}, ""
		for range 300 {
			p, err := r.New(tenant(t, shop), aBinding(), time.Now())
			require.NoError(t, err)
			require.Regexp(t, regexp.MustCompile(pattern), p.Code)
			seen[p.Code] = true
			all += p.Code
		}
		require.Greater(t, len(seen), 290, "codes do not repeat")
		if charset == "numeric" {
			require.True(t, strings.Contains(all, "0") && strings.Contains(all, "9"))
		}
	}
}
