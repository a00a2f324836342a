package api_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/console/api"
	"github.com/latchkeep/latchkeep/internal/contract"
)

func TestOpenAPI_IsPublishedAsItIs(t *testing.T) {
	t.Parallel()

	doc := api.New(api.Options{Log: slog.New(slog.DiscardHandler), Version: "development"})
	for file, document := range map[string]*huma.OpenAPI{"console.json": doc.OpenAPI(), "compatible.json": doc.CompatibleOpenAPI()} {
		raw, err := document.MarshalJSON()
		require.NoError(t, err)
		contract.Published(t, raw, "../../docs/openapi/"+file, *update, "go test ./console/api -run TestOpenAPI_IsPublished -update")
	}
}

func TestOpenAPI_DescribesEveryOperationForPeopleAndPrograms(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	for name, doc := range map[string]*huma.OpenAPI{"v1": c.doc.OpenAPI(), "compatible": c.doc.CompatibleOpenAPI()} {
		media := map[string]string{"v1": "application/problem+json", "compatible": "application/json"}[name]
		require.Equal(t, "3.1.0", doc.OpenAPI)
		require.NotEmpty(t, doc.Components.SecuritySchemes)
		for path, item := range doc.Paths {
			for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
				if op == nil {
					continue
				}
				where := name + " " + op.Method + " " + path
				require.NotEmpty(t, op.Summary, where)
				require.NotEmpty(t, op.Tags, where)
				require.NotContains(t, op.Responses, "422", where)
				require.NotContains(t, op.Responses, "default", where)
				for _, status := range []string{"401", "403", "500"} {
					require.Contains(t, op.Responses, status, where)
					require.Contains(t, op.Responses[status].Content, media, where)
					require.Len(t, op.Responses[status].Content, 1, where)
				}
				for _, p := range op.Parameters {
					require.NotEmpty(t, p.Description, where+" "+p.Name)
				}
			}
		}
	}
}

func TestOpenAPI_DocumentIsServedAndComplete(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	for _, path := range []string{"/v1/openapi.json", "/openapi.json"} {
		a := c.must(t, 200, "GET", path, "", "Authorization", "")
		var doc struct {
			Paths      map[string]any
			Components struct {
				Schemas map[string]struct {
					Properties map[string]struct{ Description string }
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(a.Text), &doc))
		require.NotEmpty(t, doc.Paths)
		for name, schema := range doc.Components.Schemas {
			if strings.HasPrefix(name, "Error") && name != "ErrorDetail" {
				continue
			}
			for property, p := range schema.Properties {
				require.NotEmpty(t, p.Description, "%s: %s.%s", path, name, property)
			}
		}
		require.NotContains(t, a.Text, "ErrorModel")
		require.NotContains(t, a.Text, "$schema")
	}
}
