package wire_test

import (
	"io/fs"
	"log/slog"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

// load makes settings from pairs of paths and values.
func load(t *testing.T, pairs ...string) *settings.Settings {
	t.Helper()
	defaults := map[string]string{"secrets.keys": "a master secret of tests only", "database.url": "sqlite://unused.db"}
	for i := 0; i < len(pairs); i += 2 {
		defaults[pairs[i]] = pairs[i+1]
	}
	s, _, err := settings.Load(settings.LoadOptions{
		Defaults: defaults, ReadFile: func(string) ([]byte, error) { return nil, fs.ErrNotExist },
	})
	require.NoError(t, err)
	return s
}

// build puts the program together on a database of its own.
func build(t *testing.T, pairs ...string) *wire.App {
	t.Helper()
	s := load(t, append([]string{"database.url", testdb.URL(t, dialect.SQLite)}, pairs...)...)
	app, err := wire.New(t.Context(), s, wire.Options{Log: slog.New(slog.DiscardHandler), Version: "test"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, app.Close()) })
	return app
}
