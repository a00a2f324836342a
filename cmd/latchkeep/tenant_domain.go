package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/domains"
)

func newTenantDomain() *cobra.Command {
	return group("domain", "Give a tenant host names of its own",
		newTenantDomainAdd(), newTenantDomainList(), newTenantDomainCheck(), newTenantDomainPrimary(), newTenantDomainRemove(), newTenantDomainPlan())
}

func newTenantDomainAdd() *cobra.Command {
	return &cobra.Command{
		Use: "add ID|SLUG HOST", Short: "Add a host name; the answer says which DNS record proves that it is the tenant's", Args: cobra.ExactArgs(2),
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				d, err := app.Domains.Add(ctx, tenants.ByCLI, record.ID, args[1])
				if err != nil {
					return err
				}
				return answerDomain(cmd, d)
			})
		},
	}
}

func newTenantDomainList() *cobra.Command {
	return &cobra.Command{
		Use: "list ID|SLUG", Short: "List a tenant's host names", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				all, err := app.Domains.List(ctx, record.ID)
				if err != nil {
					return err
				}
				list := make([]shownDomain, len(all))
				for i, d := range all {
					list[i] = showDomain(d)
				}
				return answer(cmd, list, table("HOST\tSTATUS\tPRIMARY\tCHECKED\tPROBLEM", func(w io.Writer) {
					for _, d := range list {
						checked := "never"
						if d.CheckedAt != nil {
							checked = d.CheckedAt.Format(time.RFC3339)
						}
						fmt.Fprintf(w, "%s\t%s\t%t\t%s\t%s\n", d.Host, d.Status, d.Primary, checked, d.Problem)
					}
				}))
			})
		},
	}
}

func newTenantDomainCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check ID|SLUG HOST", Short: "Look for the DNS record of a host name now", Args: cobra.ExactArgs(2), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withDomain(cmd, args, func(ctx context.Context, app *wire.App, d domains.Domain) error {
				d, err := app.Domains.Check(ctx, tenants.ByCLI, d.TenantID, d.ID)
				if err != nil {
					return err
				}
				return answerDomain(cmd, d)
			})
		},
	}
}

func newTenantDomainPrimary() *cobra.Command {
	var none bool
	cmd := &cobra.Command{
		Use: "primary ID|SLUG [HOST]", Short: "Have a tenant's public URL begin with a verified host name", Args: cobra.RangeArgs(1, 2),
		ValidArgsFunction: completeTenant,
		Long: "Have a tenant's public URL begin with a verified host name, or with --none with its slug again. The relying party, CORS and redirect\n" +
			"settings stay as they are: see \"tenant domain plan\".",
		RunE: func(cmd *cobra.Command, args []string) error {
			if none == (len(args) == 2) {
				return errors.New("give a host name or --none")
			}
			if none {
				return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
					if err := app.Domains.NoPrimary(ctx, tenants.ByCLI, record.ID); err != nil {
						return err
					}
					record, err := app.Provisioner.Get(ctx, record.ID)
					if err != nil {
						return err
					}
					return answer(cmd, summarise(record), line("the public URL is %s", record.PublicURL))
				})
			}
			return withDomain(cmd, args, func(ctx context.Context, app *wire.App, d domains.Domain) error {
				d, err := app.Domains.MakePrimary(ctx, tenants.ByCLI, d.TenantID, d.ID)
				if err != nil {
					return err
				}
				return answerDomain(cmd, d)
			})
		},
	}
	cmd.Flags().BoolVar(&none, "none", false, "the name made of the slug instead of a host name")
	return cmd
}

func newTenantDomainRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID|SLUG HOST", Short: "Give a host name up: the tenant is no longer served there", Args: cobra.ExactArgs(2),
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withDomain(cmd, args, func(ctx context.Context, app *wire.App, d domains.Domain) error {
				if err := app.Domains.Remove(ctx, tenants.ByCLI, d.TenantID, d.ID); err != nil {
					return err
				}
				removed := struct {
					Host    string `json:"host"`
					Removed bool   `json:"removed"`
				}{d.Host, true}
				return answer(cmd, removed, line("removed %s", d.Host))
			})
		},
	}
}

// withDomain finds a tenant and its domain: the first two arguments.
func withDomain(cmd *cobra.Command, args []string, use func(context.Context, *wire.App, domains.Domain) error) error {
	return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
		d, err := app.Domains.Find(ctx, record.ID, args[1])
		if err != nil {
			return fmt.Errorf("domain %q: %w", args[1], err)
		}
		return use(ctx, app, d)
	})
}

// shownDomain is a domain as the commands print it.
type shownDomain struct {
	ID          uuid.UUID      `json:"id"`
	Host        string         `json:"host"`
	Status      domains.Status `json:"status"`
	Primary     bool           `json:"primary"`
	RecordName  string         `json:"record_name"`
	RecordValue string         `json:"record_value"`
	VerifiedAt  *time.Time     `json:"verified_at,omitempty"`
	CheckedAt   *time.Time     `json:"checked_at,omitempty"`
	NextCheckAt *time.Time     `json:"next_check_at,omitempty"`
	LostAt      *time.Time     `json:"lost_at,omitempty"`
	Problem     string         `json:"problem,omitempty"`
}

func showDomain(d domains.Domain) shownDomain {
	return shownDomain{
		d.ID, d.Host, d.Status, d.Primary, d.RecordName, d.RecordValue, d.VerifiedAt, d.CheckedAt, d.NextCheckAt, d.LostAt, d.Problem,
	}
}

func answerDomain(cmd *cobra.Command, d domains.Domain) error {
	text := fmt.Sprintf("%s is verified", d.Host)
	switch {
	case d.Status != domains.Verified:
		text = fmt.Sprintf("%s is not verified yet. Put this record into the DNS:\n\n  %s. TXT \"%s\"", d.Host, d.RecordName, d.RecordValue)
		if d.Problem != "" {
			text += "\n\nThe last check found: " + d.Problem
		}
	case d.Problem != "":
		text += ", but " + d.Problem
	}
	return answer(cmd, showDomain(d), line("%s", text))
}
