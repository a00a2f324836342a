package admin

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the published document")

// published is the document that people read, and that the client of internal/adminclient is generated from.
const published = "../../docs/openapi/admin.json"

func TestDocument_IsPublishedAsItIs(t *testing.T) {
	t.Parallel()

	raw, err := New(Options{Log: slog.New(slog.DiscardHandler), Version: "development"}).OpenAPI().MarshalJSON()
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, raw, "", "  "))
	b.WriteByte('\n')
	if *update {
		require.NoError(t, os.MkdirAll("../../docs/openapi", 0o755))
		require.NoError(t, os.WriteFile(published, b.Bytes(), 0o644))
	}
	want, err := os.ReadFile(published)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, b.Bytes()), "the document changed: write it with: go test ./api/admin -run TestDocument -update && go generate ./internal/adminclient")
}
