package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/declared"
)

// differs is the exit status where something is to be changed.
const differs exitStatus = 2

func newTenantPlan() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "plan -f FILE", Short: "Show what would make tenants as a file says; exit status 2 where something would change", Args: cobra.NoArgs,
		Long: "Show what would make tenants as a YAML or JSON file says, and change nothing. The exit status is 2 where something would change, 0 where nothing " +
			"would. See docs/settings-as-code.md.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withDeclared(cmd, file, func(ctx context.Context, app *wire.App, list []declared.Tenant) error {
				steps, err := declared.Plan(ctx, app.Provisioner, list)
				if err != nil {
					return err
				}
				if err := answer(cmd, steps, stepsText(steps)); err != nil {
					return err
				}
				for _, s := range steps {
					if s.Action != declared.Keep {
						return differs
					}
				}
				return nil
			})
		},
	}
	fileFlag(cmd, &file)
	return cmd
}

func newTenantApply() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "apply -f FILE", Short: "Make tenants as a file says", Args: cobra.NoArgs,
		Long: "Make tenants as a YAML or JSON file says: those that are missing are created; name, status and configuration are set. Tenants that the file " +
			"does not name stay as they are. Applying again changes nothing. See docs/settings-as-code.md.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withDeclared(cmd, file, func(ctx context.Context, app *wire.App, list []declared.Tenant) error {
				steps, err := declared.Apply(ctx, app.Provisioner, tenants.ByCLI, list)
				if err != nil {
					return err
				}
				return answer(cmd, steps, stepsText(steps))
			})
		},
	}
	fileFlag(cmd, &file)
	return cmd
}

func fileFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "file", "f", "", "YAML or JSON file with tenants; - is the standard input")
	_ = cmd.MarkFlagRequired("file") // there is such a flag
}

// withDeclared reads the tenants of a file before the database is opened.
func withDeclared(cmd *cobra.Command, file string, use func(context.Context, *wire.App, []declared.Tenant) error) error {
	from := cmd.InOrStdin()
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		defer f.Close()
		from = f
	}
	list, err := declared.Read(from, os.LookupEnv)
	if err != nil {
		return err
	}
	return open(cmd, func(ctx context.Context, app *wire.App) error { return use(ctx, app, list) })
}

// stepsText shows changes a line each: + is new, - is gone, ~ is another value.
func stepsText(steps []declared.Step) func(io.Writer) error {
	return func(w io.Writer) error {
		for _, s := range steps {
			if _, err := fmt.Fprintf(w, "%s: %s\n", s.Slug, s.Action); err != nil {
				return err
			}
			for _, c := range s.Changes {
				if _, err := fmt.Fprintf(w, "  ~ %s: %s -> %s\n", c.Path, compact(c.Old), compact(c.New)); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(text)
}

// A shape is how tenant show prints.
type shape string

const asYAML shape = "yaml"

// String implements pflag.Value.
func (s *shape) String() string { return string(*s) }

// Type implements pflag.Value.
func (*shape) Type() string { return "json|yaml" }

// Set implements pflag.Value.
func (s *shape) Set(text string) error {
	switch shape(text) {
	case "json", "text", asYAML:
		*s = shape(text)
		return nil
	}
	return fmt.Errorf("choose json or %s", asYAML)
}

// printYAML writes a value as YAML, by the names that it has in JSON.
func printYAML(cmd *cobra.Command, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var node yaml.Node // JSON is YAML; reading it so keeps the order and the spelling of numbers
	if err := yaml.Unmarshal(raw, &node); err != nil {
		return err
	}
	unquote(&node)
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(b.Bytes())
	return err
}

// unquote lets the encoder choose how to write things, in place of how JSON does.
func unquote(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		unquote(child)
	}
}
