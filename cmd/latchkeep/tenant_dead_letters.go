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

	"github.com/latchkeep/latchkeep/auth/deadletter"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

// deadLetterKinds are the kinds of what can be dead.
var deadLetterKinds = []string{"audit", "audit_erase", "job", "mail", "webhook"}

func newTenantDeadLetters() *cobra.Command {
	var kind string
	var limit int
	cmd := &cobra.Command{
		Use: "dead-letters ID|SLUG", Short: "List mails and audit records that were given up", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		Long: "List what could not be carried out, the newest first: mails that a mail host refused for good or that were tried for a day, and audit\n" +
			"records that cannot be read. The commands below have them tried once more, or give them up for good.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := knownKind(kind); err != nil {
				return err
			}
			if limit < 1 || limit > deadletter.MaxPage {
				return fmt.Errorf("--limit must be from 1 to %d", deadletter.MaxPage)
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				letters, err := app.DeadLetters.List(ctx, record.ID, deadletter.Choice{Kind: kind}, uuid.Nil, limit)
				if err != nil {
					return err
				}
				list := make([]shownDeadLetter, len(letters))
				for i, l := range letters {
					list[i] = shownDeadLetter(l)
				}
				return answer(cmd, list, deadLetterTable(list))
			})
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "only these: "+strings.Join(deadLetterKinds, ", "))
	cmd.Flags().IntVar(&limit, "limit", 100, "how many at most")
	cmd.AddCommand(
		newTakeUp("retry", "Have dead letters tried once more", "will be tried again", (*deadletter.Room).Retry),
		newTakeUp("discard", "Give dead letters up for good", "given up", (*deadletter.Room).Discard),
	)
	return cmd
}

func newTakeUp(use, short, done string, do func(*deadletter.Room, context.Context, tenants.Actor, uuid.UUID, deadletter.Choice) (int, error)) *cobra.Command {
	var kind string
	cmd := &cobra.Command{
		Use: use + " ID|SLUG [DEAD_LETTER_ID...]", Short: short, Args: cobra.MinimumNArgs(1), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			c := deadletter.Choice{Kind: kind}
			if err := knownKind(kind); err != nil {
				return err
			}
			for _, text := range args[1:] {
				id, err := uuid.Parse(text)
				if err != nil {
					return fmt.Errorf("DEAD_LETTER_ID %q is none: see latchkeep tenant dead-letters", text)
				}
				c.IDs = append(c.IDs, id)
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				n, err := do(app.DeadLetters, ctx, tenants.ByCLI, record.ID, c)
				if err != nil {
					return err
				}
				return answer(cmd, map[string]int{"count": n}, line("%d %s", n, done))
			})
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "only these: "+strings.Join(deadLetterKinds, ", "))
	return cmd
}

func knownKind(kind string) error {
	if kind != "" && !slices.Contains(deadLetterKinds, kind) {
		return fmt.Errorf("--kind must be one of %s", strings.Join(deadLetterKinds, ", "))
	}
	return nil
}

type shownDeadLetter struct {
	ID        uuid.UUID `json:"id"`
	Kind      string    `json:"kind"`
	CreatedAt time.Time `json:"created_at"`
	DiedAt    time.Time `json:"died_at"`
	Attempts  int       `json:"attempts"`
	Reason    string    `json:"reason"`
}

func deadLetterTable(list []shownDeadLetter) func(io.Writer) error {
	return table("ID\tKIND\tDIED\tATTEMPTS\tREASON", func(w io.Writer) {
		for _, l := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", l.ID, l.Kind, l.DiedAt.Format(time.RFC3339), l.Attempts, l.Reason)
		}
	})
}
