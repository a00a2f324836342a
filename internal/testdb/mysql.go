package testdb

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/migrations"
)

// used are migrated databases that a test of this process has finished with and that were emptied. Making tables is what takes time here, so
// they are used again. Those that are left when the process ends stay on the server, which is private to the tests.
var used struct {
	sync.Mutex
	urls []string
}

func newMySQL(t testing.TB, admin dsn.Source) string {
	t.Helper()
	url := takeUsed()
	if url == "" {
		url = migratedMySQL(t, admin)
	}
	t.Cleanup(func() {
		if t.Failed() {
			return // it may be left in any state
		}
		if err := emptyTables(context.Background(), url); err != nil {
			t.Errorf("empty test database: %v", err)
			return
		}
		used.Lock()
		defer used.Unlock()
		used.urls = append(used.urls, url)
	})
	return url
}

func takeUsed() string {
	used.Lock()
	defer used.Unlock()
	if len(used.urls) == 0 {
		return ""
	}
	url := used.urls[len(used.urls)-1]
	used.urls = used.urls[:len(used.urls)-1]
	return url
}

func migratedMySQL(t testing.TB, admin dsn.Source) string {
	t.Helper()
	source := createMySQL(t, admin)
	m, err := migrations.Open(source.Raw(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Up(t.Context())
	if err := errors.Join(err, m.Close()); err != nil {
		t.Fatalf("migrate test database: %v", err)
	}
	return source.Raw()
}

func emptyTables(ctx context.Context, url string) error {
	source, err := dsn.Parse(url)
	if err != nil {
		return err
	}
	db, err := source.OpenPlain()
	if err != nil {
		return err
	}
	for _, table := range []string{"tenants", "operators", "operator_tokens", "purge_receipts"} { // the others go with their tenant
		if _, e := db.ExecContext(ctx, "DELETE FROM "+table); e != nil {
			err = errors.Join(err, e)
		}
	}
	return errors.Join(err, db.Close())
}

func emptyMySQL(t testing.TB, admin dsn.Source) dsn.Source {
	t.Helper()
	source := createMySQL(t, admin)
	name := source.Raw()[strings.LastIndex(source.Raw(), "/latchkeep_test_")+1:]
	name, _, _ = strings.Cut(name, "?")
	t.Cleanup(func() { run(t, admin, context.Background(), "DROP DATABASE "+name) })
	return source
}

func createMySQL(t testing.TB, admin dsn.Source) dsn.Source {
	t.Helper()
	name := "latchkeep_test_" + strings.ToLower(rand.Text()[:16])
	run(t, admin, t.Context(), "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	source, err := with(admin, "", name)
	if err != nil {
		t.Fatal(err)
	}
	return source
}
