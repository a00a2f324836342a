package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newTenantSAML() *cobra.Command {
	return group("saml-certificate", "Look at and rotate the certificates that a tenant has as a SAML service provider",
		&cobra.Command{
			Use: "list ID|SLUG", Short: "List a tenant's SAML certificates", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
			RunE: func(cmd *cobra.Command, args []string) error {
				return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
					all, err := app.SAML.Certificates(ctx, record.ID)
					if err != nil {
						return err
					}
					list := make([]shownCertificate, len(all))
					for i, c := range all {
						list[i] = showCertificate(c)
					}
					return answer(cmd, list, table("ID\tSTATE\tSIGNS FROM\tEXPIRES\tSHA-256", func(w io.Writer) {
						for _, c := range list {
							fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.ID, c.State, c.SignsFrom.Format(time.RFC3339), c.Expires.Format(time.RFC3339), c.Fingerprint)
						}
					}))
				})
			},
		},
		&cobra.Command{
			Use: "rotate ID|SLUG", Short: "Put a new SAML certificate into a tenant's metadata; it signs once identity providers can know it",
			Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
			RunE: func(cmd *cobra.Command, args []string) error {
				return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
					c, err := app.SAML.Rotate(ctx, tenants.ByCLI, record.ID)
					if err != nil {
						return err
					}
					shown := showCertificate(c)
					return answer(cmd, shown, line("%s %s; it signs from %s", shown.State, shown.ID, shown.SignsFrom.Format(time.RFC3339)))
				})
			},
		},
	)
}

// shownCertificate is a SAML certificate as the commands print it.
type shownCertificate struct {
	ID          uuid.UUID `json:"id"`
	State       string    `json:"state"`
	SignsFrom   time.Time `json:"signs_from"`
	Expires     time.Time `json:"expires_at"`
	Fingerprint string    `json:"fingerprint"`
	Certificate string    `json:"certificate"`
}

func showCertificate(c saml.Certificate) shownCertificate {
	at := c.CreatedAt
	if c.ActivatedAt != nil {
		at = *c.ActivatedAt
	}
	return shownCertificate{c.ID, string(c.State), at.UTC(), c.ExpiresAt, c.Fingerprint, c.PEM}
}
