package worker_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// spans is a collector that takes traces by OTLP over HTTP.
type spans struct {
	mu  sync.Mutex
	all []*otlp.Span
	url string
}

func collect(t *testing.T) *spans {
	t.Helper()
	s := &spans{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var sent collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &sent) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, resource := range sent.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				s.all = append(s.all, scope.GetSpans()...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// traces are the names of the spans of each trace.
func (s *spans) traces() map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string][]string{}
	for _, span := range s.all {
		id := hex.EncodeToString(span.GetTraceId())
		names[id] = append(names[id], span.GetName())
	}
	return names
}

// text is all that was told, for looking for what must not be.
func (s *spans) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, span := range s.all {
		b.WriteString(span.String())
	}
	return b.String()
}

// TestTraces_GoFromTheRequestThroughTheDatabaseToTheEffects follows a registration: the trace of the request that made the user holds its flow, its
// statements and what the worker did because of it.
func TestTraces_GoFromTheRequestThroughTheDatabaseToTheEffects(t *testing.T) {
	t.Parallel()

	to, receiver := collect(t), testenv.NewReceiver(t)
	env := testenv.OnSQLite(t, testenv.Loopback(), testenv.With("traces.endpoint", to.url), testenv.With("traces.ratio", "1"))
	shop := env.Tenant(t, "shop", `{"webhooks":{"enabled":true,"hooks":[{"callback":"`+receiver.URL+`","events":["user.create"]}]}}`)
	shop.SignUp(t, "kim@shop.example", "correct horse battery")

	whole := func(names ...string) bool {
		for _, trace := range to.traces() {
			found := 0
			for _, name := range names {
				for _, span := range trace {
					if span == name {
						found++
						break
					}
				}
			}
			if found == len(names) {
				return true
			}
		}
		return false
	}
	require.Eventually(t, func() bool {
		return whole("public POST /registration", "flow registration", "SQL", "audit record", "webhook") && whole("public POST /registration", "flow registration", "mail") && whole("worker audit", "SQL")
	}, 30*time.Second, 50*time.Millisecond, "%v", to.traces())
	told := to.text()
	require.Contains(t, told, shop.ID.String())
	for _, private := range []string{"kim@shop.example", "correct horse battery"} {
		require.NotContains(t, told, private)
	}
}

// TestTraces_OfCallersAreIgnored has a caller decide what is traced, and under which id, where nobody said that callers may.
func TestTraces_OfCallersAreIgnored(t *testing.T) {
	t.Parallel()

	const theirs = "0af7651916cd43dd8448eb211c80319c"
	to := collect(t)
	env := testenv.OnSQLite(t, testenv.With("traces.endpoint", to.url), testenv.With("traces.ratio", "1"))
	shop := env.Tenant(t, "shop")
	shop.Client().With("traceparent", "00-"+theirs+"-b7ad6b7169203331-01").Get(t, "/.well-known/jwks.json")
	require.Eventually(t, func() bool { return len(to.traces()) > 0 }, 30*time.Second, 50*time.Millisecond)
	require.NotContains(t, to.traces(), theirs)
}
