package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Look for what is wrong with this installation, and say what to do", Args: cobra.NoArgs,
		Long: `Look at the settings, the database, its migrations and its role, the secrets, Redis and the clocks, and say what to do about what is wrong.

It changes nothing. It exits with 1 where something keeps the program from working; warnings alone do not.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, notices, err := read(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			sick := false
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			for _, n := range notices {
				if n.Warning {
					fmt.Fprintf(table, "%s\tsettings\t%s\n", wire.Doubt, n)
				}
			}
			for _, f := range wire.Diagnose(cmd.Context(), s) {
				fmt.Fprintf(table, "%s\t%s\t%s\n", f.Health, f.What, f.Text)
				if f.Remedy != "" {
					fmt.Fprintf(table, "\t\t-> %s\n", f.Remedy)
				}
				sick = sick || f.Health == wire.Broken
			}
			if err := table.Flush(); err != nil {
				return err
			}
			if sick {
				return errors.New("something is wrong, see above")
			}
			return nil
		},
	}
}
