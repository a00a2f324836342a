package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// The files that schemas and their pages are written to, as Hanko names them.
const (
	configSchema = "hanko.config.json"
	importSchema = "hanko.user_import.json"
)

func newSchema() *cobra.Command {
	return group("schema", "Write JSON Schemas for editors and scripts, and pages about them for people",
		group("generate", "Write a JSON Schema",
			newSchemaFile("config", "Write the JSON Schema of a tenant's configuration", configSchema, config.Schema),
			newSchemaFile("import", "Write the JSON Schema of files that users are imported from", importSchema, transfer.Schema)),
		group("markdown", "Write a page with a JSON Schema beside it",
			newSchemaPage("config", "Write the reference of a tenant's configuration", configSchema, config.Schema, config.Markdown),
			newSchemaPage("import", "Write the reference of files that users are imported from", importSchema, transfer.Schema, transfer.Markdown)))
}

// newSchemaFile writes a schema that the program has with it.
func newSchemaFile(use, short, file string, schema func() []byte) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs}
	output := writesTo(cmd, "o", "json_schema/"+file, `file to write; "-" prints it`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if output.file == "-" {
			_, err := cmd.OutOrStdout().Write(schema())
			return err
		}
		if strings.HasSuffix(output.file, "/") {
			output.file += "output.schema.json"
		}
		if err := writeReference(output.file, schema()); err != nil {
			return err
		}
		return answer(cmd, map[string]any{"file": output.file}, line("written to %s", output.file))
	}
	return cmd
}

// newSchemaPage writes a page for people, and the schema beside it.
func newSchemaPage(use, short, file string, schema func() []byte, page func() string) *cobra.Command {
	var directory string
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if directory == "-" {
				_, err := cmd.OutOrStdout().Write([]byte(page()))
				return err
			}
			schemaFile := filepath.Join(directory, file)
			pageFile := strings.TrimSuffix(schemaFile, ".json") + ".md"
			if err := writeReference(schemaFile, schema()); err != nil {
				return err
			}
			if err := writeReference(pageFile, []byte(page())); err != nil {
				return err
			}
			return answer(cmd, map[string]any{"file": pageFile, "schema": schemaFile}, line("written to %s and %s", pageFile, schemaFile))
		},
	}
	cmd.Flags().StringVarP(&directory, "out-path", "o", ".generated/docs/"+use, `directory to write to; "-" prints the page`)
	return cmd
}

// writeReference writes a file as the compatible commands do: the directory is made, and only the owner can read the file.
func writeReference(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return fmt.Errorf("write the schema: %w", err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return fmt.Errorf("write the schema: %w", err)
	}
	return nil
}
