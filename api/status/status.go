// Package status is what the servers of back ends and operators say of themselves to everybody: that they are there, and whether they can serve.
package status

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
)

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Latchkeep</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}</style></head>
<body><h1>Latchkeep is running</h1><p>This is %s. Its description is at <a href="%[2]s">%[2]s</a>.</p></body>
</html>
`

// Page answers people who look with a browser: what the API is, and the path of its description. Both are texts of ours.
func Page(what, description string) http.HandlerFunc {
	body := fmt.Sprintf(page, what, description)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		_, _ = io.WriteString(w, body) // the client may have gone
	}
}

// Alive answers that the process does.
func Alive(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, `{"alive":true}`) }

// Ready answers whether requests can be served: 200, or 503 with the reason in the log alone.
func Ready(ready func(context.Context) error, log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			log.WarnContext(r.Context(), "not ready", "error", err)
			say(w, http.StatusServiceUnavailable, `{"ready":false}`)
			return
		}
		say(w, http.StatusOK, `{"ready":true}`)
	}
}

func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body+"\n") // the client may have gone
}
