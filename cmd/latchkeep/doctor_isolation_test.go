package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// told is what doctor isolation says to programs.
type told struct {
	OK    bool
	Rules []struct {
		Rule    string
		Checked int
		Broken  []string
		Omitted string
	}
}

func TestDoctorIsolation_CountsWhatItAsked(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := onDatabase(t, name)
			m.must(t, "tenant", "create", "shop")
			m.must(t, "tenant", "create", "bank")
			said := m.must(t, "doctor", "isolation")
			require.Regexp(t, `(?m)^ok +unique_keys +\d+ unique keys +unique keys contain the tenant$`, said)
			require.NotContains(t, said, "BROKEN")
			require.Equal(t, name != dialect.Postgres, strings.Contains(said, "not asked"))
			for _, args := range [][]string{{"--tenant", "shop"}, {"--schema-only"}, nil} {
				var found told
				require.NoError(t, json.Unmarshal([]byte(m.must(t, append([]string{"doctor", "isolation", "--output", "json"}, args...)...)), &found))
				require.True(t, found.OK)
				for _, r := range found.Rules {
					require.Empty(t, r.Broken, r.Rule)
				}
			}
			m.refuses(t, []string{"doctor", "isolation", "--tenant", "nobody"}, "no such tenant")
		})
	}
	node(t).refuses(t, []string{"doctor", "isolation"}, "migrat")
}

func TestDoctorIsolation_FailsWhereATableIsOpen(t *testing.T) {
	t.Parallel()

	m := onDatabase(t, dialect.SQLite)
	m.must(t, "tenant", "create", "shop")
	source, err := dsn.Parse(m.database)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE notes (id uuid PRIMARY KEY, tenant_id uuid, text text)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	said := m.run(t, "doctor", "isolation")
	require.Equal(t, 1, said.code)
	require.Regexp(t, `BROKEN +tenant_column +\d+ columns`, said.stdout)
	require.Contains(t, said.stdout, "-> notes.tenant_id may be NULL")
	require.Contains(t, said.stderr, "tenants are not kept apart")
	said = m.run(t, "doctor", "isolation", "--output", "json")
	require.Equal(t, 1, said.code)
	var found told
	require.NoError(t, json.Unmarshal([]byte(said.stdout), &found))
	require.False(t, found.OK)
}
