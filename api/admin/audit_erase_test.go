package admin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestAuditLog_NothingPersonalStaysOfThoseWhoAreDeleted(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"account": {"allow_deletion": true}}`)
		admin := shop.Admin(t)
		people := map[string]*testenv.Person{}
		for _, name := range []string{"by-herself", "by-one", "by-many", "stays"} {
			people[name] = shop.SignUp(t, name+"@shop.example", "correct horse battery")
			open(t, admin, map[string]any{"user_id": people[name].ID})
		}
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, "/users/"+people["by-one"].ID.String(), nil).Status)
		many := admin.Do(t, http.MethodPost, "/users/bulk_delete", map[string]any{"user_ids": []uuid.UUID{people["by-many"].ID}})
		require.Less(t, many.Status, 300, "%s", many.Body)
		session := people["by-herself"].SignIn(t)
		session.Profile(t).Do(t, "account_delete")

		for name, p := range people {
			var about []testenv.AuditRecord
			settled := func() bool {
				about = nil
				deleted := false
				for _, r := range shop.Audit(t) {
					if r.Actor == p.ID {
						about = append(about, r)
						deleted = deleted || r.Type == "user_deleted"
						if name != "stays" && (r.ActorEmail+r.UserAgent+r.SourceIP+r.Error != "" || len(r.Details) > 0) {
							return false
						}
					}
				}
				return len(about) >= 2 && (deleted || name == "stays")
			}
			require.Eventually(t, settled, 30*time.Second, 20*time.Millisecond, name)
			require.GreaterOrEqual(t, len(about), 2, name)
			for _, r := range about {
				if name == "stays" {
					require.NotEmpty(t, r.SourceIP, r.Type)
				}
			}
		}
		report, err := env.App.AuditKeeper.Verify(t.Context(), shop.ID, nil)
		require.NoError(t, err)
		require.Nil(t, report.Problem, "%+v", report.Problem)
		require.GreaterOrEqual(t, report.Erased, int64(6))
	}, testenv.With("audit_log.erase_deleted_users", "true"))
}
