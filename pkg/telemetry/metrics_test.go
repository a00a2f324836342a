package telemetry_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, recorder.Code)
	return recorder.Body.String()
}

func TestMetrics_CountRequestsByPatternMethodAndStatus(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	m.InFlight("public").Inc()
	m.Observe("public", "/users/{id}", "GET", 200, 3*time.Millisecond)
	m.Observe("public", "/users/{id}", "GET", 200, 7*time.Millisecond)
	m.Observe("public", "/users/{id}", "BREW\n", 404, time.Millisecond)
	m.Observe("admin", "", "POST", 500, time.Minute)

	got := scrape(t, m)
	for _, line := range []string{
		`latchkeep_http_requests_total{method="GET",route="/users/{id}",server="public",status="200"} 2`,
		`latchkeep_http_requests_total{method="other",route="/users/{id}",server="public",status="404"} 1`,
		`latchkeep_http_requests_total{method="POST",route="",server="admin",status="500"} 1`,
		`latchkeep_http_request_duration_seconds_bucket{method="GET",route="/users/{id}",server="public",le="0.005"} 1`,
		`latchkeep_http_request_duration_seconds_bucket{method="GET",route="/users/{id}",server="public",le="0.01"} 2`,
		`latchkeep_http_requests_in_flight{server="public"} 1`,
	} {
		require.Contains(t, got, line+"\n")
	}
	require.Contains(t, got, "go_goroutines ")
	require.Contains(t, got, "process_start_time_seconds ")
	require.NotContains(t, strings.ToLower(got), "tenant")
	m.InFlight("public").Dec()
	require.Contains(t, scrape(t, m), `latchkeep_http_requests_in_flight{server="public"} 0`)
}

func TestMetrics_TakeOtherCollectors(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	depth := prometheus.NewGauge(prometheus.GaugeOpts{Name: "latchkeep_outbox_depth", Help: "Rows to do."})
	depth.Set(3)
	m.Register(depth)
	require.Contains(t, scrape(t, m), "latchkeep_outbox_depth 3\n")
}

func TestMetrics_NilCountsNothing(t *testing.T) {
	t.Parallel()
	var m *telemetry.Metrics
	m.Observe("public", "", "GET", 200, time.Second)
	m.InFlight("public").Inc()
}
