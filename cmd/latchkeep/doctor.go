package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newDoctor() *cobra.Command {
	var checks wire.Checks
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look for what is wrong with this installation, and say what to do", Args: cobra.NoArgs,
		Long: `Look at the settings, the secrets, the database, its migrations and its role, all tenants, Redis, the operator's mail host and the clocks, and say
what to do about what is wrong.

It changes nothing. It exits with 1 where something keeps the program from working; warnings alone do not.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, notices, err := read(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			found := findings{OK: true}
			for _, n := range notices {
				if n.Warning {
					found.Findings = append(found.Findings, wire.Finding{Health: wire.Doubt, What: "settings", Text: n.String()})
				}
			}
			found.Findings = append(found.Findings, wire.Diagnose(cmd.Context(), s, checks)...)
			for _, f := range found.Findings {
				found.OK = found.OK && f.Health != wire.Broken
			}
			if err := answer(cmd, found, found.print); err != nil {
				return err
			}
			if !found.OK {
				return errors.New("something is wrong, see above")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&checks.DNS, "dns", false, "look up the host of every tenant, too")
	cmd.AddCommand(newDoctorIsolation())
	return cmd
}

// findings are what the command prints.
type findings struct {
	OK       bool           `json:"ok"`
	Findings []wire.Finding `json:"findings"`
}

func (f findings) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, one := range f.Findings {
		fmt.Fprintf(t, "%s\t%s\t%s\n", one.Health, one.What, one.Text)
		if one.Remedy != "" {
			fmt.Fprintf(t, "\t\t-> %s\n", one.Remedy)
		}
	}
	return t.Flush()
}
