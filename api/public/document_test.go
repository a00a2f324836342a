package public_test

import (
	"flag"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/api/public"
	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

var update = flag.Bool("update", false, "write the published document")

func TestDocument_IsPublishedAsItIs(t *testing.T) {
	t.Parallel()

	s := public.New(public.Options{Flows: testenv.OnSQLite(t).App.Flows, Log: slog.New(slog.DiscardHandler), Version: "development"})
	raw, err := s.OpenAPI()
	require.NoError(t, err)
	contract.Published(t, raw, "../../docs/openapi/public.json", *update, "go test ./api/public -run TestDocument -update")
}
