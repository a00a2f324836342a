// Command latchkeep is the multi-tenant authentication service: its servers, its worker and the tools of its operators.
//
// Each command has a file of its own here and decides nothing: it reads the settings, has the parts put together by the package wire, and
// runs them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// Set by the build: -ldflags "-X main.version=…". The commit and its date (RFC 3339, UTC) are empty where the build was not told.
var (
	version = "development"
	commit  string
	date    string
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if cmd, err := newRoot().ExecuteContextC(ctx); err != nil {
		if status, ok := errors.AsType[exitStatus](err); ok {
			os.Exit(int(status))
		}
		if misused(err) {
			fmt.Fprintln(os.Stderr, cmd.UsageString())
		}
		fmt.Fprintln(os.Stderr, "latchkeep: "+explain(err))
		os.Exit(1)
	}
}

// exitStatus ends the program with a status that is an answer and no failure.
type exitStatus int

// Error implements error.
func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// explain is an error for people: everything that is wrong where several things are, and no inner workings where the domain says what it is.
func explain(err error) string {
	text := err.Error()
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || p.Kind == problem.KindInternal || p.Message == "" {
		return text
	}
	text = strings.Replace(text, p.Error(), p.Message, 1)
	for _, f := range p.Fields {
		text += "\n  " + f.Path + ": " + f.Reason
	}
	return text
}
