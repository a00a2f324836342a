package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
)

func newAuditExport() *cobra.Command {
	var which choice
	var output, format, since, until string
	var f audit.Filter
	cmd := &cobra.Command{
		Use: "export", Short: "Export a tenant's audit log as JSON lines or CSV", Args: cobra.NoArgs,
		Long: `Export a tenant's audit log, newest first, to standard output or to a file that only its owner can read: as JSON lines, each as the admin API shows
it, or as CSV with a line of names. Filters must all be met.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != string(audit.JSONL) && format != string(audit.CSV) {
				return misuse{errors.New("--format must be jsonl or csv")}
			}
			var err error
			if f.StartTime, err = moment("start-time", since); err != nil {
				return err
			}
			if f.EndTime, err = moment("end-time", until); err != nil {
				return err
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				t, err := which.pick(ctx, app)
				if err != nil {
					return err
				}
				export, err := app.AuditLog.Export(ctx, t, f, audit.Format(format))
				if err != nil {
					return err
				}
				n := 0
				write := func(to io.Writer) error {
					b := bufio.NewWriterSize(to, 1<<16)
					var err error
					n, err = export.Write(ctx, b, nil)
					return errors.Join(err, b.Flush())
				}
				if output == "" {
					return write(cmd.OutOrStdout())
				}
				if err := writeFile(output, write); err != nil {
					return fmt.Errorf("export the audit log: %w", err)
				}
				return answer(cmd, exported{t.Slug, n, output}, line("exported %d records of %s to %s", n, t.Slug, output))
			})
		},
	}
	which.flags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&output, "outputFile", "o", "", "file to write; standard output where absent")
	flags.StringVar(&format, "format", string(audit.JSONL), "jsonl or csv")
	flags.StringVar(&since, "start-time", "", "only what happened after this time (RFC 3339)")
	flags.StringVar(&until, "end-time", "", "only what happened before this time (RFC 3339)")
	flags.StringSliceVar(&f.Types, "type", nil, "only records of these types")
	flags.StringVar(&f.ActorUserID, "actor-user-id", "", "only what concerns this user; part of an id will do")
	flags.StringVar(&f.ActorEmail, "actor-email", "", "only where this is part of the (masked) address")
	flags.StringVar(&f.MetaSourceIP, "source-ip", "", "only where this is part of the source address")
	return cmd
}

type exported struct {
	Tenant  string `json:"tenant"`
	Records int    `json:"records"`
	File    string `json:"file"`
}

// moment reads a time that a flag gives; the zero time where it gives none.
func moment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, misuse{fmt.Errorf("--%s: %q is no time such as 2026-11-29T12:00:00Z", flag, text)}
	}
	return at, nil
}
