package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/ent/isolation"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newDoctorIsolation() *cobra.Command {
	var tenant string
	var schemaOnly bool
	cmd := &cobra.Command{
		Use: "isolation", Short: "Ask the database whether it keeps tenants apart", Args: cobra.NoArgs,
		Long: `Ask the database whether it keeps tenants apart: read its tables, keys and policies back, look for rows that name another tenant's, and on PostgreSQL
try to see and to place rows of another tenant as one of them.

It changes nothing, and looks at tables in pieces of ten thousand rows, so that it can run while people sign in. Each rule is told with how many things
were held against it. It exits with 1 where one is broken; warnings alone do not.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, _, err := read(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			results, err := wire.ExamineIsolation(cmd.Context(), s, tenant, schemaOnly)
			if err != nil {
				return err
			}
			found := wallsFound{OK: true, Rules: results}
			for _, r := range results {
				found.OK = found.OK && r.OK()
			}
			if err := answer(cmd, found, found.print); err != nil {
				return err
			}
			if !found.OK {
				return errors.New("tenants are not kept apart, see above and docs/security.md")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&tenant, "tenant", "", "ID or slug of the only tenant whose rows are looked at")
	cmd.Flags().BoolVar(&schemaOnly, "schema-only", false, "look at tables, keys and policies, and at no rows")
	return cmd
}

// wallsFound are what the command prints.
type wallsFound struct {
	OK    bool               `json:"ok"`
	Rules []isolation.Result `json:"rules"`
}

func (f wallsFound) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, r := range f.Rules {
		health := wire.Healthy
		switch {
		case !r.OK():
			health = wire.Broken
		case len(r.Doubts) > 0:
			health = wire.Doubt
		case r.Omitted != "":
			health = "-"
		}
		checked := fmt.Sprintf("%d %s", r.Checked, r.Of)
		if r.Omitted != "" {
			checked = "not asked"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", health, r.Rule, checked, r.Says)
		for _, lines := range [][]string{r.Broken, r.Doubts} {
			for _, line := range lines {
				fmt.Fprintf(t, "\t\t\t-> %s\n", line)
			}
		}
		if r.Omitted != "" {
			fmt.Fprintf(t, "\t\t\t(%s)\n", r.Omitted)
		}
	}
	return t.Flush()
}
