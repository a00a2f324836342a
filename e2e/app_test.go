//go:build e2e

package e2e

import (
	_ "embed"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/elements"
)

//go:embed app.html
var appPage []byte

// servePage serves the page of an app that uses hanko-elements, as docs/hanko-elements.md tells. The tenant's base URL is in the query.
// It answers to every host name, and gives its port.
func servePage(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(appPage) // the browser is gone
	})
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", elements.Handler()))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	return u.Port()
}
