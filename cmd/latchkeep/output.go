package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// outputFlag says how commands print what they found.
const outputFlag = "output"

// A format is how a command prints: for people or for programs.
type format string

const (
	asText format = "text"
	asJSON format = "json"
)

// String implements pflag.Value.
func (f *format) String() string { return string(*f) }

// Type implements pflag.Value.
func (*format) Type() string { return "text|json" }

// Set implements pflag.Value.
func (f *format) Set(text string) error {
	switch given := format(text); given {
	case asText, asJSON:
		*f = given
		return nil
	}
	return fmt.Errorf("choose %s or %s", asText, asJSON)
}

// addOutputFlag gives all commands the flag.
func addOutputFlag(root *cobra.Command) {
	f := asText
	root.PersistentFlags().Var(&f, outputFlag, "how to print: for people or for programs")
}

// A destination is the value of --output where that also names a file, as Hanko spells it: "json" and "text" mean what they mean for all commands,
// everything else is the file. Both may be given, one after the other.
type destination struct {
	file string
	cmd  *cobra.Command
}

// String implements pflag.Value.
func (d *destination) String() string { return d.file }

// Type implements pflag.Value.
func (*destination) Type() string { return "text|json|file" }

// Set implements pflag.Value.
func (d *destination) Set(text string) error {
	switch format(text) {
	case asText, asJSON:
		return d.cmd.Root().PersistentFlags().Set(outputFlag, text)
	}
	d.file = text
	return nil
}

// writesTo gives a command the flag --output for a file besides.
func writesTo(cmd *cobra.Command, shorthand, file, usage string) *destination {
	d := &destination{file: file, cmd: cmd}
	cmd.Flags().VarP(d, outputFlag, shorthand, usage+`; "json" and "text" say how to print, as for all commands`)
	return d
}

// wantsJSON reports whether a program reads what the command prints.
func wantsJSON(cmd *cobra.Command) bool {
	return cmd.Root().PersistentFlags().Lookup(outputFlag).Value.String() == string(asJSON)
}

// answer prints what a command found: the value as JSON where that was asked for, else the text.
func answer(cmd *cobra.Command, value any, text func(w io.Writer) error) error {
	if wantsJSON(cmd) {
		return printJSON(cmd, value)
	}
	return text(cmd.OutOrStdout())
}

// printJSON writes a value as indented JSON.
func printJSON(cmd *cobra.Command, v any) error {
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// line is a text of one line.
func line(format string, args ...any) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := fmt.Fprintf(w, format+"\n", args...)
		return err
	}
}

// table is a text with columns; rows are separated by tabs.
func table(head string, rows func(w io.Writer)) func(io.Writer) error {
	return func(w io.Writer) error {
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, head)
		rows(t)
		return t.Flush()
	}
}
