//go:build e2e

package e2e

import (
	"testing"

	"entgo.io/ent/dialect"
)

func TestDev(t *testing.T) {
	needBrowser(t)
	t.Parallel()
	allJourneys(t, devMode(t))
}

func TestPostgresAndRedis(t *testing.T) { inProduction(t, dialect.Postgres, journeys, allJourneys) }

func TestMariaDBAndRedis(t *testing.T) { inProduction(t, dialect.MySQL, allJourneys, journeys) }

func inProduction(t *testing.T, database string, hosts, paths func(*testing.T, *deployment)) {
	t.Helper()
	needBrowser(t)
	t.Parallel()
	p := produce(t, database)
	t.Run("tenants by host", func(t *testing.T) {
		t.Parallel()
		hosts(t, byHost(t, p))
	})
	t.Run("tenants by path", func(t *testing.T) {
		t.Parallel()
		paths(t, byPath(t, p))
	})
}

func needBrowser(t *testing.T) {
	t.Helper()
	if browser == nil {
		t.Skip("there is no Chromium: nothing is tested in a browser (package chromium)")
	}
}
