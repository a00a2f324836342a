package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// A misuse is a command that was not called as it says: its usage helps.
type misuse struct{ err error }

func (m misuse) Error() string { return m.err.Error() }
func (m misuse) Unwrap() error { return m.err }

// misused reports whether a command failed because of how it was called.
func misused(err error) bool {
	if _, ok := errors.AsType[misuse](err); ok {
		return true
	}
	text := err.Error() // cobra has no errors of its own kind for these
	return strings.HasPrefix(text, "required flag(s)") || strings.HasPrefix(text, "if any flags in the group")
}

// markMisuse makes mistakes in flags and arguments of a command, and of those in it, a misuse.
func markMisuse(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misuse{err} })
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return misuse{err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		markMisuse(sub)
	}
}

// noSuchCommand is what a command that only holds others says of arguments: a name that none of them has is a mistake.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2 // letters to change
	if meant := cmd.SuggestionsFor(args[0]); len(meant) > 0 {
		text += "; did you mean " + strings.Join(meant, " or ") + "?"
	}
	return errors.New(text)
}
