package management_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// Whoever has the machine can be anybody: the log says so.
func TestIssueToken_IsRecorded(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	snapshot, err := env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	issued, err := env.App.Management.IssueToken(t.Context(), snapshot, tenants.ByCLI, kim.ID)
	require.NoError(t, err)
	require.True(t, shop.Accepts(t, issued.Token))
	require.Eventually(t, func() bool { return shop.AuditSettled(t) }, 30*time.Second, 10*time.Millisecond)
	records := shop.Operations(t)
	last := records[len(records)-1]
	require.Equal(t, string(tenants.AuditSessionIssued), last.Type)
	require.Equal(t, map[string]any{"by": "cli", "user_id": kim.ID.String(), "session_id": issued.ID.String()}, last.Details)
}
