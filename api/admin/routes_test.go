package admin

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"
)

func TestDocument_HasEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()

	s := New(Options{Log: slog.New(slog.DiscardHandler)})
	routed, documented := map[string]bool{}, map[string]bool{}
	require.NoError(t, chi.Walk(s.router, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routed[method+" "+route] = true
		return nil
	}))
	for path, item := range s.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			documented[o.Method+" "+path] = true
			require.NotEmpty(t, o.Metadata[scopeKey], "%s: an operation without a scope lets nobody in", o.OperationID)
			require.NotEmpty(t, o.Summary, o.OperationID)
			require.NotEmpty(t, o.Tags, o.OperationID)
		}
	}
	require.Equal(t, routed, documented)
}

func TestDocument_ExplainsEveryMember(t *testing.T) {
	t.Parallel()

	doc := New(Options{Log: slog.New(slog.DiscardHandler)}).OpenAPI()
	for name, schema := range doc.Components.Schemas.Map() {
		for member, s := range schema.Properties {
			if s.Ref == "" {
				require.NotEmpty(t, s.Description, "%s.%s", name, member)
			}
		}
	}
	for path, item := range doc.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			for _, p := range o.Parameters {
				require.NotEmpty(t, p.Description, "%s %s: %s", o.Method, path, p.Name)
			}
			require.Contains(t, o.Responses, "429", "%s %s: the tenant may have made the calls of the day", o.Method, path)
			require.Contains(t, o.Responses["429"].Headers, "Retry-After", "%s %s", o.Method, path)
			if o.Method == http.MethodPost && heedsKey(o) {
				require.Contains(t, o.Responses, "409", "%s %s: an idempotency key can be refused", o.Method, path)
			}
		}
	}
}
