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
	"syscall"
)

// version is set by the build: -ldflags "-X main.version=…".
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newRoot().ExecuteContext(ctx); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintln(os.Stderr, "latchkeep: "+err.Error())
		}
		os.Exit(1)
	}
}

// errReported ends a command that has said on its own what is wrong.
var errReported = errors.New("reported")
