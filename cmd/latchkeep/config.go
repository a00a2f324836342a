package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func newConfig() *cobra.Command {
	return group("config", "Look at the configuration", &cobra.Command{
		Use: "check", Short: "Check the configuration and print what is in effect, without secrets", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, log, err := loadBriefly(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			tenant, err := wire.Check(cmd.Context(), s, log)
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), s)
			if tenant == nil {
				return nil
			}
			fmt.Fprintln(cmd.OutOrStdout(), "\nThe tenant, as far as it is not as usual:")
			masked := config.Mask(*tenant)
			return printJSON(cmd, config.Diff(config.Default(), masked))
		},
	})
}
