package rules

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// comments finds packages that do not say what they are for.
func comments(files []file) []string {
	type pack struct{ written, said bool }
	packs := map[string]*pack{}
	for _, f := range files {
		p := packs[f.dir]
		if p == nil {
			p = &pack{}
			packs[f.dir] = p
		}
		if f.test || f.generated {
			continue
		}
		p.written = true
		want := "Package " + f.ast.Name.Name + " "
		if f.ast.Name.Name == "main" {
			want = "Command "
		}
		if strings.HasPrefix(f.ast.Doc.Text(), want) {
			p.said = true
		}
	}
	var broken []string
	for dir, p := range packs {
		if p.written && !p.said {
			broken = append(broken, fmt.Sprintf("%s: no file has a package comment (“Package …”, or “Command …” for a program)", dir))
		}
	}
	slices.Sort(broken)
	return broken
}

// sleeps finds tests that wait for time to pass instead of for a condition. A file that uses testing/synctest
// is left alone: its clock is not the real one. So is a line below a comment that begins with “// sleep:” and gives the reason.
func sleeps(files []file) []string {
	var broken []string
	for _, f := range files {
		if !f.test && !slices.Contains(beside, room(f.dir)) {
			continue
		}
		if f.local("testing/synctest") != "" {
			continue
		}
		f.calls("time", "Sleep", func(call *ast.CallExpr) {
			if !f.marked(call, "sleep: ") {
				broken = append(broken, f.at(call)+": wait for a condition, not for time.Sleep (or say why in a comment “// sleep: …”)")
			}
		})
	}
	return broken
}

// contexts finds work that nobody can cancel: below the programs, a context comes from the caller.
func contexts(files []file) []string {
	var broken []string
	for _, f := range files {
		if f.test || f.generated || f.ast.Name.Name == "main" || slices.Contains(append(beside, "cmd"), room(f.dir)) {
			continue
		}
		for _, name := range []string{"Background", "TODO"} {
			f.calls("context", name, func(call *ast.CallExpr) {
				broken = append(broken, fmt.Sprintf("%s: context.%s below cmd; take the caller's context", f.at(call), name))
			})
		}
	}
	return broken
}

// inits finds work done by merely importing a package.
func inits(files []file) []string {
	var broken []string
	for _, f := range files {
		if f.generated {
			continue
		}
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				broken = append(broken, f.at(fn)+": no init functions; let the caller construct what it needs")
			}
		}
	}
	return broken
}
