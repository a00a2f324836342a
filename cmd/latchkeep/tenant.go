package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/template"
)

func newTenant() *cobra.Command {
	return group("tenant", "Create, look at, change and delete tenants",
		newTenantCreate(), newTenantList(), newTenantShow(), newTenantSet(), newTenantSuspend(), newTenantReadOnly(), newTenantResume(),
		newTenantPlan(), newTenantApply(), newTenantDelete(), newTenantRestore(), newTenantPurge(), newTenantReceipt(), newTenantKey(), newTenantSAML(), newTenantDeadLetters(),
		newTenantUsage(), newTenantQuota(), newTenantMails(), newTenantDomain(), newTenantExport(), newTenantImport())
}

func newTenantCreate() *cobra.Command {
	var name, configFile, id, from, source string
	cmd := &cobra.Command{
		Use: "create SLUG", Short: "Create a tenant", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := tenants.NewTenant{Slug: args[0], Name: name, Template: from}
			var err error
			if in.Config, err = readConfig(configFile); err != nil {
				return err
			}
			if id != "" {
				if in.ID, err = uuid.Parse(id); err != nil {
					return fmt.Errorf("--id: %w", err)
				}
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				if source != "" {
					copied, err := findTenant(ctx, app, source)
					if err != nil {
						return err
					}
					in.CopyFrom = copied.ID
				}
				record, err := app.Provisioner.Create(ctx, tenants.ByCLI, in)
				if err != nil {
					return err
				}
				return printJSON(cmd, show(record))
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "name for people")
	cmd.Flags().StringVar(&configFile, "config-file", "", "JSON file with what differs from the default configuration")
	cmd.Flags().StringVar(&id, "id", "", "UUID of the tenant; made where absent")
	cmd.Flags().StringVar(&from, "template", "", "what the configuration begins with: "+strings.Join(template.Names(), ", "))
	cmd.Flags().StringVar(&source, "copy-from", "", "ID or slug of a tenant whose settings it begins with; people and keys are not copied")
	return cmd
}

func newTenantList() *cobra.Command {
	var deleted bool
	var search string
	cmd := &cobra.Command{
		Use: "list", Short: "List tenants", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				list := []summary{}
				filter := tenants.Filter{PerPage: 100, Search: search, Uncounted: true}
				if deleted {
					filter.Status = tenants.StatusDeleting
				}
				for {
					page, err := app.Provisioner.List(ctx, filter)
					if err != nil {
						return err
					}
					for _, t := range page.Items {
						list = append(list, summarise(t))
					}
					if page.Next == uuid.Nil {
						break
					}
					filter.After = page.Next
				}
				return answer(cmd, list, table("ID\tSLUG\tSTATUS\tURL", func(w io.Writer) {
					for _, t := range list {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.ID, t.Slug, t.Status, t.PublicURL)
					}
				}))
			})
		},
	}
	cmd.Flags().BoolVar(&deleted, "deleted", false, "those that were deleted and not purged yet")
	cmd.Flags().StringVar(&search, "search", "", "those whose slug or name begins with this, or whose ID it is")
	return cmd
}

func newTenantShow() *cobra.Command {
	var as shape
	cmd := &cobra.Command{
		Use: "show ID|SLUG", Short: "Show a tenant and its configuration, secrets masked", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], func(_ context.Context, _ *wire.App, record *tenants.Record) error {
				if as == asYAML {
					return printYAML(cmd, show(record))
				}
				return printJSON(cmd, show(record))
			})
		},
	}
	cmd.Flags().VarP(&as, outputFlag, "o", "how to print: json, or yaml, which tenant apply takes")
	return cmd
}

func newTenantSet() *cobra.Command {
	var name, configFile string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "set ID|SLUG", Short: "Rename a tenant or replace its configuration", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("name") && configFile == "" {
				return errors.New("say what to change: --name or --config-file")
			}
			raw, err := readConfig(configFile)
			if err != nil {
				return err
			}
			var rename *string
			if cmd.Flags().Changed("name") {
				rename = &name
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				return setTenant(ctx, cmd, app, record.ID, rename, raw, dryRun)
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "name for people")
	cmd.Flags().StringVar(&configFile, "config-file", "", "JSON file with what differs from the default configuration")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would change, and change nothing")
	return cmd
}

// setTenant renames a tenant and replaces its configuration, whichever is given. What is wrong is found before anything is changed.
func setTenant(ctx context.Context, cmd *cobra.Command, app *wire.App, id uuid.UUID, rename *string, raw []byte, dryRun bool) error {
	how := tenants.How{By: tenants.ByCLI, DryRun: true, Strict: true}
	if raw != nil {
		result, err := app.Provisioner.ReplaceConfig(ctx, id, raw, how)
		if err != nil {
			return err
		}
		if dryRun {
			return printJSON(cmd, result.Changes)
		}
	}
	if dryRun {
		return nil
	}
	if rename != nil {
		if _, err := app.Provisioner.Edit(ctx, tenants.ByCLI, id, tenants.Edit{Name: rename}); err != nil {
			return err
		}
	}
	if raw == nil {
		return nil
	}
	how.DryRun = false
	result, err := app.Provisioner.ReplaceConfig(ctx, id, raw, how)
	if err != nil {
		return err
	}
	return printJSON(cmd, result.Changes)
}

// readConfig reads a file with a configuration; nil where none is named.
func readConfig(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return raw, nil
}

// withTenant finds a tenant by its id or slug.
func withTenant(cmd *cobra.Command, which string, use func(context.Context, *wire.App, *tenants.Record) error) error {
	return open(cmd, func(ctx context.Context, app *wire.App) error {
		record, err := findTenant(ctx, app, which)
		if err != nil {
			return err
		}
		return use(ctx, app, record)
	})
}

func findTenant(ctx context.Context, app *wire.App, which string) (*tenants.Record, error) {
	var record *tenants.Record
	id, err := uuid.Parse(which)
	if err == nil {
		record, err = app.Provisioner.Get(ctx, id)
	} else {
		record, err = app.Provisioner.GetBySlug(ctx, which)
	}
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", which, err)
	}
	return record, nil
}

// summary is a tenant in lists and after changes.
type summary struct {
	ID            uuid.UUID      `json:"id"`
	Slug          string         `json:"slug"`
	Name          string         `json:"name,omitempty"`
	Status        tenants.Status `json:"status"`
	StatusReason  string         `json:"status_reason,omitempty"`
	PublicURL     string         `json:"public_url"`
	AdminURL      string         `json:"admin_url"`
	ConfigVersion int            `json:"config_version"`
}

// shown is a tenant with its configuration.
type shown struct {
	summary
	Config *config.Config `json:"config"`
}

func summarise(r *tenants.Record) summary {
	return summary{
		ID: r.ID, Slug: r.Slug, Name: r.Name, Status: r.Status, StatusReason: r.StatusReason, PublicURL: r.PublicURL, AdminURL: r.AdminURL,
		ConfigVersion: r.ConfigVersion,
	}
}

func show(r *tenants.Record) shown { return shown{summarise(r), r.Config} }
