package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// period are the flags that choose days.
type period struct{ from, to string }

func (p *period) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.from, "from", "", "the first day (UTC), such as 2026-11-01; 29 days before the last where absent")
	cmd.Flags().StringVar(&p.to, "to", "", "the last day; today where absent")
}

func (p *period) days() (from, to usage.Day, err error) {
	to = usage.Today()
	if p.to != "" {
		if to, err = usage.ParseDay(p.to); err != nil {
			return 0, 0, fmt.Errorf("--to: %q is no day such as 2026-11-29", p.to)
		}
	}
	const before = 29
	from = to - before
	if p.from != "" {
		if from, err = usage.ParseDay(p.from); err != nil {
			return 0, 0, fmt.Errorf("--from: %q is no day such as 2026-11-29", p.from)
		}
	}
	if from > to {
		return 0, 0, errors.New("--from must not be after --to")
	}
	return from, to, nil
}

func newTenantUsage() *cobra.Command {
	var which period
	var verify, asCSV bool
	cmd := &cobra.Command{
		Use: "usage ID|SLUG", Short: "Show what was counted in a tenant, day by day", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		Long: `Show what was counted in a tenant, day by day: people, sign-ins, mails, webhooks and calls of its APIs.

With --verify what follows from the audit log is counted anew, and the command exits with 1 where that differs. The command below puts it right.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			from, to, err := which.days()
			if err != nil {
				return err
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				if verify {
					c, err := app.UsageAudit.Compare(ctx, record.ID, from, to)
					if err != nil {
						return err
					}
					return showComparison(cmd, record, c, errors.New("the usage is not what the audit log tells"))
				}
				report, err := app.Usage.Of(ctx, record.ID, from, to)
				if err != nil {
					return err
				}
				if asCSV {
					return report.WriteCSV(cmd.OutOrStdout())
				}
				shown := showUsage(report)
				return answer(cmd, shown, usageTable(shown))
			})
		},
	}
	which.flags(cmd)
	cmd.Flags().BoolVar(&verify, "verify", false, "compare with the audit log")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print CSV")
	cmd.MarkFlagsMutuallyExclusive("verify", "csv")
	cmd.AddCommand(newTenantUsageRebuild())
	return cmd
}

func newTenantUsageRebuild() *cobra.Command {
	var which period
	cmd := &cobra.Command{
		Use: "rebuild ID|SLUG", Short: "Make the figures of a tenant what its audit log tells", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		Long: `Count what the audit log of a tenant tells of some days, and make its figures that: after an update, of days before there were figures, or where
usage --verify found differences. Days of which the log was given up are left as they are. Days on which no log was kept become empty.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			from, to, err := which.days()
			if err != nil {
				return err
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				c, err := app.UsageAudit.Rebuild(ctx, record.ID, from, to)
				if err != nil {
					return err
				}
				return showComparison(cmd, record, c, nil)
			})
		},
	}
	which.flags(cmd)
	return cmd
}

// compared is a comparison as the commands print it.
type compared struct {
	TenantID    uuid.UUID         `json:"tenant_id"`
	From        string            `json:"from,omitempty"`
	To          string            `json:"to,omitempty"`
	Erased      int64             `json:"erased_records"`
	Differences []shownDifference `json:"differences"`
}

type shownDifference struct {
	Day     string `json:"day"`
	What    string `json:"what"`
	Counted int64  `json:"counted"`
	Told    int64  `json:"in_the_log"`
}

// showComparison prints a comparison; different is how the command ends where there are differences.
func showComparison(cmd *cobra.Command, record *tenants.Record, c audit.Comparison, different error) error {
	shown := compared{TenantID: record.ID, Erased: c.Erased, Differences: []shownDifference{}}
	summary := record.Slug + ": the audit log tells nothing of these days"
	if c.Any {
		shown.From, shown.To = c.From.String(), c.To.String()
		summary = fmt.Sprintf("%s: %s to %s: %d differences; %d records are erased", record.Slug, c.From, c.To, len(c.Differences), c.Erased)
	}
	for _, d := range c.Differences {
		shown.Differences = append(shown.Differences, shownDifference{d.Day.String(), d.What, d.Counted, d.Told})
	}
	err := answer(cmd, shown, func(w io.Writer) error {
		if _, err := fmt.Fprintln(w, summary); err != nil || len(shown.Differences) == 0 {
			return err
		}
		return table("DAY\tWHAT\tCOUNTED\tIN THE LOG", func(w io.Writer) {
			for _, d := range shown.Differences {
				fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", d.Day, d.What, d.Counted, d.Told)
			}
		})(w)
	})
	if err != nil || len(c.Differences) == 0 {
		return err
	}
	return different
}

// shownFigures are figures as the commands print them.
type shownFigures struct {
	Day                 string `json:"day,omitempty"`
	MonthlyActivePeople int64  `json:"monthly_active_people"`
	Registrations       int64  `json:"registrations"`
	SignInsSucceeded    int64  `json:"sign_ins_succeeded"`
	SignInsFailed       int64  `json:"sign_ins_failed"`
	MailsSent           int64  `json:"mails_sent"`
	MailsFailed         int64  `json:"mails_failed"`
	WebhooksDelivered   int64  `json:"webhooks_delivered"`
	WebhooksFailed      int64  `json:"webhooks_failed"`
	PublicCalls         int64  `json:"public_api_calls"`
	AdminCalls          int64  `json:"admin_api_calls"`
}

func showFigures(f usage.Figures, active int64) shownFigures {
	all := f.AllSignIns()
	return shownFigures{
		MonthlyActivePeople: active, Registrations: f.Registrations, SignInsSucceeded: all.Succeeded, SignInsFailed: all.Failed,
		MailsSent: f.MailsSent, MailsFailed: f.MailsFailed, WebhooksDelivered: f.WebhooksDelivered, WebhooksFailed: f.WebhooksFailed,
		PublicCalls: f.PublicCalls, AdminCalls: f.AdminCalls,
	}
}

func showUsage(r usage.Report) []shownFigures {
	days := make([]shownFigures, len(r.Days))
	for i, d := range r.Days {
		days[i] = showFigures(d.Figures, d.MonthlyActive)
		days[i].Day = d.Day.String()
	}
	return days
}

const figuresHead = "ACTIVE IN MONTH\tSIGN-UPS\tSIGN-INS\tFAILED\tMAILS\tFAILED\tWEBHOOKS\tFAILED\tPUBLIC CALLS\tADMIN CALLS"

func (f shownFigures) row() string {
	return fmt.Sprintf("%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d", f.MonthlyActivePeople, f.Registrations, f.SignInsSucceeded, f.SignInsFailed,
		f.MailsSent, f.MailsFailed, f.WebhooksDelivered, f.WebhooksFailed, f.PublicCalls, f.AdminCalls)
}

func usageTable(days []shownFigures) func(io.Writer) error {
	return table("DAY\t"+figuresHead, func(w io.Writer) {
		for _, d := range days {
			fmt.Fprintf(w, "%s\t%s\n", d.Day, d.row())
		}
	})
}

func newUsage() *cobra.Command {
	var month, sort string
	var asCSV bool
	cmd := &cobra.Command{
		Use: "usage", Short: "Show what was counted in all tenants in a month", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := usage.Query{Month: usage.DayOf(time.Now()).Month(), Order: usage.Order(sort)}
			if q.Order != usage.ByActivePeople && q.Order != usage.ByTenant {
				return fmt.Errorf("--sort must be %s or %s", usage.ByActivePeople, usage.ByTenant)
			}
			if month != "" {
				var err error
				if q.Month, err = usage.ParseMonth(month); err != nil {
					return fmt.Errorf("--month: %q is no month such as 2026-11", month)
				}
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				list, err := app.Usage.All(ctx, q)
				if err != nil {
					return err
				}
				if asCSV {
					return usage.WriteCSV(cmd.OutOrStdout(), q.Month, list)
				}
				shown := make([]shownTenantUsage, len(list))
				for i, t := range list {
					shown[i] = shownTenantUsage{t.ID, t.Slug, showFigures(t.Figures, t.ActivePeople)}
				}
				return answer(cmd, shown, table("TENANT\t"+figuresHead, func(w io.Writer) {
					for _, t := range shown {
						fmt.Fprintf(w, "%s\t%s\n", t.Slug, t.row())
					}
				}))
			})
		},
	}
	cmd.Flags().StringVar(&month, "month", "", "the month (UTC), such as 2026-11; this one where absent")
	cmd.Flags().StringVar(&sort, "sort", string(usage.ByActivePeople), "active_people or tenant")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print CSV")
	return cmd
}

type shownTenantUsage struct {
	ID   uuid.UUID `json:"id"`
	Slug string    `json:"slug"`
	shownFigures
}
