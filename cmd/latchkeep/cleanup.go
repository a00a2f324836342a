package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newCleanup() *cobra.Command {
	var tables []string
	var size int
	var run bool
	cmd := &cobra.Command{
		Use: "cleanup", Short: "Delete expired rows now; without --run only count them", Args: cobra.NoArgs,
		Long: `Delete expired rows of all tenants now. The worker does this by itself; the command is for who wants to see it.

Without --run nothing is deleted, only counted.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				counts, err := app.Cleanup(ctx, tables, size, run)
				if err != nil {
					return err
				}
				done := cleaned{Deleted: run, Tables: make([]cleanedTable, len(counts))}
				for i, c := range counts {
					done.Tables[i] = cleanedTable(c)
				}
				return answer(cmd, done, done.print)
			})
		},
	}
	cmd.Flags().StringP("config", "c", settings.DefaultFile, "configuration file") // the others have it without the letter
	cmd.Flags().StringSliceVarP(&tables, "tables", "t", nil, "flows, audit_logs, sessions, passcodes, …; the usual ones where absent")
	cmd.Flags().IntVarP(&size, "page-size", "s", 512, "rows to delete at a time")
	cmd.Flags().BoolVar(&run, "run", false, "delete")
	return cmd
}

// cleaned is what the command counted or deleted.
type cleaned struct {
	Deleted bool           `json:"deleted"`
	Tables  []cleanedTable `json:"tables"`
}

type cleanedTable struct {
	Table string `json:"table"`
	Rows  int    `json:"rows"`
}

func (c cleaned) print(w io.Writer) error {
	for _, t := range c.Tables {
		fmt.Fprintf(w, "%s: %d\n", t.Table, t.Rows)
	}
	if !c.Deleted {
		fmt.Fprintln(w, "nothing was deleted: add --run to delete")
	}
	return nil
}
