package rules

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const module = "github.com/latchkeep/latchkeep"

// A file is one Go file of this module.
type file struct {
	path      string // from the root of the repository, with slashes
	dir       string // the same, of its package; "." at the root
	test      bool   // its name ends with _test.go
	generated bool   // written by a generator; only imports are read
	fset      *token.FileSet
	ast       *ast.File
}

// at says where a node is, for a message.
func (f file) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(n.Pos()).Line)
}

// imports lists the paths that the file imports.
func (f file) imports() []string {
	paths := make([]string, 0, len(f.ast.Imports))
	for _, spec := range f.ast.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// ours lists the packages of this module that the file imports, as directories.
func (f file) ours() []string {
	var dirs []string
	for _, p := range f.imports() {
		if dir, ok := strings.CutPrefix(p, module+"/"); ok {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// local is the name under which the file calls the package; "" when it does not import it.
func (f file) local(importPath string) string {
	for _, spec := range f.ast.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err != nil || p != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// calls gives each call of pkg.name in the file to found.
func (f file) calls(importPath, name string, found func(*ast.CallExpr)) {
	local := f.local(importPath)
	if local == "" {
		return
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if selector, ok := call.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == name {
			if id, ok := selector.X.(*ast.Ident); ok && id.Name == local {
				found(call)
			}
		}
		return true
	})
}

// marked tells whether the line of the node, or the one above it, carries a comment that begins with the mark.
func (f file) marked(n ast.Node, mark string) bool {
	line := f.fset.Position(n.Pos()).Line
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			at := f.fset.Position(c.Pos()).Line
			if (at == line || at == line-1) && strings.HasPrefix(c.Text, "// "+mark) {
				return true
			}
		}
	}
	return false
}

var generatedLine = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// parse reads one file. Of a generated one it reads no further than the imports.
func parse(name string, source []byte) (file, error) {
	f := file{path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), fset: token.NewFileSet()}
	head, _, _ := bytes.Cut(source, []byte("\npackage "))
	f.generated = generatedLine.Match(head)
	mode := parser.ParseComments | parser.SkipObjectResolution
	if f.generated {
		mode = parser.ImportsOnly
	}
	var err error
	f.ast, err = parser.ParseFile(f.fset, name, source, mode)
	return f, err
}

// tree reads every Go file of the module below root. Other modules, such as the build tools, are not part of it.
func tree(root string) ([]file, error) {
	var files []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if p == root {
				return nil
			}
			_, statErr := os.Stat(filepath.Join(p, "go.mod"))
			if strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || statErr == nil {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		source, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		f, err := parse(filepath.ToSlash(rel), source)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	return files, err
}
