package api

import (
	"io"
	"net/http"
)

// statusPage is the answer to GET /, for people who look with a browser.
const statusPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Latchkeep</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}</style></head>
<body><h1>Latchkeep is running</h1><p>This is the operators' API. Its description is at <a href="/v1/openapi.json">/v1/openapi.json</a>.</p></body>
</html>
`

// statusRoutes are open to everybody: they say only that the service is there.
func (a *API) statusRoutes() {
	a.router.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_, _ = io.WriteString(w, statusPage) // the client may have gone
	})
	a.router.Get("/health/alive", func(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK, `{"alive":true}`) })
	a.router.Get("/health/ready", func(w http.ResponseWriter, r *http.Request) {
		if err := a.o.Ready(r.Context()); err != nil {
			a.o.Log.WarnContext(r.Context(), "not ready", "error", err)
			health(w, http.StatusServiceUnavailable, `{"ready":false}`)
			return
		}
		health(w, http.StatusOK, `{"ready":true}`)
	})
}

func health(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body+"\n") // the client may have gone
}
