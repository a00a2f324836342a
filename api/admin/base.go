package admin

import (
	"net/http"

	"github.com/latchkeep/latchkeep/api/status"
)

// baseRoutes are open to everybody: they say only that the service is there, and what it can do.
func (s *Server) baseRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", status.Page("the admin API of its tenants", "/openapi.json"))
	mux.HandleFunc("GET /health/alive", status.Alive)
	mux.HandleFunc("GET /health/ready", status.Ready(s.o.Ready, s.o.Log))
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		s.document(w, "application/openapi+json", s.OpenAPI().MarshalJSON)
	})
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		s.document(w, "application/openapi+yaml", s.OpenAPI().YAML)
	})
	mux.Handle("/", s.router) // which knows no such route
	return mux
}

func (s *Server) document(w http.ResponseWriter, media string, write func() ([]byte, error)) {
	body, err := write()
	if err != nil {
		s.o.Log.Error("the OpenAPI document cannot be written", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(body) // the client may have gone
}
