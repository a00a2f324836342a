package claims

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
)

// A text is one that differs from user to user.
type text struct {
	t *template.Template
	// functions says that it calls functions, which are bound to a budget before each rendering.
	functions bool
}

// compileText compiles a text of a template. One without actions is a constant.
func compileText(source string) (node, error) {
	if len(source) > MaxSource {
		return nil, fmt.Errorf("a text has more than %d bytes", MaxSource)
	}
	if !strings.Contains(source, "{{") {
		return newConstant(convert(source))
	}
	t, err := template.New("claim").Funcs(functions(nil)).Option("missingkey=error").Parse(source)
	if err != nil {
		return nil, err
	}
	if err := interruptible(t); err != nil {
		return nil, err
	}
	return text{t, callsFunctions(source)}, nil
}

func (x text) render(r *root, b *budget) (value any, err error) {
	// Whatever an interpreter may get wrong costs the claim alone.
	defer func() {
		if failure := recover(); failure != nil {
			value, err = nil, errors.New("the template fails")
		}
	}()
	t := x.t
	if x.functions {
		if t, err = t.Clone(); err != nil {
			return nil, err
		}
		t.Funcs(functions(b))
	}
	w := &writer{budget: b}
	if err := t.Execute(w, r); err != nil {
		return nil, err
	}
	return convert(w.text.String()), nil
}

// writer takes what a template writes, and stops the template at its limits.
type writer struct {
	budget *budget
	text   bytes.Buffer
}

func (w *writer) Write(p []byte) (int, error) {
	if err := w.budget.spend(1 + len(p)/unit); err != nil {
		return 0, err
	}
	if w.text.Len()+len(p) > MaxText {
		return 0, errTooLong
	}
	return w.text.Write(p)
}

// interruptible makes a template stop where its writer refuses, whatever it does. The package text/template runs on until something is
// written, which {{range 1000000000}}{{end}} never does; so we have it write nothing, before each step.
func interruptible(t *template.Template) error {
	all := t.Templates()
	calls := map[string][]string{}
	for _, one := range all {
		if one.Tree == nil || one.Root == nil {
			continue
		}
		var called []string
		tick(one.Root, &called)
		calls[one.Name()] = called
	}
	// A template that calls itself would fill the stack before it spends its budget.
	state := map[string]int{}
	var circular func(name string) bool
	circular = func(name string) bool {
		switch state[name] {
		case 1:
			return true
		case 2:
			return false
		}
		state[name] = 1
		for _, next := range calls[name] {
			if circular(next) {
				return true
			}
		}
		state[name] = 2
		return false
	}
	for name := range calls {
		if circular(name) {
			return errors.New("a template calls itself")
		}
	}
	return nil
}

// tick puts an empty text before each node of a list, and collects the templates that are called in it.
func tick(l *parse.ListNode, calls *[]string) {
	if l == nil {
		return
	}
	nodes := make([]parse.Node, 0, 2*len(l.Nodes)+1)
	for _, n := range l.Nodes {
		nodes = append(nodes, &parse.TextNode{NodeType: parse.NodeText, Pos: n.Position()}, n)
		switch n := n.(type) {
		case *parse.IfNode:
			branches(&n.BranchNode, calls)
		case *parse.WithNode:
			branches(&n.BranchNode, calls)
		case *parse.RangeNode:
			branches(&n.BranchNode, calls)
		case *parse.TemplateNode:
			*calls = append(*calls, n.Name)
		}
	}
	if len(l.Nodes) == 0 {
		nodes = append(nodes, &parse.TextNode{NodeType: parse.NodeText, Pos: l.Pos})
	}
	l.Nodes = nodes
}

func branches(n *parse.BranchNode, calls *[]string) {
	tick(n.List, calls)
	tick(n.ElseList, calls)
}
