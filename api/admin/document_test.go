package admin

import (
	"flag"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/contract"
)

var update = flag.Bool("update", false, "write the published document")

// published is the document that people read, and that the client of internal/adminclient is generated from.
const published = "../../docs/openapi/admin.json"

func TestDocument_IsPublishedAsItIs(t *testing.T) {
	t.Parallel()

	raw, err := New(Options{Log: slog.New(slog.DiscardHandler), Version: "development"}).OpenAPI().MarshalJSON()
	require.NoError(t, err)
	contract.Published(t, raw, published, *update, "go test ./api/admin -run TestDocument -update && go generate ./internal/adminclient")
}
