package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/allowance"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

func newTenantQuota() *cobra.Command {
	var set, usual []string
	cmd := &cobra.Command{
		Use: "quota ID|SLUG", Short: "Show what a tenant may have, and has, or set it", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		Long: `Show what a tenant may have, and has. With --set or --default its limits are changed; others stay.

  latchkeep tenant quota acme --set users=1000 --set mails_per_day=800/1000 --set api_calls_per_day=none --default registrations_per_day

A limit is where something is refused; in front of it and a slash there may be one from which a warning goes out. "none" limits nothing, whatever the
settings say; --default goes back to what they say. See docs/usage.md for what follows from which.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				q, err := app.Provisioner.Quotas(ctx, record.ID)
				if err != nil {
					return err
				}
				if len(set)+len(usual) > 0 {
					limits, err := changedLimits(q.Own, set, usual)
					if err != nil {
						return err
					}
					if q, err = app.Provisioner.SetQuotas(ctx, record.ID, limits, tenants.How{By: tenants.ByCLI, If: q.Version}); err != nil {
						return err
					}
					if err := app.Allowance.Look(ctx, record.ID, true); err != nil {
						return err
					}
				}
				standings, err := app.Allowance.Standings(ctx, record.ID, q)
				if err != nil {
					return err
				}
				list := make([]shownQuota, len(standings))
				for i, s := range standings {
					list[i] = showQuota(s)
				}
				return answer(cmd, list, quotaTable(list))
			})
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "a limit: NAME=HARD, NAME=SOFT/HARD or NAME=none; may be given several times")
	cmd.Flags().StringArrayVar(&usual, "default", nil, "the NAME of a limit that is to be what the settings say; may be given several times")
	return cmd
}

// changedLimits are a tenant's own limits with what the flags change.
func changedLimits(own quota.Limits, set, usual []string) (quota.Limits, error) {
	limits := maps.Clone(own)
	if limits == nil {
		limits = quota.Limits{}
	}
	for _, text := range set {
		name, value, _ := strings.Cut(text, "=")
		limit, err := readLimit(value)
		if err != nil || !slices.Contains(quota.Names(), quota.Name(name)) {
			return nil, fmt.Errorf("--set: %q is no limit such as users=1000 or mails_per_day=800/1000; there are %v", text, quota.Names())
		}
		limits[quota.Name(name)] = limit
	}
	for _, name := range usual {
		if !slices.Contains(quota.Names(), quota.Name(name)) {
			return nil, fmt.Errorf("--default: there is no %q; there are %v", name, quota.Names())
		}
		delete(limits, quota.Name(name))
	}
	return limits, nil
}

func readLimit(text string) (limit quota.Limit, err error) {
	if text == "none" {
		return limit, nil
	}
	if soft, hard, both := strings.Cut(text, "/"); both {
		text = hard
		if limit.Soft, err = strconv.ParseInt(soft, 10, 64); err != nil {
			return limit, err
		}
	}
	limit.Hard, err = strconv.ParseInt(text, 10, 64)
	return limit, err
}

type shownQuota struct {
	Quota  string `json:"quota"`
	Soft   int64  `json:"soft"`
	Hard   int64  `json:"hard"`
	Own    bool   `json:"own"`
	Used   int64  `json:"used"`
	Period string `json:"period"`
	Over   bool   `json:"over"`
}

func showQuota(s allowance.Standing) shownQuota {
	return shownQuota{string(s.Quota), s.Limit.Soft, s.Limit.Hard, s.Own, s.Used, s.Period.Name, s.Over}
}

func quotaTable(list []shownQuota) func(io.Writer) error {
	return table("QUOTA\tUSED\tWARNS AT\tREFUSES AT\tWHOSE\tPERIOD\tOVER", func(w io.Writer) {
		number := func(n int64) string {
			if n == 0 {
				return "-"
			}
			return strconv.FormatInt(n, 10)
		}
		for _, q := range list {
			whose, over := "deployment", ""
			if q.Own {
				whose = "tenant"
			}
			if q.Over {
				over = "yes"
			}
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", q.Quota, q.Used, number(q.Soft), number(q.Hard), whose, q.Period, over)
		}
	})
}
