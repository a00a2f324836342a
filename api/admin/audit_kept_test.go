package admin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestAuditLog_IsEmptyWhereNothingIsStored(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		admin := shop.Admin(t)
		read(t, admin.Do(t, http.MethodPost, "/users", `{"username":"kim"}`), http.StatusOK)
		require.Eventually(t, func() bool { return shop.AuditSettled(t) }, 30*time.Second, 20*time.Millisecond)
		list, r := readLog(t, admin, "?type=user_created")
		require.Empty(t, list)
		require.Equal(t, "0", r.Header.Get("X-Total-Count"))
		require.Equal(t, "<"+admin.Base+`/audit_logs?page=1&per_page=20&type=user_created>; rel="first"`, r.Header.Get("Link"))
	}, testenv.With("audit_log.storage.enabled", "false"))
}

// TestAuditLog_MasksAddressesAndUsernames has the lengths at which the rules change (audit-log §2).
func TestAuditLog_MasksAddressesAndUsernames(t *testing.T) {
	t.Parallel()

	for masked, pairs := range map[string]map[string]string{
		"true": {
			"a@x.io": "a*****@x.io", "ann@x.io": "a*****@x.io", "abcdef@x.io": "a*****@x.io", "abcdefg@x.io": "abc****@x.io", "john.doe@x.io": "joh*****@x.io",
			"ünïcödé@x.io": "ünï****@x.io", `"a@b.c"@x.io`: `"a@****@x.io`,
		},
		"false": {"john.doe@x.io": "john.doe@x.io", "a@x.io": "a@x.io"},
	} {
		t.Run("mask "+masked, func(t *testing.T) {
			t.Parallel()
			env := testenv.OnSQLite(t, testenv.With("audit_log.mask", masked))
			shop := env.Tenant(t, "shop")
			admin := shop.Admin(t)
			names := map[string]string{"x": "*", "xx": "x****x", "xyz": "x****z", "john": "j**n", "johndoe": "j*****e", "jöhndoé": "j*****é"}
			people := map[string]string{}
			for address := range pairs {
				body := map[string]any{"emails": []map[string]any{{"address": address, "is_primary": true}}}
				people[address] = read(t, admin.Do(t, http.MethodPost, "/users", body), http.StatusOK).ID.String()
			}
			for name := range names {
				people[name] = read(t, admin.Do(t, http.MethodPost, "/users", map[string]any{"username": name}), http.StatusOK).ID.String()
				require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPatch, "/users/"+people[name], `{"username":null}`).Status)
			}
			for address, want := range pairs {
				require.Equal(t, want, entryOf(t, admin, "user_created", people[address])["actor_email"], address)
			}
			for name, want := range names {
				if masked == "false" {
					want = name
				}
				shown := entryOf(t, admin, "username_deleted", people[name])
				require.Equal(t, want, shown["details"].(map[string]any)["username"], name)
				require.NotContains(t, shown, "actor_email", "she has no address")
			}
		})
	}
}

// entryOf waits for the only entry of a type about a user.
func entryOf(t *testing.T, admin *testenv.Admin, kind, user string) map[string]any {
	t.Helper()
	var list []map[string]any
	require.Eventually(t, func() bool {
		admin.Get(t, "/audit_logs?type="+kind+"&actor_user_id="+user).JSON(t, &list)
		return len(list) == 1
	}, 30*time.Second, 20*time.Millisecond)
	return list[0]
}
