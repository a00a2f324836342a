package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/cli.md anew")

// TestDocument_OfTheCommandLineIsThatOfTheProgram keeps docs/cli.md what the commands say of themselves.
func TestDocument_OfTheCommandLineIsThatOfTheProgram(t *testing.T) {
	t.Parallel()

	const file = "../../docs/cli.md"
	var b strings.Builder
	document(&b, newRoot())
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(written), "run go test ./cmd/latchkeep -run TestDocument -update")
}

func document(b *strings.Builder, root *cobra.Command) {
	b.WriteString(`# The command line

<!-- Written by "go test ./cmd/latchkeep -run TestDocument -update" from the commands themselves. -->

Every command reads the same [settings](configuration.md): from the file, the environment and flags. Flags may stand before or after the names of
commands. A command that did what it was asked for exits with 0, any other with 1 and a line on standard error that says what to do; one that was not
called as it says prints its usage, too. ` + "`tenant plan`" + ` and ` + "`key reencrypt --dry-run`" + ` exit with 2 where something is to be changed.

` + "`--output json`" + ` makes every command that tells something print JSON on standard output, for scripts. ` + "`latchkeep completion bash|zsh|fish|powershell`" + ` prints
what makes a shell complete commands, flags and the slugs of tenants.

## Flags of all commands

`)
	flags(b, root.PersistentFlags())
	for _, cmd := range root.Commands() {
		describeCommand(b, cmd, 2)
	}
}

func describeCommand(b *strings.Builder, cmd *cobra.Command, level int) {
	if cmd.Hidden || cmd.Name() == "help" || cmd.Name() == "completion" {
		return
	}
	use := cmd.CommandPath() + strings.TrimPrefix(cmd.Use, cmd.Name())
	if level == 2 {
		fmt.Fprintf(b, "\n## `%s`\n", use)
	} else {
		fmt.Fprintf(b, "\n### `%s`\n", use)
	}
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(b, "\n%s\n", text)
	if local := cmd.LocalNonPersistentFlags(); local.HasAvailableFlags() {
		b.WriteString("\n")
		flags(b, local)
	}
	for _, sub := range cmd.Commands() {
		describeCommand(b, sub, level+1)
	}
}

func flags(b *strings.Builder, set *pflag.FlagSet) {
	b.WriteString("| Flag | Default | |\n|---|---|---|\n")
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		fallback := ""
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" && f.DefValue != "0s" {
			fallback = "`" + f.DefValue + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, fallback, strings.ReplaceAll(f.Usage, "|", `\|`))
	})
}
