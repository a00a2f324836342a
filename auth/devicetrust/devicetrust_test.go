package devicetrust_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// A device is a browser that people of a tenant share.
type device struct {
	shop   *testenv.Tenant
	room   *devicetrust.Room
	cookie string
	at     time.Time
}

func newDevice(shop *testenv.Tenant) *device {
	return &device{shop: shop, room: devicetrust.NewRoom(shop.Env.App.Store), at: time.Now().UTC().Truncate(time.Microsecond)}
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

// trust makes the device trusted for a person.
func (d *device) trust(t *testing.T, user uuid.UUID) *http.Cookie {
	t.Helper()
	grant, err := d.room.Grant(tenant(t, d.shop), user, d.cookie, d.at)
	require.NoError(t, err)
	require.NotNil(t, grant)
	require.NoError(t, d.shop.Change(t, grant.Save))
	d.cookie = grant.Cookie.Value
	return grant.Cookie
}

func (d *device) trusts(t *testing.T, user uuid.UUID) bool {
	t.Helper()
	ok, err := d.room.Trusts(t.Context(), tenant(t, d.shop), user, d.cookie, d.at)
	require.NoError(t, err)
	return ok
}

// users are the people named in the cookie.
func (d *device) users() []string {
	var ids []string
	for part := range strings.SplitSeq(d.cookie, "|") {
		id, _, _ := strings.Cut(part, ":")
		ids = append(ids, id)
	}
	return ids
}

func TestTrust_IsForThePeopleWhoAskedForIt(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim, lee, sam := person(t, shop, "kim"), person(t, shop, "lee"), person(t, shop, "sam")
		d := newDevice(shop)
		require.False(t, d.trusts(t, kim))
		d.trust(t, kim)
		require.True(t, d.trusts(t, kim))
		require.False(t, d.trusts(t, lee))
		d.trust(t, lee)
		require.True(t, d.trusts(t, kim))
		require.True(t, d.trusts(t, lee))
		require.False(t, d.trusts(t, sam))
		require.Equal(t, []string{lee.String(), kim.String()}, d.users(), "newest first")
		require.False(t, newDevice(shop).trusts(t, kim), "another device")
	}, testenv.Quiet())
}

func TestTrust_Ends(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"mfa": {"device_trust_duration": "1h"}}`)
		kim := person(t, shop, "kim")
		d := newDevice(shop)
		d.trust(t, kim)
		d.at = d.at.Add(time.Hour - time.Microsecond)
		require.True(t, d.trusts(t, kim))
		d.at = d.at.Add(time.Microsecond)
		require.False(t, d.trusts(t, kim))
	}, testenv.Quiet())
}

func TestTrust_IsNotMovedToAnotherPersonOrTenant(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	kim, lee := person(t, shop, "kim"), person(t, shop, "lee")
	d := newDevice(shop)
	d.trust(t, kim)
	_, token, _ := strings.Cut(d.cookie, ":")

	d.cookie = lee.String() + ":" + token
	require.False(t, d.trusts(t, lee), "Kim's token under Lee's name")
	d.cookie = kim.String() + ":" + token
	require.True(t, d.trusts(t, kim))
	d.shop = bank
	require.False(t, d.trusts(t, kim), "in another tenant")
}

func TestTrust_OfAnEarlierVersionStillCounts(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	kim, lee := person(t, shop, "kim"), person(t, shop, "lee")
	d := newDevice(shop)
	d.trust(t, kim)
	_, d.cookie, _ = strings.Cut(d.cookie, ":")
	require.True(t, d.trusts(t, kim), "a bare token")
	require.False(t, d.trusts(t, lee))
	d.trust(t, lee)
	require.Equal(t, []string{lee.String()}, d.users(), "nobody knows whose the bare token was")
}

func TestTrust_IsNotInTheDatabase(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	d := newDevice(shop)
	d.trust(t, person(t, shop, "kim"))
	_, token, _ := strings.Cut(d.cookie, ":")
	row, err := env.App.Store.Reader().TrustedDevice.Query().Only(scope.With(t.Context(), scope.Tenant(shop.ID)))
	require.NoError(t, err)
	require.Equal(t, devicetrust.Hash(token), row.TokenHash)
	require.NotContains(t, string(row.TokenHash), token[:8])
}

func TestTrust_CostsNoStatementWhereTheAnswerIsKnown(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	never := env.Tenant(t, "never", `{"mfa": {"device_trust_policy": "never"}}`)
	kim, lee := person(t, shop, "kim"), person(t, shop, "lee")
	d := newDevice(shop)
	d.trust(t, kim)
	count := func(shop *testenv.Tenant, user uuid.UUID, cookie string) (statements int, trusted bool) {
		of := tenant(t, shop)
		sent := env.Statements(func() {
			var err error
			trusted, err = d.room.Trusts(t.Context(), of, user, cookie, d.at)
			require.NoError(t, err)
		})
		return len(sent), trusted
	}
	for what, q := range map[string]struct {
		shop    *testenv.Tenant
		user    uuid.UUID
		cookie  string
		cost    int
		trusted bool
	}{
		"trusted":         {shop, kim, d.cookie, 1, true},
		"not named":       {shop, lee, d.cookie, 0, false},
		"no cookie":       {shop, kim, "", 0, false},
		"no device is":    {never, kim, d.cookie, 0, false},
		"too long":        {shop, kim, d.cookie + strings.Repeat("|", 9000), 0, false},
		"no token":        {shop, kim, kim.String() + ":", 0, false},
		"token too long":  {shop, kim, kim.String() + ":" + strings.Repeat("a", 129), 0, false},
		"foreign letters": {shop, kim, kim.String() + ":a b", 0, false},
		"bare garbage":    {shop, kim, "é", 0, false},
	} {
		cost, trusted := count(q.shop, q.user, q.cookie)
		require.Equal(t, q.cost, cost, what)
		require.Equal(t, q.trusted, trusted, what)
	}
}

func TestGrant_ReplacesHerOwnEntryAndKeepsTheOthers(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	kim, lee := person(t, shop, "kim"), person(t, shop, "lee")
	d := newDevice(shop)
	d.trust(t, kim)
	before := d.cookie
	d.trust(t, lee)
	d.trust(t, kim)
	require.Equal(t, []string{kim.String(), lee.String()}, d.users())
	require.NotContains(t, d.cookie, before, "it is another token")
	require.True(t, d.trusts(t, kim))
	require.True(t, d.trusts(t, lee))
}

func TestGrant_DropsWhatIsMalformed(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	kim, lee, sam := person(t, shop, "kim"), uuid.New(), uuid.New()
	for _, incoming := range []string{
		"||" + lee.String() + ":A|" + lee.String() + ":B|" + sam.String() + ":C==",
		"x:y|" + lee.String() + ":A|" + sam.String() + "|" + sam.String() + ":C==|" + sam.String() + ":D:E",
		"{" + lee.String() + "}:Z|" + strings.ToUpper(lee.String()) + ":A|" + sam.String() + ":|" + sam.String() + ":C==",
		uuid.Nil.String() + ":Z|" + lee.String() + ":A|" + lee.String() + ":\"|" + sam.String() + ":C==|" + strings.Repeat("a:b|", 1500),
	} {
		d := newDevice(shop)
		d.cookie = incoming
		d.trust(t, kim)
		mine, others, _ := strings.Cut(d.cookie, "|")
		require.True(t, strings.HasPrefix(mine, kim.String()+":"))
		require.Equal(t, lee.String()+":A|"+sam.String()+":C==", others, incoming)
	}
	d := newDevice(shop)
	d.cookie = lee.String() + ":A" + strings.Repeat("|", 9000)
	d.trust(t, kim)
	require.Equal(t, []string{kim.String()}, d.users())
}

func TestGrant_ForgetsThoseWhoWereThereLongAgo(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	for limit, want := range map[int]int{0: 20, -1: 20, 1: 1, 2: 2, 1000: 32} { // 32 entries are what browsers have room for
		shop := env.Tenant(t, fmt.Sprintf("shop%d", limit+1), fmt.Sprintf(`{"mfa": {"device_trust_max_users_per_device": %d}}`, limit))
		d := newDevice(shop)
		token := strings.Repeat("a", 88)
		for range 40 {
			d.cookie += uuid.NewString() + ":" + token + "|"
		}
		before := d.users()
		kim := person(t, shop, "kim")
		sent := d.trust(t, kim)
		require.Equal(t, append([]string{kim.String()}, before[:want-1]...), d.users(), limit)
		require.LessOrEqual(t, len(sent.Name)+len(sent.Value), 4096)
	}
}

func TestGrant_CookieFitsIntoABrowser(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop", fmt.Sprintf(`{"mfa": {"device_trust_max_users_per_device": 100, "device_trust_cookie_name": "%s"}}`,
		strings.Repeat("n", 100)))
	d := newDevice(shop)
	for range 40 {
		d.cookie += uuid.NewString() + ":" + strings.Repeat("a", 88) + "|"
	}
	sent := d.trust(t, person(t, shop, "kim"))
	require.Len(t, d.users(), 31)
	require.LessOrEqual(t, len(sent.Name)+len(sent.Value), 4096)
}

func TestGrant_CookieIsTheClientsContract(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop", `{"mfa": {"device_trust_cookie_name": "trust", "device_trust_duration": "90m"}}`)
	kim := person(t, shop, "kim")
	c := newDevice(shop).trust(t, kim)
	require.Equal(t, "trust="+c.Value+"; Path=/; Max-Age=5400; HttpOnly; Secure; SameSite=None", c.String())
	id, token, ok := strings.Cut(c.Value, ":")
	require.True(t, ok)
	require.Equal(t, kim.String(), id)
	require.Len(t, token, 88, "with padding")
	random, err := base64.URLEncoding.Strict().DecodeString(token)
	require.NoError(t, err)
	require.Len(t, random, 64)
}

func TestGrant_IsNoneWhereTrustLastsNoTime(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	for slug, mfa := range map[string]string{
		"none":  `{"mfa": {"device_trust_duration": 0, "device_trust_policy": "always"}}`,
		"never": `{"mfa": {"device_trust_policy": "never"}}`,
	} {
		shop := env.Tenant(t, slug, mfa)
		grant, err := newDevice(shop).room.Grant(tenant(t, shop), uuid.New(), "", time.Now())
		require.NoError(t, err)
		require.Nil(t, grant, slug)
	}
	soon := env.Tenant(t, "soon", `{"mfa": {"device_trust_duration": 1}}`)
	require.Equal(t, 1, newDevice(soon).trust(t, person(t, soon, "kim")).MaxAge, "not a cookie without an end")
}

func TestTrust_GoesWithThePerson(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	kim := person(t, shop, "kim")
	d := newDevice(shop)
	d.trust(t, kim)
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error { return tx.User.DeleteOneID(kim).Exec(ctx) }))
	require.False(t, d.trusts(t, kim))
}
