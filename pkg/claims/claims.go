// Package claims adds to a session token what a tenant wants to say about its user: it compiles a template of claims once and renders it for
// each user. Spec: session §5.
//
// A template comes from whoever configures the tenant and works on data that users write, so it is bound on every side: the text it makes,
// the work it does, the time it takes, and what it may leave in a token. A template that goes too far loses the claim, never the sign-in.
package claims

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What a template may cost.
const (
	// MaxTime is how long rendering all claims of a token may take.
	MaxTime = 50 * time.Millisecond
	// MaxText is how many bytes one text may have, be it the result or something on the way to it.
	MaxText = 64 << 10
	// MaxSize is how many bytes all claims of a token may have as JSON. What does not fit is left out.
	MaxSize = 16 << 10
	// MaxDepth is how deep lists and objects may lie in each other.
	MaxDepth = 32
	// MaxClaims is how many claims a template may have.
	MaxClaims = 100
	// MaxSource is how many bytes one text of a template may have.
	MaxSource = 16 << 10
)

// reserved claims are the program's own; a template has no say in them.
var reserved = []string{"sub", "iat", "exp", "aud", "iss", "email", "username", "session_id", "amr"}

// A Problem is a claim that is left out, and why. The reason may quote the template, and never what is known about a user.
type Problem struct {
	Claim  string `json:"claim"`
	Reason string `json:"reason"`
}

// A Template is a compiled template of claims. It may be used by several goroutines. Nil and the zero Template have no claims.
type Template struct {
	claims   []claim
	problems []Problem
}

type claim struct {
	name  string
	value node
}

// Compile compiles a template: claims by name, each a text, a number, a boolean, null, or a list or object of those. A claim that could never
// be rendered is left out; Problems tells of it.
func Compile(template map[string]any) *Template {
	t := &Template{}
	for _, name := range slices.Sorted(maps.Keys(template)) {
		value, err := t.compile(name, template[name])
		if err != nil {
			t.problems = append(t.problems, problem(name, err))
			continue
		}
		t.claims = append(t.claims, claim{name, value})
	}
	return t
}

func (t *Template) compile(name string, value any) (node, error) {
	switch {
	case slices.Contains(reserved, name):
		return nil, errors.New("is set by the service itself")
	case len(t.claims) == MaxClaims:
		return nil, fmt.Errorf("is one claim too many: there may be %d", MaxClaims)
	}
	n, err := compile(value, 1)
	if err != nil {
		return nil, err
	}
	if fixed, ok := n.(constant); ok {
		v, err := fit(name, fixed.value)
		if err != nil {
			return nil, err
		}
		return newConstant(v)
	}
	return n, nil
}

// Problems are the claims that were left out when the template was compiled, in order of their names.
func (t *Template) Problems() []Problem {
	if t == nil {
		return nil
	}
	return t.problems
}

// Empty reports whether there is nothing to render.
func (t *Template) Empty() bool { return t == nil || len(t.claims) == 0 }

// Render renders the claims for a user. Those that cannot be rendered for her are left out, and told of.
func (t *Template) Render(u User) (map[string]any, []Problem) {
	if t.Empty() {
		return nil, nil
	}
	b := newBudget()
	root := newRoot(u, b)
	claims := make(map[string]any, len(t.claims))
	var dropped []Problem
	left := MaxSize
	for _, c := range t.claims {
		b.next()
		value, size, err := c.render(root, b, left)
		if err != nil {
			dropped = append(dropped, problem(c.name, err))
			continue
		}
		left -= size
		claims[c.name] = value
	}
	return claims, dropped
}

// render gives the value of a claim and about how many bytes it takes in a token, no more than left.
func (c claim) render(root *root, b *budget, left int) (any, int, error) {
	fixed, ok := c.value.(constant)
	if !ok {
		value, err := c.value.render(root, b)
		if err != nil {
			return nil, 0, err
		}
		if fixed.value, err = fit(c.name, value); err != nil {
			return nil, 0, err
		}
		if fixed.size, err = measure(fixed.value); err != nil {
			return nil, 0, err
		}
	}
	size := fixed.size + len(c.name)
	if size > left {
		return nil, 0, fmt.Errorf("does not fit: all claims together may have %d bytes", MaxSize)
	}
	return fixed.value, size, nil
}

// measure is how many bytes a value has as JSON.
func measure(value any) (int, error) {
	if depth(value) > MaxDepth {
		return 0, errTooDeep
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return 0, fmt.Errorf("cannot be written as JSON: %w", err)
	}
	return len(raw), nil
}

// problem shortens an error to what a person can read.
func problem(claim string, err error) Problem {
	const most = 300
	reason := strings.ToValidUTF8(err.Error(), "�")
	if len(reason) > most {
		reason = strings.ToValidUTF8(reason[:most], "") + "…"
	}
	return Problem{Claim: claim, Reason: reason}
}
