package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/ddl"
)

const root = "../../.."

// TestMutations_FindWhatTheyTakeAway reads the source: whoever changes a safeguard says anew how it is taken away.
func TestMutations_FindWhatTheyTakeAway(t *testing.T) {
	t.Parallel()

	all, names := mutations(), map[string]bool{}
	require.GreaterOrEqual(t, len(all), 25)
	for _, m := range all {
		require.False(t, names[m.Name], "%s is there twice", m.Name)
		names[m.Name] = true
		source, err := os.ReadFile(filepath.Join(root, m.File))
		require.NoError(t, err)
		text, err := patch(m.File, string(source), all)
		require.NoError(t, err)
		require.Contains(t, text, "mutant", "nothing is switched in %s", m.File)
		require.DirExists(t, filepath.Join(root, m.Tests.Package))
	}
	require.Len(t, entityNames(), len(ddl.TenantTables()), "name each entity of tenants")
}

// TestPatch_InsistsOnItsText: a row whose text is gone, or is there twice, fails.
func TestPatch_InsistsOnItsText(t *testing.T) {
	t.Parallel()

	one := []Mutation{{Name: "x", File: "a.go", Old: "if a {", New: "if a && !{on} {"}}
	text, err := patch("a.go", "if a { b() }", one)
	require.NoError(t, err)
	require.Equal(t, `if a && !mutantOn("x") { b() }`, text)
	for _, source := range []string{"", "if b {", "if a { if a {"} {
		_, err := patch("a.go", source, one)
		require.ErrorContains(t, err, `mutation "x"`)
	}
	condition := Mutation{Name: "x", New: "`WHERE {unless t = ?} AND u = ?`"}
	require.Equal(t, "`WHERE ` + mutantUnless(\"x\", `t = ?`) + ` AND u = ?`", condition.patched())
}
