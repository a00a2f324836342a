package flows_test

import (
	"os"
	"path/filepath"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// TestTables holds the decision tables of the specification against what a client sees: every combination of their columns on SQLite, the
// first one of each row elsewhere. testdata/tables/README.md explains how they are written.
func TestTables(t *testing.T) {
	t.Parallel()

	files, err := filepath.Glob("testdata/tables/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var tables []*table
	for _, file := range files {
		table, err := readTable(file)
		require.NoError(t, err)
		require.Contains(t, drives(), table.drive, "%s: the drive", file)
		tables = append(tables, table)
	}
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		for _, table := range tables {
			t.Run(table.name, func(t *testing.T) {
				t.Parallel()
				shops := map[string]*testenv.Tenant{}
				for _, row := range table.rows {
					if row.result == impossible {
						continue
					}
					t.Run(row.label(), func(t *testing.T) { row.check(t, env, shops) })
				}
			})
		}
		t.Cleanup(func() { require.Empty(t, env.Errors(), "nothing went wrong unexpectedly") })
	}, testenv.WithPool("1"), testenv.Quiet())
}

// check drives the cases of a row and names each that ends elsewhere.
func (r *row) check(t *testing.T, env *testenv.Env, shops map[string]*testenv.Tenant) {
	cases := r.cases
	if env.Dialect != dialect.SQLite || underRace {
		cases = cases[:1]
	}
	for _, c := range cases {
		d := &driver{T: t, tableCase: c, env: env, shops: shops}
		d.prepare()
		if got := drives()[c.table.drive](d); got != r.result {
			t.Errorf("%s:\n\twant %s\n\tgot  %s", c, r.result, got)
		}
	}
}

func TestTables_SayOfEveryCombinationWhatHappens(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"column a: yes no\na |\nyes | x":             "no row says what happens at a=no",
		"column a: yes no\na |\nyes | x\n* | y":      "the rows in lines 3 and 4 both say what happens at a=yes",
		"column a: yes no\na |\n* | x\nmaybe | y":    `a is never "maybe"`,
		"column a: yes no\ncolumn b: 1\na |\n* | x":  "2 columns are told, 1 are in the header",
		"column a: yes no\na |\nyes | x\nno yes | y": "2 cells for 1 columns",
	} {
		file := filepath.Join(t.TempDir(), "table.txt")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := readTable(file)
		require.ErrorContains(t, err, want)
	}
}
