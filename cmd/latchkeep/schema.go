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

func newSchema() *cobra.Command {
	return group("schema", "Write JSON Schemas for editors and scripts",
		group("generate", "Write a JSON Schema",
			newSchemaFile("config", "Write the JSON Schema of a tenant's configuration", "json_schema/hanko.config.json", config.Schema),
			newSchemaFile("import", "Write the JSON Schema of files that users are imported from", "json_schema/hanko.user_import.json", transfer.Schema)))
}

// newSchemaFile writes a schema that the program has with it.
func newSchemaFile(use, short, file string, schema func() []byte) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "-" {
				_, err := cmd.OutOrStdout().Write(schema())
				return err
			}
			if strings.HasSuffix(output, "/") {
				output += "output.schema.json"
			}
			if err := os.MkdirAll(filepath.Dir(output), 0o750); err != nil {
				return fmt.Errorf("write the schema: %w", err)
			}
			if err := os.WriteFile(output, schema(), 0o600); err != nil {
				return fmt.Errorf("write the schema: %w", err)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "written to", output)
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", file, `file to write; "-" prints it`)
	return cmd
}
