package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// test is one that has started.
type test struct {
	output      []string
	parent      bool // it has subtests, and is not counted itself
	childFailed bool
	done        bool
}

type pack struct {
	tests                   map[string]*test
	output                  []string
	passed, failed, skipped int
}

type reader struct {
	out                     io.Writer
	verbose                 bool
	packs                   map[string]*pack
	passed, failed, skipped int
	reasons                 map[string][]string // why → the tests that were skipped
	failures                []failure
	slow                    []slow
	started                 time.Time
}

// failure is a test that failed, or a package, and how what it said begins.
type failure struct {
	name  string
	began []string
}

// beginning is how many lines of what a failed test said are shown once more at the end.
const beginning = 15

type slow struct {
	pack    string
	seconds float64
}

func newReader(out io.Writer, verbose bool) *reader {
	return &reader{out: out, verbose: verbose, packs: map[string]*pack{}, reasons: map[string][]string{}, started: time.Now()}
}

func (r *reader) line(line []byte) {
	if len(line) == 0 {
		return
	}
	var e event
	if line[0] != '{' || json.Unmarshal(line, &e) != nil {
		r.out.Write(line)
		return
	}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.out, e.Output)
	case e.Package == "":
	case e.Test == "":
		r.packEvent(e)
	default:
		r.testEvent(e)
	}
}

func (r *reader) pack(name string) *pack {
	p := r.packs[name]
	if p == nil {
		p = &pack{tests: map[string]*test{}}
		r.packs[name] = p
	}
	return p
}

func (r *reader) testEvent(e event) {
	p := r.pack(e.Package)
	t := p.tests[e.Test]
	if t == nil {
		t = &test{}
		p.tests[e.Test] = t
		for name := e.Test; ; {
			i := strings.LastIndexByte(name, '/')
			if i < 0 {
				break
			}
			name = name[:i]
			if up := p.tests[name]; up != nil {
				up.parent = true
			}
		}
	}
	switch e.Action {
	case "output":
		t.output = append(t.output, e.Output)
	case "pass", "fail", "skip":
		r.testEnd(p, t, e)
	}
}

func (r *reader) testEnd(p *pack, t *test, e event) {
	t.done = true
	if e.Action == "fail" {
		for name := e.Test; ; {
			i := strings.LastIndexByte(name, '/')
			if i < 0 {
				break
			}
			name = name[:i]
			if up := p.tests[name]; up != nil {
				up.childFailed = true
			}
		}
	}
	switch {
	case e.Action == "fail":
		r.print(t.output)
		if !t.childFailed {
			p.failed++
			r.fail(e.Package+" "+e.Test, t.output)
		}
	case t.parent:
	case e.Action == "pass":
		p.passed++
	case e.Action == "skip":
		p.skipped++
		why := reason(t.output)
		r.reasons[why] = append(r.reasons[why], path.Base(e.Package)+"."+e.Test)
	}
	if r.verbose && e.Action != "fail" {
		fmt.Fprintf(r.out, "%s--- %s: %s (%.2fs)\n", strings.Repeat("    ", strings.Count(e.Test, "/")), strings.ToUpper(e.Action), e.Test, e.Elapsed)
	}
	t.output = nil
}

func (r *reader) packEvent(e event) {
	p := r.pack(e.Package)
	switch e.Action {
	case "output":
		p.output = append(p.output, e.Output)
	case "pass", "fail", "skip":
		if e.Action == "fail" {
			r.endOpen(e.Package, p)
			if p.failed == 0 {
				p.failed++
				r.fail(e.Package, p.output)
				r.print(p.output)
			}
		}
		r.passed, r.failed, r.skipped = r.passed+p.passed, r.failed+p.failed, r.skipped+p.skipped
		switch {
		case e.Action == "fail":
			fmt.Fprintf(r.out, "FAIL\t%s\t%.2fs\t(%s)\n", e.Package, e.Elapsed, count(p.passed, p.failed, p.skipped))
		case p.passed+p.skipped > 0:
			fmt.Fprintf(r.out, "ok  \t%s\t%.2fs\t(%s)\n", e.Package, e.Elapsed, count(p.passed, p.failed, p.skipped))
			r.slow = append(r.slow, slow{e.Package, e.Elapsed})
		}
		delete(r.packs, e.Package)
	}
}

// endOpen shows what tests said that never ended: a panic or a time-out stopped them.
func (r *reader) endOpen(name string, p *pack) {
	for _, testName := range slices.Sorted(maps.Keys(p.tests)) {
		t := p.tests[testName]
		if t.done || t.parent {
			continue
		}
		fmt.Fprintf(r.out, "=== %s %s did not end; it said:\n", name, testName)
		r.print(t.output)
		p.failed++
		r.fail(name+" "+testName+" (did not end)", t.output)
	}
}

// unfinished counts packages that never reported an end: go test itself was stopped.
func (r *reader) unfinished() {
	for _, name := range slices.Sorted(maps.Keys(r.packs)) {
		p := r.packs[name]
		r.endOpen(name, p)
		if p.failed == 0 {
			p.failed++
			r.fail(name+" (did not end)", p.output)
		}
		r.print(p.output)
		r.passed, r.failed, r.skipped = r.passed+p.passed, r.failed+p.failed, r.skipped+p.skipped
	}
}

func (r *reader) summary() {
	fmt.Fprintln(r.out)
	if r.verbose {
		slices.SortFunc(r.slow, func(a, b slow) int { return cmp.Compare(b.seconds, a.seconds) })
		fmt.Fprintln(r.out, "slowest packages:")
		for _, s := range r.slow[:min(8, len(r.slow))] {
			fmt.Fprintf(r.out, "  %7.2fs  %s\n", s.seconds, s.pack)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(r.reasons)) {
		tests := r.reasons[why]
		slices.Sort(tests)
		shown := strings.Join(tests[:min(4, len(tests))], ", ")
		if len(tests) > 4 {
			shown += ", …"
		}
		fmt.Fprintf(r.out, "SKIPPED %d: %s\n  %s\n", len(tests), why, shown)
	}
	for _, f := range r.failures {
		fmt.Fprintf(r.out, "FAILED %s\n", f.name)
		for _, line := range f.began {
			fmt.Fprint(r.out, "  ", line)
		}
	}
	fmt.Fprintf(r.out, "tests took %s\n", time.Since(r.started).Round(time.Second))
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
}

// fail remembers a failure for the summary, so that the end of a long report says what went wrong.
func (r *reader) fail(name string, output []string) {
	said := telling(output)
	r.failures = append(r.failures, failure{name, said[:min(beginning, len(said))]})
}

func (r *reader) print(output []string) {
	for _, line := range telling(output) {
		fmt.Fprint(r.out, line)
	}
}

// telling is the output of a test without the lines that only say that it runs.
func telling(output []string) []string {
	return slices.DeleteFunc(slices.Clone(output), func(line string) bool { return strings.HasPrefix(line, "=== ") })
}

func count(passed, failed, skipped int) string {
	s := fmt.Sprintf("%d passed", passed)
	if failed > 0 {
		s += fmt.Sprintf(", %d failed", failed)
	}
	if skipped > 0 {
		s += fmt.Sprintf(", %d skipped", skipped)
	}
	return s
}

var place = regexp.MustCompile(`^\s*\S+\.go:\d+: `)

// reason is what a test said when it was skipped.
func reason(output []string) string {
	for _, line := range output {
		if at := place.FindString(line); at != "" {
			return strings.TrimSpace(line[len(at):])
		}
	}
	return "no reason given"
}
