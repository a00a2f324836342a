package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	doc := flag.String("doc", "", "file whose marked part becomes the report")
	checks := flag.String("checks", "", "file with the numbers of checks, a JSON object a line")
	only := flag.String("only", "", "run only mutations whose name begins so")
	flag.Parse()
	if err := mutate(ctx, os.Stdout, *doc, *checks, *only); err != nil {
		fmt.Fprintln(os.Stderr, "isolation:", err)
		stop()
		os.Exit(1)
	}
}

func mutate(ctx context.Context, w io.Writer, doc, checks, only string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "latchkeep-mutation-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	all := mutations()
	l := &lab{root: root, dir: dir, built: map[string]string{}}
	if l.overlay, err = overlay(root, dir, all); err != nil {
		return err
	}
	outcomes, err := l.all(ctx, w, all, only)
	if err != nil {
		return err
	}
	report, err := newReport(outcomes, checks)
	if err != nil {
		return err
	}
	text := report.markdown()
	fmt.Fprint(w, "\n", text)
	if doc != "" {
		if err := writeBetweenMarks(doc, text); err != nil {
			return err
		}
	}
	var survived []string
	for _, o := range outcomes {
		if len(o.Caught) == 0 {
			survived = append(survived, o.Switch)
		}
	}
	if len(survived) > 0 {
		return fmt.Errorf("no test noticed: %s", strings.Join(survived, "; "))
	}
	return nil
}

// all runs each mutation, after having seen that its tests pass without any.
func (l *lab) all(ctx context.Context, w io.Writer, all []Mutation, only string) ([]outcome, error) {
	healthy := map[Tests]bool{}
	var outcomes []outcome
	for _, m := range all {
		for _, name := range m.switches() {
			if !strings.HasPrefix(name, only) {
				continue
			}
			if !healthy[m.Tests] {
				failed, err := l.run(ctx, m.Tests, "")
				if err != nil {
					return nil, err
				}
				if len(failed) > 0 {
					return nil, fmt.Errorf("without a mutation fail: %s", strings.Join(failed, ", "))
				}
				healthy[m.Tests] = true
			}
			began := time.Now()
			failed, err := l.run(ctx, m.Tests, name)
			if err != nil {
				return nil, err
			}
			o := outcome{Mutation: m, Switch: name, Caught: failed, Took: time.Since(began)}
			outcomes = append(outcomes, o)
			said := strings.Join(failed, ", ")
			if said == "" {
				said = "SURVIVED"
			}
			fmt.Fprintf(w, "%-45s %5.1fs  %s\n", name, o.Took.Seconds(), said)
		}
	}
	if len(outcomes) == 0 {
		return nil, errors.New("no mutation is called so")
	}
	return outcomes, nil
}
