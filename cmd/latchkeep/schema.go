package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/tenants/config"
)

func newSchema() *cobra.Command {
	return group("schema", "Write JSON Schemas for editors and scripts",
		group("generate", "Write a JSON Schema", newSchemaConfig()))
}

func newSchemaConfig() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "config", Short: "Write the JSON Schema of a tenant's configuration", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "-" {
				_, err := cmd.OutOrStdout().Write(config.Schema())
				return err
			}
			if strings.HasSuffix(output, "/") {
				output += "output.schema.json"
			}
			if err := os.MkdirAll(filepath.Dir(output), 0o750); err != nil {
				return fmt.Errorf("write the schema: %w", err)
			}
			if err := os.WriteFile(output, config.Schema(), 0o600); err != nil {
				return fmt.Errorf("write the schema: %w", err)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "written to", output)
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "json_schema/hanko.config.json", `file to write; "-" prints it`)
	return cmd
}
