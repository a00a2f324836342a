package wire

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/ent/scope"
)

// readyTimeout bounds the check of readiness.
const readyTimeout = 3 * time.Second

// Ops is what the operator's machines ask: is it alive, is it ready, how does it do.
func (a *App) Ops() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.ready(r.Context()); err != nil {
			if !errors.Is(err, errDraining) {
				a.Log.WarnContext(r.Context(), "not ready", "error", err)
			}
			text(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		text(w, http.StatusOK, "ready")
	})
	metrics := a.metrics.Handler()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if a.works.Load() {
			a.working.Measure(r.Context())
		}
		metrics.ServeHTTP(w, r)
	})
	return mux
}

// ready checks that more requests may be sent here. A server that is about to end is not ready, however well it answers.
func (a *App) ready(ctx context.Context) error {
	if a.draining.Load() {
		return errDraining
	}
	return a.healthy(ctx)
}

// healthy checks that the database answers and has every migration.
func (a *App) healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := a.Store.Ping(ctx); err != nil {
		return err
	}
	return a.atHead(ctx)
}

// atHead checks that the database has every migration of this program.
func (a *App) atHead(ctx context.Context) error {
	return migrations.Check(scope.With(ctx, scope.System("look at the books of migrations")), a.Store.Dialect(), a.Store.Raw())
}

func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body + "\n")) // the client is gone
}
