package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newUser() *cobra.Command {
	return group("user", "Move users in and out",
		newUserImport(), newUserExport(), newUserGenerate(),
		group("convert", "Turn users of another system into a file to import", newUserConvertFirebase()))
}

// A choice is which tenant a command is about, as its flags say.
type choice struct{ tenant, tenantID string }

func (c *choice) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.tenant, "tenant", "", "slug or id of the tenant; not needed in single-tenant mode")
	cmd.Flags().StringVar(&c.tenantID, "tenant_id", "", "id of the tenant, as Hanko spells it")
	cmd.MarkFlagsMutuallyExclusive("tenant", "tenant_id")
	_ = cmd.RegisterFlagCompletionFunc("tenant", completeSlug) // the flag exists
}

// pick is check and find, for commands that look at nothing before.
func (c *choice) pick(ctx context.Context, app *wire.App) (*tenants.Tenant, error) {
	if err := c.check(app.Single == nil); err != nil {
		return nil, misuse{err}
	}
	return c.find(ctx, app)
}

// check finds mistakes before anything is done.
func (c *choice) check(multi bool) error {
	if !multi {
		return nil
	}
	if c.tenantID != "" {
		if _, err := uuid.Parse(c.tenantID); err != nil {
			return errors.New("--tenant_id must be a UUID")
		}
		return nil
	}
	if c.tenant == "" {
		return errors.New("say which tenant: --tenant SLUG, or --tenant_id UUID")
	}
	return nil
}

// find finds the tenant. Beside that of the operators there is only one in single-tenant mode, whatever the flags say.
func (c *choice) find(ctx context.Context, app *wire.App) (*tenants.Tenant, error) {
	if app.Single != nil {
		id := tenants.SingleID
		if c.tenantID+c.tenant == tenants.SystemID.String() {
			id = tenants.SystemID
		}
		return app.Registry.ByID(ctx, id)
	}
	record, err := findTenant(ctx, app, c.tenantID+c.tenant)
	if err != nil {
		return nil, err
	}
	t, err := app.Registry.ByID(ctx, record.ID)
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", record.Slug, err)
	}
	return t, nil
}

// writeFile writes a file that only its owner can read. It takes its place once it is complete; a failure leaves what was there.
func writeFile(name string, write func(to io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".latchkeep-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// moved is what an import or export tells programs.
type moved struct {
	Tenant   uuid.UUID `json:"tenant_id"`
	Users    int       `json:"users"`
	Rejected int       `json:"rejected"`
	DryRun   bool      `json:"dry_run"`
	Job      string    `json:"job,omitempty"`
	File     string    `json:"file,omitempty"`
}
