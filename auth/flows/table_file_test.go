package flows_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A table is a decision table of the specification. testdata/tables/README.md explains how they are written.
type table struct {
	name    string
	drive   string
	given   map[string]string
	columns []*column
	rows    []*row
}

// A column is a condition, and what each of its values sets.
type column struct {
	name   string
	values []string
	sets   map[string]map[string]string // by value
}

// A row is a set of combinations that have the same result.
type row struct {
	line   int
	cells  [][]string // the values that fit, by column
	result string
	reason string // why it is impossible
	cases  []*tableCase
}

const impossible = "impossible"

// A tableCase is a combination of values of all columns.
type tableCase struct {
	table  *table
	row    *row
	number int
	values []string
	given  map[string]string // everything that is set
}

func (c *tableCase) String() string {
	var b strings.Builder
	for i, col := range c.table.columns {
		fmt.Fprintf(&b, " %s=%s", col.name, c.values[i])
	}
	return fmt.Sprintf("%s:%d%s", c.table.name, c.row.line, b.String())
}

func readTable(file string) (*table, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t := &table{name: strings.TrimSuffix(filepath.Base(file), ".txt"), given: map[string]string{}}
	var open *column // whose values are being told
	headed := false
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		indented := strings.HasPrefix(line, " ")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if indented && open != nil {
			err = open.tell(line)
		} else {
			open, err = t.read(line, i+1, &headed)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	return t, t.expand()
}

// read understands a line that is not indented. It returns the column whose values follow, if any.
func (t *table) read(line string, number int, headed *bool) (*column, error) {
	word, rest, _ := strings.Cut(line, " ")
	switch rest = strings.TrimSpace(rest); {
	case strings.Contains(line, "|") && !*headed:
		*headed = true
		return nil, t.head(line)
	case strings.Contains(line, "|"):
		return nil, t.row(line, number)
	case word == "drive":
		t.drive = rest
		return nil, nil
	case word == "given":
		return nil, assign(t.given, rest)
	case word == "column":
		return t.column(rest)
	}
	return nil, fmt.Errorf("what is %q?", word)
}

// column: NAME = SETTING: VALUE…, or NAME: VALUE… for what the drive asks for, or NAME with its values below.
func (t *table) column(rest string) (*column, error) {
	c := &column{sets: map[string]map[string]string{}}
	t.columns = append(t.columns, c)
	left, values, listed := strings.Cut(rest, ":")
	name, setting, named := strings.Cut(left, "=")
	c.name = strings.TrimSpace(name)
	if !listed {
		return c, nil
	}
	if setting = strings.TrimSpace(setting); !named {
		setting = c.name
	}
	for _, value := range strings.Fields(values) {
		c.values = append(c.values, value)
		c.sets[value] = map[string]string{setting: value}
	}
	return nil, nil
}

// tell: VALUE SETTING=VALUE…
func (c *column) tell(line string) error {
	value, rest, _ := strings.Cut(line, " ")
	c.values = append(c.values, value)
	c.sets[value] = map[string]string{}
	return assign(c.sets[value], rest)
}

func assign(into map[string]string, list string) error {
	for _, pair := range strings.Fields(list) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("%q sets nothing", pair)
		}
		into[name] = value
	}
	return nil
}

// head names the columns in the order of the rows.
func (t *table) head(line string) error {
	left, _, _ := strings.Cut(line, "|")
	var ordered []*column
	for _, name := range strings.Fields(left) {
		i := slices.IndexFunc(t.columns, func(c *column) bool { return c.name == name })
		if i < 0 {
			return fmt.Errorf("there is no column %q", name)
		}
		ordered = append(ordered, t.columns[i])
	}
	if len(ordered) != len(t.columns) {
		return fmt.Errorf("%d columns are told, %d are in the header", len(t.columns), len(ordered))
	}
	t.columns = ordered
	return nil
}

func (t *table) row(line string, number int) error {
	left, result, _ := strings.Cut(line, "|")
	cells := strings.Fields(left)
	if len(cells) != len(t.columns) {
		return fmt.Errorf("%d cells for %d columns", len(cells), len(t.columns))
	}
	r := &row{line: number, result: strings.Join(strings.Fields(result), " ")}
	if why, ok := strings.CutPrefix(r.result, impossible+": "); ok {
		r.result, r.reason = impossible, why
	}
	for i, cell := range cells {
		fits := strings.Split(cell, "/")
		if cell == "*" {
			fits = t.columns[i].values
		}
		for _, value := range fits {
			if !slices.Contains(t.columns[i].values, value) {
				return fmt.Errorf("%s is never %q", t.columns[i].name, value)
			}
		}
		r.cells = append(r.cells, fits)
	}
	t.rows = append(t.rows, r)
	return nil
}

// expand finds the row of every combination: there must be exactly one.
func (t *table) expand() error {
	at := make([]int, len(t.columns))
	for number := 0; ; number++ {
		c := &tableCase{table: t, number: number, given: maps.Clone(t.given)}
		for i, col := range t.columns {
			value := col.values[at[i]]
			c.values = append(c.values, value)
			maps.Copy(c.given, col.sets[value])
		}
		for _, r := range t.rows {
			if !r.fits(c.values) {
				continue
			}
			if c.row != nil {
				return fmt.Errorf("%s: the rows in lines %d and %d both say what happens at%s", t.name, c.row.line, r.line, c.on())
			}
			c.row = r
		}
		if c.row == nil {
			return fmt.Errorf("%s: no row says what happens at%s", t.name, c.on())
		}
		c.row.cases = append(c.row.cases, c)

		i := len(at) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < len(t.columns[i].values) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			break
		}
	}
	for _, r := range t.rows {
		if len(r.cases) == 0 {
			return fmt.Errorf("%s:%d: the row fits nothing", t.name, r.line)
		}
	}
	return nil
}

func (c *tableCase) on() string {
	var b strings.Builder
	for i, col := range c.table.columns {
		fmt.Fprintf(&b, " %s=%s", col.name, c.values[i])
	}
	return b.String()
}

func (r *row) fits(values []string) bool {
	for i, value := range values {
		if !slices.Contains(r.cells[i], value) {
			return false
		}
	}
	return true
}
