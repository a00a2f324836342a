package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestListUsers_PagesAsCompatibleClientsExpect(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		found, r := list(t, admin, "")
		require.Empty(t, found)
		require.Equal(t, "[]", strings.TrimSpace(string(r.Body)))
		require.Equal(t, "0", r.Header.Get("X-Total-Count"))

		var oldestFirst []uuid.UUID
		for i := range 5 {
			oldestFirst = append(oldestFirst, shop.Person(t, testenv.NewPerson{Email: fmt.Sprintf("u%d@shop.example", i)}).ID)
		}
		shop.Person(t, testenv.NewPerson{}) // neither address nor username
		newestFirst := slices.Clone(oldestFirst)
		slices.Reverse(newestFirst)

		found, r = list(t, admin, "")
		require.Equal(t, newestFirst, ids(found))
		require.Equal(t, "5", r.Header.Get("X-Total-Count"))
		require.Equal(t, "<"+admin.Base+`/users?page=1&per_page=20>; rel="first"`, r.Header.Get("Link"))
		found, r = list(t, admin, "?sort_direction=asc&per_page=2&page=2")
		require.Equal(t, oldestFirst[2:4], ids(found))
		link := func(page int, rel string) string {
			return fmt.Sprintf(`<%s/users?page=%d&per_page=2&sort_direction=asc>; rel="%s"`, admin.Base, page, rel)
		}
		require.Equal(t, link(1, "first")+","+link(3, "last")+","+link(3, "next")+","+link(1, "prev"), r.Header.Get("Link"))
		for _, negative := range []string{"?page=-1", "?page=0&per_page=0", "?per_page=-3"} {
			found, r = list(t, admin, negative)
			require.Len(t, found, 5)
			require.Contains(t, r.Header.Get("Link"), "page=1&per_page=20", "the values used")
		}
		for _, past := range []string{"?page=9", "?page=9223372036854775807&per_page=9223372036854775807"} {
			found, r = list(t, admin, past)
			require.Empty(t, found)
			require.Equal(t, "5", r.Header.Get("X-Total-Count"))
			require.NotContains(t, r.Header.Get("Link"), "next")
		}
		_, r = list(t, admin, "?page=9&per_page=2")
		relations := regexp.MustCompile(`page=(\d)&per_page=2>; rel="(\w+)"(,|$)`).FindAllStringSubmatch(r.Header.Get("Link"), -1)
		require.Len(t, relations, 3, r.Header.Get("Link"))
		for i, want := range []string{"1 first", "3 last", "8 prev"} {
			require.Equal(t, want, relations[i][1]+" "+relations[i][2], "beyond the end")
		}
		for _, bad := range []string{
			"page=x", "per_page=1.5", "page=99999999999999999999", "sort_direction=up", "user_id=7", "user_id=,", "cursor=x", "blocked=maybe",
			"created_after=now", "metadata_key=plan", "metadata_key=public.", "metadata_key=public", "metadata_value=1", "email=%00", "email_prefix=%ff",
			"email=" + strings.Repeat("a", 256),
		} {
			require.Equal(t, http.StatusBadRequest, admin.Get(t, "/users?"+bad).Status, bad)
		}
	})
}

func TestListUsers_EmailOrUsernameStaysWithinTheTenant(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", plain), env.Tenant(t, "bank", plain)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@mail.example"}).ID
		lee := shop.Person(t, testenv.NewPerson{Username: "lee_mail"}).ID
		ann := shop.Person(t, testenv.NewPerson{Email: "ann@other.example", Username: "Ann"}).ID
		stranger := bank.Person(t, testenv.NewPerson{Email: "kim@mail.example", Username: "lee_mail"}).ID
		admin := shop.Admin(t)
		for query, want := range map[string][]uuid.UUID{
			"email=MAIL&username=MAIL":      {lee, kim},
			"email=mail.ex&username=nobody": {kim},
			"email=nobody&username=lee":     {lee},
			"email=mail":                    {kim},
			"username=mail":                 {lee},
			"username=nn":                   {ann},
			"username=Ann":                  nil, // compared with the text in lower case, as usernames usually are
			"email=_":                       nil, // no wildcards
			"email=%25":                     nil,
			"email=mail&username=mail&user_id=" + kim.String():        {kim},
			"user_id=" + kim.String() + "," + lee.String():            {lee, kim},
			"user_id=" + stranger.String():                            nil,
			"user_id=" + stranger.String() + "&email=m&username=m":    nil,
			"exact_email=KIM@mail.example":                            {kim},
			"exact_email=kim@mail":                                    nil,
			"email_prefix=KIM":                                        {kim},
			"email_prefix=im":                                         nil,
			"username_prefix=lee_":                                    {lee},
			"username_prefix=lee%25":                                  nil,
			"email_prefix=k&username_prefix=l":                        nil,
			"email_prefix=kim&exact_email=kim@mail.example&email=mai": {kim},
		} {
			found, r := list(t, admin, "?"+query)
			require.Equal(t, want, append([]uuid.UUID(nil), ids(found)...), query)
			require.Equal(t, fmt.Sprint(len(want)), r.Header.Get("X-Total-Count"), query)
		}
	})
}

// TestListUsers_SearchesForWildcardsAsTheyAre has users whose addresses and usernames hold what LIKE, in one database or another, takes for more
// than itself.
func TestListUsers_SearchesForWildcardsAsTheyAre(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		texts := []string{"a%b", "a_b", "a!b", "a'b", "axb", "axxb", `a\b`, `a\%b`, `a\_b`, "a[x]b", "a*b", "a?b", "a🦊b", "aéb"}
		byText := map[string]uuid.UUID{}
		for _, text := range texts {
			body := map[string]any{"username": text + " 1"}
			if !strings.ContainsAny(text, `\[]`) { // which addresses have in quotes only
				body["emails"] = []map[string]any{{"address": text + "@shop.example", "is_primary": true}}
			}
			byText[text] = read(t, admin.Do(t, http.MethodPost, "/users", body), http.StatusOK).ID
		}
		for _, text := range texts {
			for parameter, value := range map[string]string{
				"username": text, "username_prefix": text, "email": text + "@", "email_prefix": text + "@", "exact_email": text + "@shop.example",
			} {
				want := []uuid.UUID{byText[text]}
				if strings.ContainsAny(text, `\[]`) && strings.Contains(parameter, "email") {
					want = []uuid.UUID{}
				}
				found, r := list(t, admin, "?"+parameter+"="+url.QueryEscape(value))
				require.Equal(t, want, ids(found), "%s=%s", parameter, value)
				require.Equal(t, fmt.Sprint(len(want)), r.Header.Get("X-Total-Count"), "%s=%s", parameter, value)
			}
		}
		for _, nobody := range []string{"%", "a%", "%b", "_xb", "a_", "a__b", `\`, "a[", "*", "a.b", "e", "' OR 1=1 --"} {
			found, _ := list(t, admin, "?username_prefix="+url.QueryEscape(nobody+"zz"))
			require.Empty(t, found, nobody)
		}
		for part, n := range map[string]int{"%": 2, "_": 2, `\`: 3, "!": 1, "[": 1, "*": 1, "a%": 1, "_b": 2, "x": 3, "É": 1, "e": 0, "' OR 1=1 --": 0} {
			found, _ := list(t, admin, "?username="+url.QueryEscape(part))
			require.Len(t, found, n, part)
		}
	})
}

func TestListUsers_TakesEveryTimeForABound(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Username: "kim"})
		created := read(t, admin.Get(t, userPath(kim)), http.StatusOK).CreatedAt
		for query, n := range map[string]int{
			"created_after=0000-01-01T00:00:00Z": 1, "created_before=0000-01-01T00:00:00Z": 0, "created_after=0001-01-01T00:00:00%2B14:00": 1,
			"created_before=9999-12-31T23:59:59.999999999-12:00": 1, "created_after=9999-12-31T23:59:59-12:00": 0,
			"created_after=" + created.Format(time.RFC3339Nano): 0, "created_before=" + created.Format(time.RFC3339Nano): 0,
			"created_after=" + created.Add(-time.Microsecond).Format(time.RFC3339Nano):                                       1,
			"created_before=" + created.Add(time.Microsecond).Format(time.RFC3339Nano):                                       1,
			"created_after=" + created.In(time.FixedZone("", -7*3600)).Add(-time.Second).Format("2006-01-02T15:04:05-07:00"): 1,
		} {
			found, _ := list(t, admin, "?"+query)
			require.Len(t, found, n, query)
		}
	})
}

func TestListUsers_GoesFromCursorToCursor(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", plain), env.Tenant(t, "bank", plain)
		at := time.Now().UTC().Truncate(time.Second)
		blocked := at
		for i := range 7 {
			p := shop.Person(t, testenv.NewPerson{Email: fmt.Sprintf("k%d@shop.example", i), Username: fmt.Sprintf("k%d", i)})
			p.AddEmail(t, fmt.Sprintf("k%d_second@shop.example", i), true)
			require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
				if err := user.SyncMetadata(p.ID, user.Metadata{Public: `{"plan":"pro","n":` + fmt.Sprint(i%2) + `}`})(ctx, tx); err != nil {
					return err
				}
				if i == 3 {
					return tx.User.UpdateOneID(p.ID).SetBlockedAt(blocked).Exec(ctx)
				}
				return nil
			}))
		}
		stranger := bank.Person(t, testenv.NewPerson{Email: "k9@shop.example", Username: "k9"})
		require.NoError(t, bank.Change(t, user.SyncMetadata(stranger.ID, user.Metadata{Public: `{"plan":"pro","n":1}`})))
		admin := shop.Admin(t)
		walk := func(query string) []uuid.UUID {
			t.Helper()
			found, r := list(t, admin, "?per_page=2"+query)
			all := ids(found)
			for range 10 {
				next := r.Header.Get("X-Next-Cursor")
				if next == "" {
					require.NotContains(t, r.Header.Get("Link"), "next")
					return all
				}
				found, r = list(t, admin, "?per_page=2"+query+"&cursor="+url.QueryEscape(next))
				require.NotEmpty(t, found)
				require.Empty(t, r.Header.Get("X-Total-Count"))
				if after := r.Header.Get("X-Next-Cursor"); after != "" {
					require.Equal(t, "<"+admin.Base+"/users?", r.Header.Get("Link")[:len(admin.Base)+8])
					require.Contains(t, r.Header.Get("Link"), "cursor="+after)
				}
				all = append(all, ids(found)...)
			}
			t.Fatal("the list has no end")
			return nil
		}
		whole := func(query string) []uuid.UUID {
			found, _ := list(t, admin, "?per_page=100"+query)
			return ids(found)
		}
		for query, n := range map[string]int{
			"": 7, "&sort_direction=asc": 7, "&email=k": 7, "&email_prefix=k": 7, "&username_prefix=k": 7, "&blocked=false": 6, "&blocked=true": 1,
			"&metadata_key=public.plan": 7, "&metadata_key=public.plan&metadata_value=pro": 7, `&metadata_key=public.plan&metadata_value="pro"`: 7,
			"&metadata_key=public.n&metadata_value=1": 3, "&metadata_key=public.n": 7, "&metadata_key=private.n": 0, "&metadata_key=public.n&metadata_value=%221%22": 0,
			"&metadata_key=public.n&metadata_value=0&email_prefix=k&username_prefix=k&blocked=false": 4,
			"&created_after=" + at.Add(-time.Hour).Format(time.RFC3339):                              7,
			"&created_before=" + at.Add(-time.Hour).Format(time.RFC3339):                             0,
		} {
			all := whole(query)
			require.Len(t, all, n, query)
			require.Equal(t, all, walk(query), query)
			require.NotContains(t, all, stranger.ID, query)
		}

		_, r := list(t, admin, "?per_page=2")
		cursor := url.QueryEscape(r.Header.Get("X-Next-Cursor"))
		require.Equal(t, http.StatusBadRequest, bank.Admin(t).Get(t, "/users?cursor="+cursor).Status, "another tenant's")
		require.Equal(t, http.StatusBadRequest, admin.Get(t, "/users?sort_direction=asc&cursor="+cursor).Status, "another order's")
		require.Equal(t, http.StatusBadRequest, admin.Get(t, "/users?email=k&cursor="+cursor).Status, "another list's")
		require.Equal(t, http.StatusOK, admin.Get(t, "/users?cursor="+cursor).Status)
	})
}

func TestListUsers_ShowsLessThanTheUserHerself(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim", Password: testenv.Password})
		kim.AddCredential(t, "a passkey", false)
		kim.AddApp(t)
		kim.AddIdentity(t, "google", uuid.Nil, false)
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.User.UpdateOneID(kim.ID).SetPublicMetadata(`{"plan":"pro"}`).SetGivenName("Kim").Exec(ctx)
		}))
		admin := shop.Admin(t)
		one, listed := map[string]any{}, []map[string]any{}
		admin.Get(t, "/users/"+kim.ID.String()).JSON(t, &one)
		admin.Get(t, "/users").JSON(t, &listed)
		require.Len(t, listed, 1)
		for _, name := range []string{"password", "otp", "identities", "metadata"} {
			require.Contains(t, one, name)
			require.NotContains(t, listed[0], name)
			delete(one, name)
		}
		require.Equal(t, one, listed[0])
	})
}
