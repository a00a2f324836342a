package middleware

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// Routed notes which pattern of the router a request matched, for metrics and traces: paths hold ids, so there is no end of them. A router uses it.
func Routed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if route, request := chi.RouteContext(r.Context()), r.Context().Value(requestKey{}); route != nil && request != nil {
				request.(*Request).Route = route.RoutePattern()
			}
		}()
		next.ServeHTTP(w, r)
	})
}
