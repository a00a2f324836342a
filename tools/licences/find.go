package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A part is something of others in a binary: a module, Go itself, or embedded files.
type part struct {
	Name, Version string
	Texts         []text
}

// A text is a file that says something about rights.
type text struct {
	Name    string // from the part's root, with slashes
	Content string
}

// systems are those that releases are built for. What is linked in differs between them, between their processors it does not matter here.
var systems = []string{"linux", "darwin"}

// saysRights matches names of files with licences and notices, and not the source of a package called license.
var saysRights = regexp.MustCompile(`(?i)^(un)?(licen[cs]es?|copying|copyright|notice|patents|third[_-]party)([._-].*)?$`)

// find is everything of others that the program at root contains, by name.
func find(root string) ([]part, error) {
	modules, err := linked(root)
	if err != nil {
		return nil, err
	}
	golang, err := standardLibrary(root)
	if err != nil {
		return nil, err
	}
	embedded, err := embeddedFiles(root)
	if err != nil {
		return nil, err
	}
	parts := slices.Concat(modules, golang, embedded)
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.Name, b.Name) })
	return parts, nil
}

// linked are the modules of the packages that are linked, with the texts at their roots and next to the packages.
func linked(root string) ([]part, error) {
	const format = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}} {{$.Dir}}{{end}}{{end}}`
	found := map[string]*part{}
	for _, system := range systems {
		out, err := goCommand(root, []string{"GOOS=" + system, "CGO_ENABLED=0"}, "list", "-deps", "-f", format, "./cmd/latchkeep")
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(out) {
			field := strings.Fields(line)
			if len(field) != 4 {
				continue
			}
			p := found[field[0]]
			if p == nil {
				p = &part{Name: field[0], Version: field[1]}
				found[p.Name] = p
			}
			if err := p.readUpwards(field[2], field[3]); err != nil {
				return nil, err
			}
		}
	}
	parts := make([]part, 0, len(found))
	for _, p := range found {
		slices.SortFunc(p.Texts, func(a, b text) int { return strings.Compare(a.Name, b.Name) })
		parts = append(parts, *p)
	}
	return parts, nil
}

// readUpwards adds the texts in dir and in all folders between it and the module's root.
func (p *part) readUpwards(module, dir string) error {
	for {
		if err := p.read(module, dir); err != nil {
			return err
		}
		if dir == module || len(dir) <= len(module) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

func (p *part) read(module, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	within, err := filepath.Rel(module, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(filepath.ToSlash(within), e.Name())
		known := slices.ContainsFunc(p.Texts, func(t text) bool { return t.Name == name })
		if !e.Type().IsRegular() || !saysRights.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" || known {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		p.Texts = append(p.Texts, text{Name: name, Content: string(content)})
	}
	return nil
}

// standardLibrary is Go itself.
func standardLibrary(root string) ([]part, error) {
	out, err := goCommand(root, nil, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	dir, version, _ := strings.Cut(strings.TrimSpace(out), "\n")
	p := part{Name: "go (standard library)", Version: version}
	if err := p.read(dir, dir); err != nil {
		return nil, err
	}
	if len(p.Texts) == 0 { // Debian keeps it elsewhere
		if err := p.read("/usr/share/doc/golang-go", "/usr/share/doc/golang-go"); err != nil {
			return nil, fmt.Errorf("the licence of Go is not in %s: %w", dir, err)
		}
	}
	return []part{p}, nil
}

// embeddedFiles are those of others in the repository. Their licence lies beside them as LICENSE.name.
func embeddedFiles(root string) ([]part, error) {
	var parts []part
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (slices.Contains([]string{".git", "bin", "e2e", "tools", "testdata", "node_modules"}, e.Name()) || file == filepath.Join(root, ".latchkeep")) {
			return filepath.SkipDir
		}
		of, is := strings.CutPrefix(e.Name(), "LICENSE.")
		if !is || !e.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(file)
		parts = append(parts, part{Name: of + " (embedded)", Texts: []text{{Name: e.Name(), Content: string(content)}}})
		return err
	})
	return parts, err
}

func goCommand(dir string, env []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, complaint.String())
	}
	return string(out), nil
}
