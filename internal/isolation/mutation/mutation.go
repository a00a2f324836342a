// Command mutation takes away one safeguard between tenants at a time and expects tests to notice.
//
//	mutation [-doc FILE -checks FILE] [-only NAME]
//
// All mutations are put into the source at once, through the overlay of the go command, so that no file of the tree is touched. Each is behind a
// switch; the tests are built once and run with one switch on at a time, on SQLite, where the first wall stands alone. What no test notices is printed,
// and the command fails. With -doc the report is written between the marks of that file, with the numbers of checks that the tests of the package
// above left in the file -checks.
package main

import (
	"fmt"
	"path"
	"strings"
)

// A Mutation is a safeguard that is taken away.
type Mutation struct {
	// Name is its switch. Each of Names, where there are some, is one: a mutation of its own, at the same place.
	Name  string
	Names []string
	// What is taken away, in words.
	What string
	// File has the text Old once, and New in its place. In New, {on} is whether the mutation is on, and {unless COND} the condition COND of an SQL
	// text in backquotes, or one that always holds and takes the same parameters; {without TEXT, COND} is the text of a constant, likewise.
	File, Old, New string
	// Tests are those that ought to notice.
	Tests Tests
}

// Tests are some of a package.
type Tests struct{ Package, Run string }

// patched is what stands in the place of Old.
func (m Mutation) patched() string {
	text := strings.ReplaceAll(m.New, "{on}", fmt.Sprintf("mutantOn(%q)", m.Name))
	text = replaceEach(text, "{unless ", func(condition string) string {
		return fmt.Sprintf("` + mutantUnless(%q, `%s`) + `", m.Name, condition)
	})
	return replaceEach(text, "{without ", func(inner string) string {
		name, condition, _ := strings.Cut(inner, ", ")
		return fmt.Sprintf("mutantWithout(%q, %s, `%s`)", m.Name, name, condition)
	})
}

func replaceEach(text, begin string, with func(string) string) string {
	for {
		before, rest, found := strings.Cut(text, begin)
		if !found {
			return text
		}
		inner, after, _ := strings.Cut(rest, "}")
		text = before + with(inner) + after
	}
}

// switches are the names that turn the mutation on, one at a time.
func (m Mutation) switches() []string {
	if len(m.Names) > 0 {
		return m.Names
	}
	return []string{m.Name}
}

// patch puts all mutations of a file into its text. Old text that is not there, or there twice, is an error: the row has to follow the source.
func patch(file, text string, all []Mutation) (string, error) {
	changed := text
	for _, m := range all {
		if m.File != file {
			continue
		}
		if n := strings.Count(text, m.Old); n != 1 {
			return "", fmt.Errorf("mutation %q: %s has its old text %d times, not once:\n%s", m.Name, file, n, m.Old)
		}
		changed = strings.Replace(changed, m.Old, m.patched(), 1)
		if strings.Contains(changed, m.Old) && !strings.Contains(m.patched(), m.Old) {
			return "", fmt.Errorf("mutation %q: another one changes the same text of %s", m.Name, file)
		}
	}
	return changed, nil
}

// switchFile is added to each folder with mutations: it says which is on.
func switchFile(packageName string) string {
	return `package ` + packageName + `

import (
	"os"
	"strings"
)

func mutantOn(name string) bool { return os.Getenv("LATCHKEEP_MUTATION") == name }

func mutantUnless(name, condition string) string {
	if !mutantOn(name) {
		return condition
	}
	always := "1 = 1"
	for _, c := range condition {
		if c == '?' {
			always += " AND ? IS NOT NULL"
		}
	}
	return always
}

// The last one: the conditions before it join tables.
func mutantWithout(name, text, condition string) string {
	if i := strings.LastIndex(text, condition); i >= 0 {
		return text[:i] + mutantUnless(name, condition) + text[i+len(condition):]
	}
	panic("no condition " + condition)
}

var _, _, _ = mutantOn, mutantUnless, mutantWithout
`
}

// packageOf is the name of the package of a file.
func packageOf(file, text string) string {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "package "); ok {
			return strings.TrimSpace(name)
		}
	}
	return path.Base(path.Dir(file))
}
