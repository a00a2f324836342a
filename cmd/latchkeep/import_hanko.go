package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/latchkeep/latchkeep/auth/hankodb"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

// Variables for what should not be seen in a list of processes.
const (
	hankoDatabaseEnv = "HANKO_DATABASE_URL"
	hankoSecretsEnv  = "HANKO_SECRET_KEYS"
)

func newImport() *cobra.Command {
	return group("import", "Take over what another system has", newImportHanko())
}

func newImportHanko() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use: "hanko --database-url URL", Short: "Take over the tenants and users of a Hanko database", Args: cobra.NoArgs,
		Long: `Take over the tenants, users, sessions, keys and everything else of a Hanko database (PostgreSQL, MySQL, MariaDB).

Here --database-url is the Hanko database, which is only read. Latchkeep's own is named by LATCHKEEP_DATABASE_URL or the configuration file.
Whatever is in Latchkeep already stays as it is, so the command can be run again: after it was broken off, or to fetch what is new.
See docs/migrate-from-hanko.md.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.database, "database-url", "", "the Hanko database: postgres:// or mysql:// (or "+hankoDatabaseEnv+" in the environment)")
	flags.StringVar(&f.config, "hanko-config", "", "config.yaml of the old installation: its secrets, and the configuration of its only tenant")
	flags.StringSliceVar(&f.secrets, "secrets", nil, "secrets of the old installation, newest first (or "+hankoSecretsEnv+", separated by commas)")
	flags.StringSliceVar(&f.tenants, "tenant", nil, "ids of the tenants to take over; all where absent")
	flags.StringSliceVar(&f.slugs, "slug", nil, "slug of a tenant, as ID=SLUG; without one it is reached by its id as before")
	flags.StringSliceVar(&f.skip, "skip", nil, "what to leave out: "+strings.Join(hankodb.Skippable(), ", "))
	flags.BoolVar(&f.dryRun, "dry-run", false, "read and check everything, write nothing")
	flags.IntVar(&f.page, "page", 500, "how many users are written in one transaction")
	flags.StringVar(&f.report, "report", "", "write a report as JSON, with every problem, to this file")
	return cmd
}

type importFlags struct {
	database, config, report      string
	secrets, tenants, slugs, skip []string
	dryRun                        bool
	page                          int
}

func (f *importFlags) run(cmd *cobra.Command) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	if f.database == "" {
		f.database = os.Getenv(hankoDatabaseEnv)
	}
	if f.database == "" {
		return errors.New("say where the Hanko database is: --database-url, or " + hankoDatabaseEnv)
	}
	s, log, err := loadBriefly(cmd, settings.LoadOptions{Flags: without(cmd.Flags(), "database-url")})
	if err != nil {
		return err
	}
	o.Secrets = append(o.Secrets, s.Secrets.Reveal()...) // an installation may keep its secrets when it moves
	ctx := cmd.Context()
	app, err := wire.New(ctx, s, wire.Options{Log: log, Version: version, NoSpareKeys: true})
	if err != nil {
		return err
	}
	defer app.Close()
	source, err := hankodb.Open(ctx, f.database)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := f.execute(ctx, cmd, app.HankoImporter(), source, o); err != nil {
		return err
	}
	if f.dryRun {
		return nil
	}
	return app.Prepare(ctx)
}

// without is a set of flags but one: the settings must not take another database for theirs.
func without(flags *pflag.FlagSet, name string) *pflag.FlagSet {
	rest := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != name {
			rest.AddFlag(f)
		}
	})
	return rest
}

func (f *importFlags) options() (hankodb.Options, error) {
	o := hankodb.Options{Skip: f.skip, DryRun: f.dryRun, Page: f.page, Secrets: f.secrets, Slugs: map[uuid.UUID]string{}}
	if len(o.Secrets) == 0 && os.Getenv(hankoSecretsEnv) != "" {
		o.Secrets = strings.Split(os.Getenv(hankoSecretsEnv), ",")
	}
	for _, text := range f.tenants {
		id, err := uuid.Parse(text)
		if err != nil {
			return o, fmt.Errorf("--tenant %q: %w", text, err)
		}
		o.Tenants = append(o.Tenants, id)
	}
	for _, text := range f.slugs {
		id, slug, _ := strings.Cut(text, "=")
		parsed, err := uuid.Parse(id)
		if err != nil || slug == "" {
			return o, fmt.Errorf("--slug %q: want ID=SLUG", text)
		}
		o.Slugs[parsed] = slug
	}
	if f.config == "" {
		return o, nil
	}
	content, err := os.ReadFile(f.config)
	if err != nil {
		return o, fmt.Errorf("--hanko-config: %w", err)
	}
	old, err := hankodb.ReadOldConfig(content)
	if err != nil {
		return o, fmt.Errorf("--hanko-config %s: %w", f.config, err)
	}
	for _, warning := range old.Warnings {
		fmt.Fprintln(os.Stderr, "note:", f.config+":", warning)
	}
	o.Secrets, o.DefaultConfig = append(o.Secrets, old.Secrets...), old.Tenant
	return o, nil
}

// execute runs the import and tells how it goes: progress and problems on the standard error, what came of it on the standard output.
func (f *importFlags) execute(ctx context.Context, cmd *cobra.Command, importer *hankodb.Importer, source *hankodb.Source, o hankodb.Options) (err error) {
	file, err := openReport(f.report)
	if err != nil {
		return err
	}
	o.Problem = func(p hankodb.Problem) {
		if file == nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "problem: tenant %s, %s %s: %s\n", p.Tenant, p.Table, p.ID, p.Reason)
		}
		file.problem(p)
	}
	begun, told := time.Now(), time.Now()
	o.Progress = func(outcome *hankodb.Outcome, kind string) {
		if time.Since(told) < 2*time.Second {
			return
		}
		told = time.Now()
		fmt.Fprintf(cmd.ErrOrStderr(), "tenant %s: %s, %d users and %d audit records read\n", outcome.Source, kind,
			outcome.Counts[hankodb.Users].Sum(), outcome.Counts[hankodb.AuditLogs].Sum())
	}
	report, err := importer.Run(ctx, source, o)
	if report == nil {
		return errors.Join(err, file.close(nil))
	}
	if err := errors.Join(err, file.close(report)); err != nil {
		return err
	}
	return answer(cmd, report, func(out io.Writer) error { return printImported(out, report, time.Since(begun)) })
}

// printImported prints what came of an import: a line for each kind, over all tenants.
func printImported(out io.Writer, r *hankodb.Report, took time.Duration) error {
	created := 0
	for _, t := range r.Tenants {
		if t.Created {
			created++
		}
	}
	fmt.Fprintf(out, "%s: %d tenants, %d of them new, in %s\n\n", r.Source, len(r.Tenants), created, took.Round(100*time.Millisecond))
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tread\timported\there before\tdeleted here\texpired\tleft out\t")
	for _, kind := range hankodb.Kinds() {
		c := r.Total(kind)
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", kind, c.Read, c.Imported, c.Present, c.Gone, c.Expired, c.Refused)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for id, why := range r.Skipped {
		fmt.Fprintf(out, "\ntenant %s was left out: %s\n", id, why)
	}
	if len(r.Missing) > 0 {
		fmt.Fprintf(out, "\nThis version of Hanko has no %s.\n", strings.Join(r.Missing, ", "))
	}
	fmt.Fprintf(out, "\n%d problems.\n", r.Problems)
	if r.DryRun {
		fmt.Fprintln(out, "Nothing was written: leave out --dry-run to import.")
	}
	return nil
}
