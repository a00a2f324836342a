package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// The marks in the document between which the report stands.
const (
	beginMark = "<!-- report: written by make isolation DOC=1 -->"
	endMark   = "<!-- end of report -->"
)

// A report is what ran.
type report struct {
	outcomes []outcome
	// counts are numbers of checks, by suite and kind, then by database.
	counts map[[2]string]map[string]int
}

func newReport(outcomes []outcome, checks string) (*report, error) {
	r := &report{outcomes: outcomes, counts: map[[2]string]map[string]int{}}
	if checks == "" {
		return r, nil
	}
	file, err := os.Open(checks)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Suite, Dialect string
			Checks         map[string]int
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("read %s: %w", checks, err)
		}
		for kind, n := range line.Checks {
			of := [2]string{line.Suite, kind}
			if r.counts[of] == nil {
				r.counts[of] = map[string]int{}
			}
			r.counts[of][line.Dialect] = n
		}
	}
	return r, lines.Err()
}

var databases = []struct{ dialect, name string }{{"sqlite3", "SQLite"}, {"postgres", "PostgreSQL"}, {"mysql", "MariaDB"}}

func (r *report) markdown() string {
	var b strings.Builder
	if len(r.counts) > 0 {
		b.WriteString("| Checks | SQLite | PostgreSQL | MariaDB |\n|---|---|---|---|\n")
		totals := map[string]int{}
		kinds := slices.SortedFunc(maps.Keys(r.counts), func(a, c [2]string) int {
			return slices.Compare(a[:], c[:])
		})
		for _, of := range kinds {
			fmt.Fprintf(&b, "| %s |", of[1])
			for _, d := range databases {
				fmt.Fprintf(&b, " %d |", r.counts[of][d.dialect])
				totals[d.dialect] += r.counts[of][d.dialect]
			}
			b.WriteString("\n")
		}
		b.WriteString("| **in all** |")
		for _, d := range databases {
			fmt.Fprintf(&b, " **%d** |", totals[d.dialect])
		}
		b.WriteString("\n\n")
	}
	caught := 0
	for _, o := range r.outcomes {
		if len(o.Caught) > 0 {
			caught++
		}
	}
	fmt.Fprintf(&b, "%d mutations, %d noticed.\n\n| Taken away | In | Noticed by |\n|---|---|---|\n", len(r.outcomes), caught)
	for _, row := range r.rows() {
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", row[0], row[1], row[2])
	}
	return b.String()
}

// rows are those of the table. Mutations that share a place share a row, where the same test noticed all of them.
func (r *report) rows() (rows [][3]string) {
	for _, o := range r.outcomes {
		noticed := "**nothing**"
		if len(o.Caught) > 0 {
			noticed = "`" + strings.Join(o.Caught, "`, `") + "`"
		}
		what := o.What
		if len(o.Names) > 0 {
			what = fmt.Sprintf("%s (%d)", o.What, len(o.Names))
		}
		row := [3]string{what, o.File, noticed}
		if len(rows) == 0 || rows[len(rows)-1] != row {
			rows = append(rows, row)
		}
	}
	return rows
}

func writeBetweenMarks(name, text string) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(old), beginMark)
	_, after, ends := strings.Cut(rest, endMark)
	if !begins || !ends {
		return errors.New(name + " has no marks for the report")
	}
	return os.WriteFile(name, []byte(before+beginMark+"\n\n"+text+"\n"+endMark+after), 0o644)
}
