package public

import (
	"net/http"

	"github.com/latchkeep/latchkeep/api/hosted"
	"github.com/latchkeep/latchkeep/api/middleware"
)

// registerHosted serves the pages of tenants that have switched them on. Elsewhere it is as if they were not there. GET /profile is nobody's: the
// flow of that name takes POST only.
func (s *Server) registerHosted() {
	pages := hosted.New(s.options.RoundTrip.Allows)
	on := func(page, otherwise http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if !middleware.From(r.Context()).Tenant.Config.HostedPage.Enabled {
				otherwise(w, r)
				return
			}
			page(w, r)
		}
	}
	s.router.Get("/sign-in", on(pages.SignIn, notFound))
	s.router.Get("/profile", on(pages.Profile, s.flowHandler("profile")))
	s.router.Get(hosted.Prefix+"*", on(pages.Assets().ServeHTTP, notFound))
}
