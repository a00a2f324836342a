package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/maillog"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newTenantMails() *cobra.Command {
	var f maillog.Filter
	var limit int
	cmd := &cobra.Command{
		Use: "mails ID|SLUG", Short: "List mails and what became of them", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		Long: "List mails of a tenant, the newest first: what each was, for whom (masked), and what became of it. Those that were sent or dropped are listed for as\n" +
			"long as the setting mails.retention says. What a mail said is not kept.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.State != "" && !slices.Contains(maillog.States(), f.State) {
				return fmt.Errorf("--state must be one of %s", strings.Join(maillog.States(), ", "))
			}
			if limit < 1 || limit > maillog.MaxPage {
				return fmt.Errorf("--limit must be from 1 to %d", maillog.MaxPage)
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				mails, err := app.MailLog.List(ctx, record.ID, f, uuid.Nil, limit)
				if err != nil {
					return err
				}
				list := make([]shownMail, len(mails))
				for i, m := range mails {
					list[i] = shownMail{m.ID, m.Template, m.Language, m.Address, m.State, m.Attempts, m.Reason, m.CreatedAt, m.SentAt}
				}
				return answer(cmd, list, mailTable(list))
			})
		},
	}
	cmd.Flags().StringVar(&f.State, "state", "", "only these: "+strings.Join(maillog.States(), ", "))
	cmd.Flags().StringVar(&f.Template, "template", "", "only these, such as login")
	cmd.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return cmd
}

type shownMail struct {
	ID        uuid.UUID  `json:"id"`
	Template  string     `json:"template"`
	Language  string     `json:"language"`
	To        string     `json:"to"`
	State     string     `json:"state"`
	Attempts  int        `json:"attempts"`
	LastError string     `json:"last_error"`
	CreatedAt time.Time  `json:"created_at"`
	SentAt    *time.Time `json:"sent_at"`
}

func mailTable(list []shownMail) func(io.Writer) error {
	return table("CREATED\tMAIL\tLANGUAGE\tTO\tSTATE\tATTEMPTS\tREASON", func(w io.Writer) {
		for _, m := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", m.CreatedAt.Format(time.RFC3339), m.Template, m.Language, m.To, m.State, m.Attempts, m.LastError)
		}
	})
}
