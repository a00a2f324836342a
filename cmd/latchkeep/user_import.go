package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants"
)

// An importCommand is what the flags of user import say.
type importCommand struct {
	choice
	file, url, report string
	atomic            bool
	attempt           transfer.Attempt
}

func newUserImport() *cobra.Command {
	c := &importCommand{}
	cmd := &cobra.Command{
		Use: "import (--inputFile FILE | --inputUrl URL)", Short: "Import users from a JSON file", Args: cobra.NoArgs,
		Long: `Import users from a JSON array in the format of docs/import-export.md, which Hanko exports, too.

The whole input is checked first; where an entry breaks a rule, nothing is written. Then it is written in batches. An import that was
interrupted goes on where it stopped when the same input is imported again. Entries that conflict with users who are there are left out, told
of in the report, and make the command fail at its end; with --atomic they undo everything.

No mails or webhooks come of it, and users have no audit records of their own. The import has one in the tenant's audit log, users_imported.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	c.flags(cmd)
	f := cmd.Flags()
	f.StringVarP(&c.file, "inputFile", "i", "", "file to read")
	f.StringVarP(&c.url, "inputUrl", "u", "", "http(s) address to read")
	cmd.MarkFlagsMutuallyExclusive("inputFile", "inputUrl")
	cmd.MarkFlagsOneRequired("inputFile", "inputUrl")
	f.BoolVar(&c.attempt.DryRun, "dry-run", false, "say what would be rejected, and write nothing")
	f.BoolVar(&c.attempt.SkipInvalid, "skip-invalid", false, "leave out entries that break a rule, in place of refusing all")
	f.BoolVar(&c.attempt.KeepExisting, "keep-existing", false, "users whose id is there already are no conflict; they are left as they are")
	f.BoolVar(&c.atomic, "atomic", false, fmt.Sprintf("write all in one transaction, or nothing; %d entries at most", transfer.MaxAtomic))
	f.IntVar(&c.attempt.Batch, "batch", transfer.DefaultBatch, fmt.Sprintf("entries of one transaction, %d at most", transfer.MaxBatch))
	f.StringVar(&c.report, "report", "", "file for a JSON object a line about each entry that was rejected")
	return cmd
}

func (c *importCommand) run(cmd *cobra.Command) error {
	s, _, err := read(cmd, settings.LoadOptions{}) // mistakes are told before a large input is read
	if err != nil {
		return err
	}
	if err := c.check(s.MultiTenancy.Enabled); err != nil {
		return err
	}
	if c.attempt.Batch < 1 || c.attempt.Batch > transfer.MaxBatch {
		return fmt.Errorf("--batch must be from 1 to %d", transfer.MaxBatch)
	}
	src, discard, err := c.source(cmd.Context())
	if err != nil {
		return err
	}
	defer discard()
	found, err := c.inspect(cmd, src)
	if err != nil {
		return err
	}
	return open(cmd, func(ctx context.Context, app *wire.App) error {
		t, err := c.find(ctx, app)
		if err != nil {
			return err
		}
		switch {
		case c.attempt.DryRun:
			return c.rehearse(ctx, cmd, app, t, src)
		case c.atomic:
			return c.atOnce(ctx, cmd, app, t, src)
		}
		return c.inBatches(ctx, cmd, app, t, src, found)
	})
}

func (c *importCommand) source(ctx context.Context) (transfer.Source, func(), error) {
	if c.file != "" {
		return transfer.File(c.file), func() {}, nil
	}
	return download(ctx, c.url)
}

// inspect reads the whole input. Spec: import-export §1.1.
func (c *importCommand) inspect(cmd *cobra.Command, src transfer.Source) (transfer.Inspection, error) {
	found, err := transfer.Inspect(cmd.Context(), src, func(wrong error) { fmt.Fprintln(cmd.ErrOrStderr(), wrong) })
	if err != nil {
		return found, fmt.Errorf("read users: %w", err)
	}
	if found.Invalid == 0 {
		return found, nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Found %d errors.\n", found.Invalid)
	if !c.attempt.SkipInvalid {
		return found, errors.New("nothing was imported")
	}
	return found, nil
}

// inBatches writes what was inspected, shows how far it is, and writes the report.
func (c *importCommand) inBatches(
	ctx context.Context, cmd *cobra.Command, app *wire.App, t *tenants.Tenant, src transfer.Source, found transfer.Inspection,
) error {
	bar := newBar(cmd.ErrOrStderr(), "users", found.Entries)
	c.attempt.By = "cli"
	resumed := true
	c.attempt.Progress = func(j *transfer.Job) {
		if resumed && j.Done > 0 {
			bar.say("going on after entry %d, where an earlier import of this input stopped", j.Done)
		}
		resumed = false
		bar.at(j.Done)
	}
	job, err := app.Jobs.Import(ctx, t, src, found, c.attempt)
	bar.end()
	if err != nil {
		if job != nil && job.Done > 0 {
			bar.say("%d of %d entries are done; import the same input again to go on", job.Done, found.Entries)
		}
		return err
	}
	moved := moved{Tenant: t.ID, Users: job.Done - job.Rejected, Rejected: job.Rejected, Job: job.ID.String()}
	if err := answer(cmd, moved, line("imported %d users into %s (job %s)", moved.Users, t.Slug, moved.Job)); err != nil {
		return err
	}
	if job.Rejected == 0 && c.report == "" {
		return nil
	}
	if err := c.writeReport(func(to io.Writer) error { return app.Jobs.WriteReport(ctx, t, job.ID, to) }, cmd); err != nil {
		return err
	}
	return rejected(job.Rejected)
}

// atOnce writes all or nothing.
func (c *importCommand) atOnce(ctx context.Context, cmd *cobra.Command, app *wire.App, t *tenants.Tenant, src transfer.Source) error {
	var lines []transfer.Rejection
	people, failed := app.Jobs.ImportAtOnce(ctx, t, src, c.attempt.Options, taker("import"), func(r transfer.Rejection) { lines = append(lines, r) })
	if len(lines) > 0 || c.report != "" {
		if err := c.writeReport(func(to io.Writer) error { return writeLines(to, lines) }, cmd); err != nil {
			return errors.Join(failed, err)
		}
	}
	if failed != nil {
		return failed
	}
	if err := answer(cmd, moved{Tenant: t.ID, Users: people, Rejected: len(lines)}, line("imported %d users into %s", people, t.Slug)); err != nil {
		return err
	}
	return rejected(len(lines))
}

// rehearse says what would be rejected.
func (c *importCommand) rehearse(ctx context.Context, cmd *cobra.Command, app *wire.App, t *tenants.Tenant, src transfer.Source) error {
	bad, entries := 0, 0
	err := c.writeReport(func(to io.Writer) error {
		var err error
		entries, err = app.Jobs.Rehearse(ctx, t, src, c.attempt.Options, func(r transfer.Rejection) {
			bad++
			_ = writeLines(to, []transfer.Rejection{r}) // what cannot be written now cannot be at the end either, where it is told
		})
		return err
	}, cmd)
	if err != nil {
		return err
	}
	would := moved{Tenant: t.ID, Users: entries - bad, Rejected: bad, DryRun: true}
	if err := answer(cmd, would, line("%d of %d users would be imported into %s; nothing was written", would.Users, entries, t.Slug)); err != nil {
		return err
	}
	return rejected(bad)
}

// writeReport writes the report to its file, or, where none is named, to where errors go.
func (c *importCommand) writeReport(write func(io.Writer) error, cmd *cobra.Command) error {
	buffered := func(to io.Writer) error {
		b := bufio.NewWriter(to)
		return errors.Join(write(b), b.Flush())
	}
	if c.report == "" {
		return buffered(cmd.ErrOrStderr())
	}
	if err := writeFile(c.report, buffered); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func writeLines(to io.Writer, lines []transfer.Rejection) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func rejected(n int) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d entries were rejected", n)
}
