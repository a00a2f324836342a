package settings

import (
	"fmt"
	"strings"
)

// A Problem is one thing that keeps the process from starting. It never contains a secret value.
type Problem struct {
	Key    string // as the operator wrote it: path in the file, environment variable or flag
	Path   string // canonical path of the key, empty when there is none
	Where  string // file and line, "environment", "flag"; empty for a missing value
	Reason string // what is wrong
	Fix    string // what to do
}

// String is one line: key, place, reason and remedy.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.Key)
	if p.Where != "" {
		fmt.Fprintf(&b, " (%s)", p.Where)
	}
	b.WriteString(": ")
	b.WriteString(p.Reason)
	if p.Fix != "" {
		b.WriteString("; ")
		b.WriteString(p.Fix)
	}
	return b.String()
}

// Problems is the error of Load: everything that is wrong, in one go.
type Problems []Problem

func (p Problems) Error() string {
	if len(p) == 1 {
		return "settings: " + p[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "settings: %d problems", len(p))
	for _, one := range p {
		b.WriteString("\n  ")
		b.WriteString(one.String())
	}
	return b.String()
}

// A Notice is something the operator should know although the process can start. The caller logs it.
type Notice struct {
	Key     string // as the operator wrote it
	Where   string // as in Problem
	Text    string
	Warning bool // false: for information
}

func (n Notice) String() string {
	switch {
	case n.Key == "":
		return n.Text
	case n.Where == "":
		return n.Key + ": " + n.Text
	default:
		return fmt.Sprintf("%s (%s): %s", n.Key, n.Where, n.Text)
	}
}

// Notices are returned by Load in the order in which they were found.
type Notices []Notice

// An Origin tells where a value came from.
type Origin struct {
	Layer Layer
	Name  string // path in the file, environment variable or flag; the canonical path for a default
	File  string // the file read, for the file layer and for …_FILE variables
	Line  int    // in File, 0 when unknown
}

// A Layer is a source of values; a later one wins.
type Layer int

// The layers, weakest first.
const (
	Default Layer = iota
	File
	Environment
	Flag
)

func (l Layer) String() string {
	return [...]string{"default", "file", "environment", "flag"}[l]
}

// where names the place for messages.
func (o Origin) where() string {
	switch {
	case o.Layer == Default:
		return ""
	case o.Layer == File && o.Line > 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	case o.Layer == File:
		return o.File
	case o.File != "":
		return "environment, from " + o.File
	default:
		return o.Layer.String()
	}
}

// report collects problems and notices while the layers are read.
type report struct {
	problems Problems
	notices  Notices
}

func (r *report) problem(path string, at Origin, reason, fix string) {
	name := at.Name
	if name == "" {
		name = path
	}
	r.problems = append(r.problems, Problem{Key: name, Path: path, Where: at.where(), Reason: reason, Fix: fix})
}

func (r *report) warn(at Origin, format string, args ...any) {
	r.notices = append(r.notices, Notice{Key: at.Name, Where: at.where(), Text: fmt.Sprintf(format, args...), Warning: true})
}

func (r *report) inform(at Origin, format string, args ...any) {
	r.notices = append(r.notices, Notice{Key: at.Name, Where: at.where(), Text: fmt.Sprintf(format, args...)})
}
