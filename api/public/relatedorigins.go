package public

import (
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/passkey"
)

// registerRelatedOrigins serves the document that lets pages of related domains use the tenant's passkeys (Web Authentication Level 3, §5.11).
// Like the verification keys, it is ready-made with the tenant's snapshot.
func (s *Server) registerRelatedOrigins() {
	const path = "/.well-known/webauthn"
	cache := "max-age=" + strconv.Itoa(int(passkey.RelatedOriginsMaxAge/time.Second))
	s.router.Get(path, func(w http.ResponseWriter, r *http.Request) {
		origins := passkey.RelatedOriginsOf(middleware.From(r.Context()).Tenant)
		h := w.Header()
		h.Set("Cache-Control", cache)
		h.Set("ETag", origins.ETag())
		if matches(r.Header.Get("If-None-Match"), origins.ETag()) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(origins.JSON())))
		_, _ = w.Write(origins.JSON()) // the client is gone
	})
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "related-origins", Method: http.MethodGet, Path: path, Tags: []string{"Passkeys"},
		Summary: "The origins whose pages may use this tenant's passkeys",
		Description: "Browsers fetch it from https://{relying party id}/.well-known/webauthn before they let a page of another domain use a " +
			"passkey (Web Authentication Level 3, §5.11). Where that host is not this tenant, it must pass the request on.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The origins", Content: jsonOf(s.api, RelatedOrigins{})},
			"304": {Description: "Unchanged since the ETag that was sent"},
			"403": {Description: "The tenant is suspended"},
		},
	})
}

// RelatedOrigins is the document of related origins.
type RelatedOrigins struct {
	Origins []string `json:"origins" doc:"Origins of the web: scheme, host and port"`
}
