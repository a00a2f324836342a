package wire

import (
	"net/http"

	"github.com/swaggest/swgui/v5emb"
)

// documentPage serves a page that shows an OpenAPI document, from embedded assets, and the document itself beside it.
func documentPage(title, base string, document func() ([]byte, error)) http.Handler {
	specification := base + "openapi.json"
	page := v5emb.New(title, specification, base)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != specification {
			w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
			page.ServeHTTP(w, r)
			return
		}
		body, err := document()
		if err != nil {
			http.Error(w, "the document cannot be made", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the client is gone
	})
}
