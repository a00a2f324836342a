package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// TestTexts_MayBeAsLongAsIsSaid has texts at their limits, of characters that take one and four bytes.
func TestTexts_MayBeAsLongAsIsSaid(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		change := func(name, text string) int {
			return admin.Do(t, http.MethodPatch, userPath(kim), map[string]string{name: text}).Status
		}
		for _, letter := range []string{"a", "🦊"} {
			for _, name := range []string{"name", "given_name", "family_name"} {
				require.Equal(t, http.StatusOK, change(name, strings.Repeat(letter, 255)), "%s of %s", name, letter)
				require.Equal(t, http.StatusBadRequest, change(name, strings.Repeat(letter, 256)), "%s of %s", name, letter)
			}
			create := func(text string) testenv.Response {
				return admin.Do(t, http.MethodPost, "/users", map[string]string{"username": text})
			}
			most := 255 / len(letter)
			made := read(t, create(strings.Repeat(letter, most)), http.StatusOK)
			require.Equal(t, strings.Repeat(letter, most), made.Username.Username)
			require.Equal(t, http.StatusBadRequest, create(strings.Repeat(letter, most+1)).Status)
			require.Equal(t, http.StatusBadRequest, create(strings.Repeat("Ⱥ", 127)).Status, "it grows as it is put into lower case")
			found, _ := list(t, admin, "?user_id="+made.ID.String())
			require.Equal(t, made.Username, found[0].Username)
		}
		require.Equal(t, http.StatusOK, change("username", strings.Repeat("a", 254)+"_"))
		const site = "https://shop.example/"
		require.Equal(t, http.StatusOK, change("picture", site+strings.Repeat("a", 2048-len(site))))
		require.Equal(t, http.StatusBadRequest, change("picture", site+strings.Repeat("a", 2049-len(site))))
		require.Equal(t, http.StatusOK, change("picture", site+strings.Repeat("é", (2048-len(site))/2)))
		require.Equal(t, http.StatusBadRequest, change("picture", site+strings.Repeat("é", 2048/2)), "bytes count")

		add := func(text string) int {
			return admin.Do(t, http.MethodPost, userPath(kim, "/emails"), map[string]string{"address": text}).Status
		}
		host := "@" + strings.Repeat(strings.Repeat("a", 60)+".", 3) + "example"
		require.Equal(t, http.StatusCreated, add(strings.Repeat("a", 255-len(host))+host))
		require.Equal(t, http.StatusBadRequest, add(strings.Repeat("a", 256-len(host))+host))
		grows := map[string]any{"emails": []map[string]any{{"address": strings.Repeat("Ⱥ", (255-len(host))/2) + host, "is_primary": true}}}
		require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPost, "/users", grows).Status)
		hook := func(n int) int {
			body := map[string]any{"callback": site + strings.Repeat("a", n-len(site)), "events": []string{"user"}}
			return admin.Do(t, http.MethodPost, "/webhooks", body).Status
		}
		require.Equal(t, http.StatusCreated, hook(2048))
		require.Equal(t, http.StatusBadRequest, hook(2049))
		open(t, admin, map[string]any{"user_id": kim.ID, "user_agent": strings.Repeat("🦊", 4000)})
		require.Equal(t, strings.Repeat("🦊", 255), *sessionsOf(t, admin, kim)[0].UserAgent)
		for kind, letter := range map[string]string{"public_metadata": "a", "private_metadata": "🦊"} {
			body := map[string]any{kind: map[string]string{"t": strings.Repeat(letter, 3000-len(`{"t":""}`))}}
			require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPatch, userPath(kim, "/metadata"), body).Status, kind)
		}
	})
}

func TestCreateUser_WithMoreAddressesThanOneStatementStoresIsRefused(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		create := func(n int) testenv.Response {
			emails := make([]map[string]any, n)
			for i := range emails {
				emails[i] = map[string]any{"address": fmt.Sprintf("k%d@x.org", i), "is_primary": i == 0}
			}
			return admin.Do(t, http.MethodPost, "/users", map[string]any{"emails": emails})
		}
		for _, n := range []int{1001, 20_000} {
			require.Equal(t, http.StatusBadRequest, create(n).Status)
		}
		require.Len(t, read(t, create(1000), http.StatusOK).Emails, 1000)
	})
}
