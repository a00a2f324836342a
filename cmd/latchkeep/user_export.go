package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants"
)

func newUserExport() *cobra.Command {
	var which choice
	var output string
	var with transfer.With
	cmd := &cobra.Command{
		Use: "export --outputFile FILE", Short: "Export a tenant's users to a JSON file", Args: cobra.NoArgs,
		Long: `Export a tenant's users to a JSON file that user import reads: ids, addresses, usernames and times, and more where a flag says so.

Only the owner of the file can read it. With --with-credentials and --with-totp it is as secret as the database. The tenant's audit log says
that it was made, by whom and with what.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, _, err := read(cmd, settings.LoadOptions{})
			if err != nil {
				return err
			}
			if err := which.check(s.MultiTenancy.Enabled); err != nil {
				return err
			}
			if with.Sensitive() {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning: the file will hold what people sign in with; keep it as you keep the database, and delete it soon")
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				return export(ctx, cmd, app, &which, with, output)
			})
		},
	}
	which.flags(cmd)
	f := cmd.Flags()
	f.StringVarP(&output, "outputFile", "o", "", "file to write")
	_ = cmd.MarkFlagRequired("outputFile") // it exists
	f.BoolVar(&with.Credentials, "with-credentials", false, "password hashes, passkeys and security keys, too")
	f.BoolVar(&with.TOTP, "with-totp", false, "the secrets of authenticator apps, too, in clear")
	f.BoolVar(&with.Metadata, "with-metadata", false, "metadata, too")
	f.BoolVar(&with.Names, "with-names", false, "names and pictures, too")
	return cmd
}

func export(ctx context.Context, cmd *cobra.Command, app *wire.App, which *choice, with transfer.With, output string) error {
	t, err := which.find(ctx, app)
	if err != nil {
		return err
	}
	bar := newBar(cmd.ErrOrStderr(), "users", 0)
	people := 0
	err = writeFile(output, func(to io.Writer) error {
		b := bufio.NewWriterSize(to, 1<<16)
		var err error
		people, err = app.Exporter.Export(ctx, t, taker("export"), with, b, bar.at)
		return errors.Join(err, b.Flush())
	})
	bar.end()
	if err != nil {
		return fmt.Errorf("export users: %w", err)
	}
	return answer(cmd, moved{Tenant: t.ID, Users: people, File: output}, line("exported %d users of %s to %s", people, t.Slug, output))
}

// taker is who runs the command, as far as the machine knows.
func taker(doing string) transfer.Taker {
	name, host := "somebody", "somewhere"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return transfer.Taker{By: tenants.ByCLI, Client: auth.Client{UserAgent: fmt.Sprintf("latchkeep/%s (user %s by %s@%s)", version, doing, name, host)}}
}

func newUserGenerate() *cobra.Command {
	var output string
	var count int
	cmd := &cobra.Command{
		Use: "generate --outputFile FILE", Short: "Write made-up users to a JSON file, to try an import", Args: cobra.NoArgs,
		RunE: func(_ *cobra.Command, _ []string) error {
			err := writeFile(output, func(to io.Writer) error {
				b := bufio.NewWriter(to)
				return errors.Join(transfer.Generate(b, count), b.Flush())
			})
			if err != nil {
				return fmt.Errorf("generate users: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "outputFile", "o", "", "file to write")
	_ = cmd.MarkFlagRequired("outputFile") // it exists
	cmd.Flags().IntVarP(&count, "count", "c", 10, "how many")
	return cmd
}
