package middleware_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/pkg/clientip"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

func TestBase_CountsRequestsWhileTheyAreAnsweredHoweverThatEnds(t *testing.T) {
	t.Parallel()

	metrics := telemetry.NewMetrics()
	inFlight := func(n string) {
		answer := httptest.NewRecorder()
		metrics.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		require.Contains(t, answer.Body.String(), "\n"+`latchkeep_http_requests_in_flight{server="public"} `+n+"\n")
	}
	during := 0
	handler := middleware.Base(middleware.Options{
		IP: clientip.NewExtractor("", nil), Log: slog.New(slog.DiscardHandler), Server: "public", Metrics: metrics,
	}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		inFlight("1")
		during++
		switch r.URL.Path {
		case "/panics":
			panic("a fault")
		case "/aborts":
			panic(http.ErrAbortHandler)
		}
	}))
	ask := func(path string) {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	}
	inFlight("0")
	ask("/ends")
	inFlight("0")
	ask("/panics")
	inFlight("0")
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { ask("/aborts") })
	inFlight("0")
	require.Equal(t, 3, during)
}
