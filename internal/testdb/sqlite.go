package testdb

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/migrations"
)

// sqliteTemplate is a migrated file, made once in a process.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "latchkeep-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	m, err := migrations.Open(fileURL(path), nil)
	if err != nil {
		return nil, err
	}
	_, err = m.Up(context.Background())
	if err := errors.Join(err, m.Close()); err != nil { // the last to close writes the log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

func newSQLite(t testing.TB) string {
	t.Helper()
	content, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("migrate template: %v", err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatalf("copy template: %v", err)
	}
	return fileURL(path)
}

func emptySQLite(t testing.TB) dsn.Source {
	t.Helper()
	source, err := dsn.Parse(fileURL(filepath.Join(t.TempDir(), "test.db")))
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func fileURL(path string) string {
	return "sqlite://" + (&url.URL{Path: path}).EscapedPath() + "?synchronous=off"
}
