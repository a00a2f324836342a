package wire_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What dashboards and alerts of deploy/ and the pages of docs/ look at must be there.
func TestMetrics_TellHowBusyTheProcessIs(t *testing.T) {
	t.Parallel()

	app := build(t)
	answer := httptest.NewRecorder()
	app.Ops().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	for _, name := range []string{
		`latchkeep_build_info{version="test"} 1`, "latchkeep_password_hashes_running 0", "latchkeep_password_hashes_waiting 0",
		"latchkeep_password_hashes_total 0", "latchkeep_password_hashes_refused_total 0",
		"latchkeep_rate_limit_refusals_total 0", "latchkeep_tenants_cached ", "latchkeep_tenant_loads_total ",
		"latchkeep_database_connections_in_use ", "latchkeep_database_connections_max ", "latchkeep_database_waits_total ",
		"latchkeep_database_wait_seconds_total ", "go_goroutines ", "process_resident_memory_bytes ",
	} {
		require.True(t, strings.Contains(answer.Body.String(), "\n"+name), name)
	}
}
