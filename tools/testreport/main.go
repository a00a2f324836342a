// Command testreport reads the events of "go test -json" and tells a person what happened: a line for every package, the output of
// what failed, and at the end the number of tests and the reason of every skip.
//
//	go test -json ./... | testreport [-v] [-no-skips]
//
// It ends with 1 when something failed, when no test ran, or, with -no-skips, when a test was skipped.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	verbose := flag.Bool("v", false, "name every test")
	noSkips := flag.Bool("no-skips", false, "a skipped test is a failure")
	flag.Parse()
	if !report(os.Stdin, os.Stdout, *verbose, *noSkips) {
		os.Exit(1)
	}
}

// report copies what matters from in to out and tells whether all is well.
func report(in io.Reader, out io.Writer, verbose, noSkips bool) bool {
	r := newReader(out, verbose)
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		r.line(line)
		if err != nil {
			break
		}
	}
	r.unfinished()
	r.summary()
	switch {
	case r.failed > 0:
		return false
	case r.passed == 0:
		fmt.Fprintln(out, "no test ran: that is a failure")
		return false
	case noSkips && r.skipped > 0:
		fmt.Fprintln(out, "a test was skipped: that is a failure here")
		return false
	}
	return true
}
