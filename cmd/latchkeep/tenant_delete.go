package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants"
)

func newTenantDelete() *cobra.Command {
	var yes bool
	var grace time.Duration
	cmd := &cobra.Command{
		Use: "delete ID|SLUG", Short: "Delete a tenant with everyone in it", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		Long: "Delete a tenant with everyone in it. It can be restored within the grace period; then its data is erased.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return errors.New("this deletes everyone in the tenant: say so with --yes")
			}
			var chosen *time.Duration
			if cmd.Flags().Changed("grace") {
				chosen = &grace
			}
			return withAnyTenant(cmd, args[0], func(ctx context.Context, app *wire.App, found *tenants.Record) error {
				record, err := app.Provisioner.DeleteFor(ctx, tenants.ByCLI, found.ID, chosen)
				if err != nil {
					return err
				}
				deleted := struct {
					ID         uuid.UUID `json:"id"`
					Slug       string    `json:"slug"`
					Deleted    bool      `json:"deleted"`
					PurgeAfter time.Time `json:"purge_after"`
				}{record.ID, record.Slug, true, record.Deletion.PurgeAfter}
				return answer(cmd, deleted, line("deleted %s (%s); it can be restored until %s", record.Slug, record.ID,
					record.Deletion.PurgeAfter.Format(time.RFC3339)))
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	cmd.Flags().DurationVar(&grace, "grace", 0, "how long it can be restored; the setting tenants.grace where absent, and at most that")
	return cmd
}

func newTenantRestore() *cobra.Command {
	return &cobra.Command{
		Use: "restore ID|SLUG", Short: "Bring a deleted tenant back as it was; everybody signs in again", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withAnyTenant(cmd, args[0], func(ctx context.Context, app *wire.App, found *tenants.Record) error {
				record, err := app.Provisioner.Restore(ctx, tenants.ByCLI, found.ID)
				if err != nil {
					return err
				}
				return answer(cmd, summarise(record), line("%s (%s) is %s", record.Slug, record.ID, record.Status))
			})
		},
	}
}

// purgeRows is how many rows go in one unit of work.
const purgeRows = 1000

func newTenantPurge() *cobra.Command {
	var confirm string
	cmd := &cobra.Command{
		Use: "purge ID|SLUG", Short: "Erase a deleted tenant now, and print the receipt", Args: cobra.ExactArgs(1),
		Long: "Erase a deleted tenant now, for good, and print the signed receipt. The slug confirms that this tenant is meant.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withAnyTenant(cmd, args[0], func(ctx context.Context, app *wire.App, found *tenants.Record) error {
				if _, err := app.Provisioner.PurgeNow(ctx, tenants.ByCLI, found.ID, confirm); err != nil {
					return err
				}
				for {
					gone, err := app.Provisioner.PurgeSome(ctx, found.ID, purgeRows)
					if err != nil {
						return err
					}
					if gone == 0 {
						break
					}
				}
				receipt, err := app.Provisioner.Receipt(ctx, found.ID)
				if err != nil {
					return err
				}
				return printJSON(cmd, receipt)
			})
		},
	}
	cmd.Flags().StringVar(&confirm, "confirm", "", "the tenant's slug")
	return cmd
}

func newTenantReceipt() *cobra.Command {
	cmd := &cobra.Command{
		Use: "receipt [ID]", Short: "Print the receipt of a purged tenant, or list all", Args: cobra.MaximumNArgs(1),
		Long: "Print the receipt of a purged tenant by the id that it had, or list all receipts. The command below verifies one.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				if len(args) == 0 {
					return listReceipts(ctx, cmd, app)
				}
				id, err := uuid.Parse(args[0])
				if err != nil {
					return fmt.Errorf("ID: %w", err)
				}
				receipt, err := app.Provisioner.Receipt(ctx, id)
				if err != nil {
					return err
				}
				return printJSON(cmd, receipt)
			})
		},
	}
	cmd.AddCommand(newTenantReceiptVerify())
	return cmd
}

func listReceipts(ctx context.Context, cmd *cobra.Command, app *wire.App) error {
	list := []*tenants.Receipt{}
	for after := uuid.Nil; ; {
		page, err := app.Provisioner.Receipts(ctx, after, 100)
		if err != nil {
			return err
		}
		list = append(list, page.Items...)
		if after = page.Next; after == uuid.Nil {
			break
		}
	}
	return answer(cmd, list, table("TENANT\tSLUG\tPURGED\tROWS", func(w io.Writer) {
		for _, r := range list {
			var s tenants.Statement
			if err := json.Unmarshal(r.Statement, &s); err == nil {
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", s.TenantID, s.Slug, s.PurgedAt.Format(time.RFC3339), s.Total)
			}
		}
	}))
}

func newTenantReceiptVerify() *cobra.Command {
	var jwks string
	cmd := &cobra.Command{
		Use: "verify FILE", Short: "Check the signature of a receipt, and print what it says", Args: cobra.ExactArgs(1),
		Long: "Check the signature of a receipt, and print what it says. FILE is as the API or the command printed it, or the signature alone. " +
			"With --jwks nothing of this deployment is needed; without, its own keys are taken, also those of old.",
		RunE: func(cmd *cobra.Command, args []string) error {
			receipt, err := readReceipt(args[0])
			if err != nil {
				return err
			}
			verify := func(keys *jose.Set) error {
				said, err := receipt.Verify(keys, time.Now())
				if err != nil {
					return err
				}
				return printJSON(cmd, said)
			}
			if jwks != "" {
				keys, err := readJWKS(cmd.Context(), jwks)
				if err != nil {
					return err
				}
				return verify(keys)
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				keys, err := app.Provisioner.ReceiptKeys(ctx)
				if err != nil {
					return err
				}
				return verify(keys)
			})
		},
	}
	cmd.Flags().StringVar(&jwks, "jwks", "", "URL or file of the key set of the deployment that gave the receipt")
	return cmd
}

// maxReceipt is more than a receipt, or a key set, can have.
const maxReceipt = 1 << 20

func readReceipt(name string) (*tenants.Receipt, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the receipt: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxReceipt))
	if err != nil {
		return nil, fmt.Errorf("read the receipt: %w", err)
	}
	r := &tenants.Receipt{}
	if trimmed := strings.TrimSpace(string(text)); !strings.HasPrefix(trimmed, "{") {
		r.Signature = trimmed
		return r, nil
	}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read the receipt: %w", err)
	}
	return r, nil
}

// readJWKS reads a key set from a file, or from the server that an operator names.
func readJWKS(ctx context.Context, where string) (*jose.Set, error) {
	var from io.ReadCloser
	if strings.HasPrefix(where, "https://") || strings.HasPrefix(where, "http://") {
		ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
		if err != nil {
			return nil, fmt.Errorf("--jwks: %w", err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, fmt.Errorf("--jwks: %w", err)
		}
		if from = response.Body; response.StatusCode != http.StatusOK {
			_ = from.Close()
			return nil, fmt.Errorf("--jwks: %s answers %s", where, response.Status)
		}
	} else {
		f, err := os.Open(where)
		if err != nil {
			return nil, fmt.Errorf("--jwks: %w", err)
		}
		from = f
	}
	defer from.Close()
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(io.LimitReader(from, maxReceipt)).Decode(&set); err != nil {
		return nil, fmt.Errorf("--jwks: %w", err)
	}
	return jose.NewSetFromPublic(set.Keys...)
}

// withAnyTenant finds a tenant by its id or slug, also a deleted one.
func withAnyTenant(cmd *cobra.Command, which string, use func(context.Context, *wire.App, *tenants.Record) error) error {
	return open(cmd, func(ctx context.Context, app *wire.App) error {
		record, err := findTenant(ctx, app, which)
		if errors.Is(err, tenants.ErrNotFound) {
			id, slug := uuid.Nil, which
			if parsed, wrong := uuid.Parse(which); wrong == nil {
				id, slug = parsed, ""
			}
			if deleted, e := app.Provisioner.Deleted(ctx, id, slug); e == nil {
				record, err = deleted, nil
			}
		}
		if err != nil {
			return err
		}
		return use(ctx, app, record)
	})
}
