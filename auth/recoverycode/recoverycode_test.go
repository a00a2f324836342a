package recoverycode_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	oldSecret = "the secret of last year"
	newSecret = "the secret of this year"
)

func room(t *testing.T, env *testenv.Env, secrets ...string) *recoverycode.Room {
	t.Helper()
	keyring, err := secret.NewKeyring(secrets)
	require.NoError(t, err)
	return recoverycode.NewRoom(env.App.Store, keyring)
}

func tenant(t *testing.T, shop *testenv.Tenant) *tenants.Tenant {
	t.Helper()
	found, err := shop.Env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	return found
}

func person(t *testing.T, shop *testenv.Tenant, name string) uuid.UUID {
	t.Helper()
	return shop.Person(t, testenv.NewPerson{Email: name + "@shop.example"}).ID
}

// give gives a person new codes.
func give(t *testing.T, r *recoverycode.Room, shop *testenv.Tenant, user uuid.UUID) []string {
	t.Helper()
	codes, hashes := r.New(tenant(t, shop), user)
	require.NoError(t, shop.Change(t, recoverycode.Replace(user, hashes)))
	return codes
}

func check(t *testing.T, r *recoverycode.Room, shop *testenv.Tenant, user uuid.UUID, code string) (bool, store.Write) {
	t.Helper()
	ok, write, err := r.Check(t.Context(), tenant(t, shop), user, code)
	require.NoError(t, err)
	require.Equal(t, ok, write != nil)
	return ok, write
}

func TestCodes_CountOnceEach(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		r, kim := room(t, env, oldSecret), person(t, shop, "kim")
		codes := give(t, r, shop, kim)
		require.Len(t, codes, recoverycode.Count)
		for _, code := range codes {
			ok, use := check(t, r, shop, kim, code)
			require.True(t, ok, code)
			require.NoError(t, shop.Change(t, use))
			ok, _ = check(t, r, shop, kim, code)
			require.False(t, ok, code)
			require.ErrorIs(t, shop.Change(t, use), recoverycode.ErrUsed, "somebody who checked it before it was used")
		}
	}, testenv.Quiet())
}

func TestCodes_AreReplacedAndTakenAway(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		r, kim, lee := room(t, env, oldSecret), person(t, shop, "kim"), person(t, shop, "lee")
		before, hers := give(t, r, shop, kim), give(t, r, shop, lee)
		_, use := check(t, r, shop, kim, before[1])
		after := give(t, r, shop, kim)
		ok, _ := check(t, r, shop, kim, before[0])
		require.False(t, ok)
		require.ErrorIs(t, shop.Change(t, use), recoverycode.ErrUsed, "a code checked before it was replaced")
		ok, _ = check(t, r, shop, kim, after[0])
		require.True(t, ok)

		require.NoError(t, bank.Change(t, recoverycode.Delete(kim)), "there are none in the other tenant")
		ok, _ = check(t, r, shop, kim, after[0])
		require.True(t, ok)
		require.NoError(t, shop.Change(t, recoverycode.Delete(kim)))
		require.NoError(t, shop.Change(t, recoverycode.Delete(kim)), "none to take away is no error")
		ok, _ = check(t, r, shop, kim, after[0])
		require.False(t, ok)
		ok, _ = check(t, r, shop, lee, hers[0])
		require.True(t, ok, "Lee keeps hers")
	}, testenv.Quiet())
}

func TestCodes_AreTheirOwnersOnly(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	r, kim, lee := room(t, env, oldSecret), person(t, shop, "kim"), person(t, shop, "lee")
	codes := give(t, r, shop, kim)
	give(t, r, shop, lee)
	for what, other := range map[string]struct {
		tenant *testenv.Tenant
		user   uuid.UUID
	}{"another person": {shop, lee}, "another tenant": {bank, kim}, "nobody": {shop, uuid.Nil}} {
		ok, _ := check(t, r, other.tenant, other.user, codes[0])
		require.False(t, ok, what)
	}
	// Whoever may write to the database gives Lee codes that he knows: those of another person, or of another tenant.
	for _, other := range []struct {
		tenant *testenv.Tenant
		user   uuid.UUID
	}{{shop, kim}, {bank, lee}} {
		known, hashes := r.New(tenant(t, other.tenant), other.user)
		require.NoError(t, shop.Change(t, recoverycode.Replace(lee, hashes)))
		ok, _ := check(t, r, shop, lee, known[0])
		require.False(t, ok)
	}
}

func TestCodes_SurviveANewSecretAndNoOther(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	kim := person(t, shop, "kim")
	codes := give(t, room(t, env, oldSecret), shop, kim)
	ok, _ := check(t, room(t, env, newSecret, oldSecret), shop, kim, codes[9])
	require.True(t, ok)
	ok, _ = check(t, room(t, env, newSecret), shop, kim, codes[9])
	require.False(t, ok)
}

func TestCodes_AreNotInTheDatabase(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	codes := give(t, room(t, env, oldSecret), shop, person(t, shop, "kim"))
	rows, err := env.App.Store.Reader().RecoveryCode.Query().All(scope.With(t.Context(), scope.Tenant(shop.ID)))
	require.NoError(t, err)
	require.Len(t, rows, recoverycode.Count)
	for _, row := range rows {
		require.Len(t, row.Hash, 77, "a hash of 32 bytes, sealed")
		for _, code := range codes {
			require.NotContains(t, string(row.Hash), code[:5])
		}
	}
}

func TestCodes_CostOneStatement(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	r, kim := room(t, env, oldSecret), person(t, shop, "kim")
	code := give(t, r, shop, kim)[0]
	of := tenant(t, shop)
	for typed, want := range map[string]int{code: 1, "00000-00000": 1, "123456": 0, "": 0} {
		sent := env.Statements(func() {
			_, _, err := r.Check(t.Context(), of, kim, typed)
			require.NoError(t, err)
		})
		require.Len(t, sent, want, typed)
	}
}

func TestCodes_AreEasilyReadAndTyped(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	r, kim := room(t, env, oldSecret), person(t, shop, "kim")
	seen, used := map[string]bool{}, map[rune]bool{}
	for range 100 {
		codes, _ := r.New(tenant(t, shop), kim)
		for _, code := range codes {
			require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`, code)
			seen[code] = true
			for _, c := range code {
				used[c] = true
			}
		}
	}
	require.Len(t, seen, 1000)
	require.Len(t, used, 32+1, "every character is drawn")

	code := give(t, r, shop, kim)[0]
	misread := strings.NewReplacer("0", "o", "1", "l").Replace(code)
	for _, typed := range []string{
		code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), strings.ReplaceAll(code, "-", " "), " " + code + "\n",
		strings.ReplaceAll(code, "-", "\u2013"), strings.ReplaceAll(code, "-", " \u2011\u00a0"), misread, strings.ReplaceAll(misread, "l", "I"),
	} {
		ok, _ := check(t, r, shop, kim, typed)
		require.True(t, ok, "%q", typed)
	}
}

func TestLooks_TellsRecoveryCodesFromThoseOfAnApp(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"01234-ABCDE", "abcde-fghjk", "0123456789", "ooooo-lllll", " 0-1-2-3-4 5 6 7 8 9 "} {
		require.True(t, recoverycode.Looks(code), code)
	}
	for _, code := range []string{
		"", "123456", "abcdef", "ABC-DEF", "------", "123 456", "12345-6789", "12345-67890-1", "UUUUU-UUUUU", "01234-ABCD!", "０１２３４-ＡＢＣＤＥ",
		"0123456789" + strings.Repeat("-", 60), "ſſſſſ-ſſſſſ",
	} {
		require.False(t, recoverycode.Looks(code), code)
	}
}

// TestCodes_AreSealedForTheirTenantAndPerson: what a sealed hash is bound to differs, so a row that was moved cannot be opened.
func TestCodes_AreSealedForTheirTenantAndPerson(t *testing.T) {
	t.Parallel()

	keyring, err := secret.NewKeyring([]string{secret.Generate()})
	require.NoError(t, err)
	shop, bank, kim, lee := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	sealed := keyring.Seal([]byte("hash"), recoverycode.SealedFor(shop, kim))
	for _, other := range [][]byte{recoverycode.SealedFor(bank, kim), recoverycode.SealedFor(shop, lee)} {
		_, err := keyring.Open(sealed, other)
		require.Error(t, err)
	}
	_, err = keyring.Open(sealed, recoverycode.SealedFor(shop, kim))
	require.NoError(t, err)
}
