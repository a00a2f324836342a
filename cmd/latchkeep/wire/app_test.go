package wire_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestNew_RefusesADatabaseThatLacksMigrations(t *testing.T) {
	t.Parallel()

	s := load(t, "database.url", testdb.Empty(t, dialect.SQLite).Raw())
	_, err := wire.New(t.Context(), s, wire.Options{Log: slog.New(slog.DiscardHandler)})
	var pending *migrations.PendingError
	require.ErrorAs(t, err, &pending)

	s.Database.AutoMigrate = true
	app, err := wire.New(t.Context(), s, wire.Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, app.Close())
	require.NoError(t, app.Close(), "closing twice does no harm")
}

func TestOps_IsAliveWithoutADatabaseButNotReady(t *testing.T) {
	t.Parallel()

	app := build(t)
	ops := app.Ops()
	require.Equal(t, http.StatusOK, get(ops, "/livez").Code)
	require.Equal(t, http.StatusOK, get(ops, "/readyz").Code)
	require.Equal(t, http.StatusOK, get(ops, "/metrics").Code)
	require.Equal(t, http.StatusNotFound, get(ops, "/debug/pprof/").Code)

	require.NoError(t, app.Store.Close())
	require.Equal(t, http.StatusOK, get(ops, "/livez").Code)
	answer := get(ops, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, answer.Code)
	require.Equal(t, "not ready\n", answer.Body.String(), "why is for the log")
}

func TestDocs_AreServedFromTheBinaryAlone(t *testing.T) {
	t.Parallel()

	app := build(t)
	for path, h := range map[string]http.Handler{wire.PublicDocs: app.Public(), wire.ConsoleDocs: app.Console()} {
		page := get(h, path)
		require.Equal(t, http.StatusOK, page.Code)
		for _, tag := range []string{`src="http`, `href="http`, `src="//`, `href="//`} {
			require.NotContains(t, page.Body.String(), tag, "nothing comes from elsewhere")
		}
		document := get(h, path+"openapi.json")
		require.Equal(t, http.StatusOK, document.Code)
		require.Contains(t, document.Header().Get("Content-Type"), "application/json")
		require.True(t, strings.HasPrefix(document.Body.String(), "{"), "a document: %.80s", document.Body)
		require.Contains(t, document.Body.String(), `"openapi":"3.1`)
	}
}

func TestAdmin_AnswersItsHealthAndNothingElseWithoutAKey(t *testing.T) {
	t.Parallel()

	admin := build(t).Admin()
	require.JSONEq(t, `{"alive":true}`, get(admin, "/health/alive").Body.String())
	require.JSONEq(t, `{"ready":true}`, get(admin, "/health/ready").Body.String())
	require.Equal(t, http.StatusUnauthorized, get(admin, "/users").Code)
}
