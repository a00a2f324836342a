package admin

import (
	"io"
	"net/http"
)

// statusPage is the answer to GET /, for people who look with a browser.
const statusPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Latchkeep</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}</style></head>
<body><h1>Latchkeep is running</h1><p>This is the admin API of its tenants. Its description is at <a href="/openapi.json">/openapi.json</a>.</p></body>
</html>
`

// baseRoutes are open to everybody: they say only that the service is there, and what it can do.
func (s *Server) baseRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_, _ = io.WriteString(w, statusPage) // the client may have gone
	})
	mux.HandleFunc("GET /health/alive", func(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK, `{"alive":true}`) })
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, r *http.Request) {
		if err := s.o.Ready(r.Context()); err != nil {
			s.o.Log.WarnContext(r.Context(), "not ready", "error", err)
			health(w, http.StatusServiceUnavailable, `{"ready":false}`)
			return
		}
		health(w, http.StatusOK, `{"ready":true}`)
	})
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		s.document(w, "application/openapi+json", s.OpenAPI().MarshalJSON)
	})
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		s.document(w, "application/openapi+yaml", s.OpenAPI().YAML)
	})
	mux.Handle("/", s.router) // which knows no such route
	return mux
}

func health(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body+"\n") // the client may have gone
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
