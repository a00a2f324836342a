package federation_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The columns of testdata/linking.txt and what they may say.
var columns = []struct {
	name   string
	values []string
}{
	{"start", []string{"sign-in", "register", "connect", "orphan"}},
	{"identity", []string{"none", "kim", "lee", "pending"}},
	{"address", []string{"none", "new", "ownerless", "kim", "kim?", "lee"}},
	{"verified", []string{"yes", "no"}},
	{"linking", []string{"yes", "no"}},
	{"signup", []string{"yes", "no"}},
}

// A row of the table, and how often it said what must happen.
type row struct {
	line    int
	cells   [][]string
	outcome string
	used    int
}

func (r *row) fits(combination []string) bool {
	for i, cell := range r.cells {
		if cell[0] != "*" && !slices.Contains(cell, combination[i]) {
			return false
		}
	}
	return true
}

func readTable(t *testing.T) []*row {
	t.Helper()
	text, err := os.ReadFile("testdata/linking.txt")
	require.NoError(t, err)
	var rows []*row
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		left, outcome, found := strings.Cut(line, "->")
		words := strings.Fields(left)
		require.True(t, found && len(words) == len(columns), "line %d", i+1)
		r := &row{line: i + 1, outcome: strings.TrimSpace(outcome)}
		for c, word := range words {
			cell := strings.Split(word, ",")
			for _, value := range cell {
				require.True(t, value == "*" || slices.Contains(columns[c].values, value), "line %d: %s", i+1, value)
			}
			r.cells = append(r.cells, cell)
		}
		rows = append(rows, r)
	}
	return rows
}

// combinations of everything, but that an address which is not there is not verified.
func combinations() [][]string {
	all := [][]string{nil}
	for _, c := range columns {
		var longer [][]string
		for _, begun := range all {
			for _, value := range c.values {
				longer = append(longer, append(slices.Clone(begun), value))
			}
		}
		all = longer
	}
	return slices.DeleteFunc(all, func(c []string) bool { return c[2] == "none" && c[3] == "yes" })
}
