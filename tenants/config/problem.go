package config

import (
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing wrong with a configuration.
type Problem struct {
	Path   string `json:"path"`   // dotted, such as session.cookie.name or webhooks.hooks[0].callback; empty for the whole
	Reason string `json:"reason"` // reads after the path and never quotes a secret
}

func (p Problem) String() string {
	if p.Path == "" {
		return p.Reason
	}
	return p.Path + ": " + p.Reason
}

// Problems is everything wrong with a configuration. Nil means nothing is.
type Problems []Problem

// Error names every problem.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.String()
	}
	return strings.Join(texts, "; ")
}

// Err is nil when nothing is wrong.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

func (p *Problems) add(path, format string, args ...any) {
	*p = append(*p, Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// nearest is the known name a misspelt one was probably meant to be, or empty.
func nearest(name string, known []string) string {
	best, least := "", 3
	if len(name) < 5 {
		least = 2
	}
	for _, candidate := range known {
		if d := distance(strings.ToLower(name), candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the letters to insert, drop or change.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := slices.Clone(row)
		row[0] = i + 1
		for j := range len(b) {
			change := previous[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, previous[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
