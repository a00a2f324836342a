package public

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/tenants"
)

// registerKeys serves the tenant's verification keys (RFC 7517 §5). The answer is ready-made with the tenant's snapshot.
func (s *Server) registerKeys() {
	cache := "max-age=" + strconv.Itoa(int(tenants.JWKSMaxAge/time.Second))
	s.router.Get("/.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		keys := middleware.From(r.Context()).Tenant.Keys
		h := w.Header()
		h.Set("Cache-Control", cache)
		h.Set("ETag", keys.ETag())
		if matches(r.Header.Get("If-None-Match"), keys.ETag()) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(keys.JWKS())))
		_, _ = w.Write(keys.JWKS()) // the client is gone
	})
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "jwks", Method: http.MethodGet, Path: "/.well-known/jwks.json", Tags: []string{"Keys"},
		Summary:     "The keys that verify this tenant's tokens",
		Description: "A JSON Web Key Set (RFC 7517). Cache it for as long as Cache-Control says; a rotation never breaks clients that do.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The key set", Content: jsonOf(s.api, KeySet{})},
			"304": {Description: "Unchanged since the ETag that was sent"},
		},
	})
}

// KeySet is a JSON Web Key Set.
type KeySet struct {
	Keys []map[string]any `json:"keys" doc:"Public keys (RFC 7517 §4)"`
}

// matches compares an If-None-Match header with an entity tag (RFC 9110 §13.1.2).
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
