package main

import (
	"fmt"
	"slices"
	"strings"
)

// notices are the licences of all parts as a list, and then their texts.
func notices(parts []part) string {
	var b strings.Builder
	b.WriteString("Latchkeep contains the work of others, under the licences that follow: first a list, then the texts.\n\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "%s %s: %s\n", p.Name, p.Version, strings.Join(p.licences(), ", "))
		if slices.Contains(p.licences(), "MPL-2.0") {
			fmt.Fprintf(&b, "    its source: https://proxy.golang.org/%s/@v/%s.zip\n", escaped(p.Name), p.Version)
		}
	}
	for _, p := range parts {
		for _, t := range p.Texts {
			fmt.Fprintf(&b, "\n%s\n%s %s, %s\n\n%s\n", strings.Repeat("=", 80), p.Name, p.Version, t.Name, strings.TrimSpace(t.Content))
		}
	}
	return b.String()
}

// escaped is a module's path as the module proxy spells it: capitals are marked.
func escaped(path string) string {
	var b strings.Builder
	for _, r := range path {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('!')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
