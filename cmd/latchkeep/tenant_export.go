package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newTenantExport() *cobra.Command {
	var to, passphraseFile string
	var recipients []string
	var readOnly, withoutAudit bool
	cmd := &cobra.Command{
		Use: "export ID|SLUG --to FILE", Short: "Export a whole tenant as an encrypted bundle, to be imported elsewhere", Args: cobra.ExactArgs(1),
		ValidArgsFunction: completeTenant,
		Long: `Export a whole tenant as an encrypted bundle: its configuration with secrets, keys, people with all they sign in with, and its audit log.
Who can open the bundle has what the database has of the tenant: encrypt it to the age public key of who imports it, or with a long passphrase.

The tenant may go on meanwhile; what changes while it is exported may be missing. --read-only lets nothing change from then on. See
docs/moving-tenants.md.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o := bundle.ExportOptions{Lock: bundle.Lock{Recipients: recipients}, WithoutAudit: withoutAudit}
			var err error
			if o.Passphrase, err = readSecretFile("--passphrase-file", passphraseFile); err != nil {
				return err
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				return exportTenant(ctx, cmd, app, record, o, readOnly, to)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&to, "to", "", "file to write, such as shop"+bundle.Extension)
	_ = cmd.MarkFlagRequired("to") // it exists
	f.StringArrayVar(&recipients, "recipient", nil, "public key of age (age1…) of who may open the bundle; more than once for several")
	f.StringVar(&passphraseFile, "passphrase-file", "", "file with a passphrase, in place of recipients")
	f.BoolVar(&readOnly, "read-only", false, "make the tenant read-only first, and leave it so here; where it is imported, it is what it was")
	f.BoolVar(&withoutAudit, "without-audit", false, "leave the audit log out")
	return cmd
}

func exportTenant(
	ctx context.Context, cmd *cobra.Command, app *wire.App, record *tenants.Record, o bundle.ExportOptions, readOnly bool, to string,
) error {
	if _, err := app.Bundles.Prepare(ctx, record.ID, o); err != nil { // before anything is changed
		return err
	}
	if readOnly && record.Status == tenants.StatusActive {
		o.Status = tenants.StatusActive
		if _, err := app.Provisioner.SetStatus(ctx, tenants.ByCLI, record.ID, tenants.StatusReadOnly, "being moved"); err != nil {
			return err
		}
	}
	bar := newBar(cmd.ErrOrStderr(), "rows", 0)
	o.Tell = bar.at
	e, err := app.Bundles.Prepare(ctx, record.ID, o)
	if err != nil {
		return err
	}
	var done *bundle.Exported
	err = writeFile(to, func(to io.Writer) error {
		b := bufio.NewWriterSize(to, 1<<16)
		var err error
		done, err = e.Write(ctx, tenants.ByCLI, b)
		return errors.Join(err, b.Flush())
	})
	bar.end()
	if err != nil {
		return fmt.Errorf("export tenant: %w", err)
	}
	told := struct {
		*bundle.Exported
		File string `json:"file"`
	}{done, to}
	return answer(cmd, told, line("exported %s with %d users to %s (bundle %s)", record.Slug, done.Rows["users"], to, done.Bundle))
}

// readSecretFile reads a secret from a file, without the end of its line; empty where none is named.
func readSecretFile(flag, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s: the file is empty", flag)
	}
	return secret, nil
}
