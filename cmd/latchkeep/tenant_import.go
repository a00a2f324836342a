package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newTenantImport() *cobra.Command {
	var o bundle.ImportOptions
	var identityFile, passphraseFile string
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Import a tenant that was exported elsewhere as a bundle", Args: cobra.ExactArgs(1),
		Long: `Import a tenant that was exported elsewhere as a bundle, with the ids it had. People keep all they sign in with, and stay signed in.

Nobody finds the tenant before all of it was read and found to be complete; what is left of an import that fails is cleared away. Importing the same
bundle again changes nothing. FILE may be - for standard input. See docs/moving-tenants.md.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Identity, err = readSecretFile("--identity-file", identityFile); err != nil {
				return err
			}
			if o.Passphrase, err = readSecretFile("--passphrase-file", passphraseFile); err != nil {
				return err
			}
			from := io.NopCloser(cmd.InOrStdin())
			if args[0] != "-" {
				if from, err = os.Open(args[0]); err != nil {
					return fmt.Errorf("open the bundle: %w", err)
				}
			}
			defer from.Close()
			return open(cmd, func(ctx context.Context, app *wire.App) error { return importTenant(ctx, cmd, app, from, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&identityFile, "identity-file", "", "file with the secret key of age (AGE-SECRET-KEY-1…) that the bundle was made for")
	f.StringVar(&passphraseFile, "passphrase-file", "", "file with the passphrase that the bundle was made with")
	f.StringVar(&o.Slug, "slug", "", "slug in place of the one it had")
	f.BoolVar(&o.KeepRelyingParty, "keep-relying-party", false,
		"write the relying party it had into its configuration, so that passkeys go on working on the pages they were made on")
	return cmd
}

func importTenant(ctx context.Context, cmd *cobra.Command, app *wire.App, from io.Reader, o bundle.ImportOptions) error {
	bar := newBar(cmd.ErrOrStderr(), "rows", 0)
	o.Tell = bar.at
	done, err := app.Bundles.Import(ctx, tenants.ByCLI, from, o)
	bar.end()
	if err != nil {
		return fmt.Errorf("import tenant: %w", err)
	}
	told := struct {
		summary
		Bundle   uuid.UUID      `json:"bundle"`
		Created  bool           `json:"created"`
		Rows     map[string]int `json:"rows,omitempty"`
		Passkeys passkeysTold   `json:"passkeys"`
		Domains  int            `json:"domains_to_verify"`
	}{
		summarise(done.Tenant), done.Bundle, done.Created, done.Rows,
		passkeysTold{done.Plan.From.ID, done.Plan.To.ID, done.Plan.Breaks, done.Plan.Broken.Passkeys, done.Plan.Broken.SecurityKeys}, done.Domains,
	}
	return answer(cmd, told, func(w io.Writer) error {
		if !done.Created {
			_, err := fmt.Fprintf(w, "%s (%s) was imported from this bundle before; nothing was changed\n", done.Tenant.Slug, done.Tenant.ID)
			return err
		}
		_, err := fmt.Fprintf(w, "imported %s (%s) with %d users; it is %s at %s\n", done.Tenant.Slug, done.Tenant.ID, done.Rows["users"], done.Tenant.Status,
			done.Tenant.PublicURL)
		if p := told.Passkeys; p.Break && p.Passkeys+p.SecurityKeys > 0 {
			fmt.Fprintf(w, "%d passkeys and %d security keys were made for %s and do not work for %s: see --keep-relying-party, which must be chosen at the "+
				"import, or set webauthn.relying_party\n", p.Passkeys, p.SecurityKeys, p.From, p.To)
		}
		if done.Domains > 0 {
			fmt.Fprintf(w, "%d domains are to be verified anew: latchkeep tenant domain\n", done.Domains)
		}
		return err
	})
}

// passkeysTold is what the move did to passkeys and security keys.
type passkeysTold struct {
	From         string `json:"relying_party_before"`
	To           string `json:"relying_party"`
	Break        bool   `json:"break"`
	Passkeys     int    `json:"broken_passkeys"`
	SecurityKeys int    `json:"broken_security_keys"`
}
