package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newConfig() *cobra.Command {
	return group("config", "Look at the configuration", &cobra.Command{
		Use: "check", Short: "Check the configuration and print what is in effect, without secrets", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, log, err := loadBriefly(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			if err := wire.Check(cmd.Context(), s, log); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), s)
			return err
		},
	})
}
