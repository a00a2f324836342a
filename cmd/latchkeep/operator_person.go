package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

// shownPerson is an operator as commands print her.
type shownPerson struct {
	ID         uuid.UUID        `json:"id"`
	Email      string           `json:"email"`
	Name       string           `json:"name"`
	Grants     []operator.Grant `json:"grants"`
	Joined     bool             `json:"joined"`
	LastSeenAt *time.Time       `json:"last_seen_at"`
	DisabledAt *time.Time       `json:"disabled_at"`
	Link       string           `json:"link,omitempty"`
}

func showPerson(o *operator.Operator) shownPerson {
	return shownPerson{ID: o.ID, Email: o.Email, Name: o.Name, Grants: o.Grants, Joined: o.UserID != nil, LastSeenAt: o.LastSeenAt, DisabledAt: o.DisabledAt}
}

func newOperatorInvite() *cobra.Command {
	var role, name string
	var only []string
	cmd := &cobra.Command{
		Use: "invite EMAIL", Short: "Make the link with which an operator joins the console", Args: cobra.ExactArgs(1),
		Long: `Make an operator, and print the link with which she joins the console. It works once, for three days.

For an operator who is there already a new link is made. With it she is signed in: that is the way back in for who has lost what she signed in with.
Her role stays as it is.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			grant := operator.Grant{Role: operator.Role(role)}
			for _, text := range only {
				id, err := uuid.Parse(text)
				if err != nil {
					return fmt.Errorf("--tenants: %w", err)
				}
				grant.Tenants = append(grant.Tenants, id)
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				o, token, err := app.Operators.InviteOrAgain(ctx, tenants.ByCLI, operator.Invitation{Email: args[0], Name: name, Grants: []operator.Grant{grant}})
				if err != nil {
					return err
				}
				shown := showPerson(o)
				shown.Link = operator.InvitationLink(app.Settings.Console.BaseURL.String(), token)
				return answer(cmd, shown, line("%s", shown.Link))
			})
		},
	}
	cmd.Flags().StringVar(&role, "role", string(operator.Owner), "owner, admin, support or read_only")
	cmd.Flags().StringVar(&name, "name", "", "what others call her")
	cmd.Flags().StringSliceVar(&only, "tenants", nil, "ids of the tenants she may touch; all where absent")
	return cmd
}

func newOperatorPeople() *cobra.Command {
	return &cobra.Command{
		Use: "people", Short: "List the operators", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				all, err := app.Operators.List(ctx)
				if err != nil {
					return err
				}
				list := make([]shownPerson, len(all))
				for i, o := range all {
					list[i] = showPerson(o)
				}
				return answer(cmd, list, table("EMAIL\tMAY\tSTATE", func(w io.Writer) {
					for _, o := range all {
						fmt.Fprintf(w, "%s\t%s\t%s\n", o.Email, grantsText(o.Grants), stateText(o))
					}
				}))
			})
		},
	}
}

func newOperatorDisable(use, short string, disabled bool) *cobra.Command {
	return &cobra.Command{
		Use: use + " EMAIL", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				o, err := app.Operators.ByEmail(ctx, args[0])
				if err != nil {
					return err
				}
				if o, err = app.Operators.Change(ctx, tenants.ByCLI, nil, o.ID, operator.Change{Disabled: &disabled}); err != nil {
					return err
				}
				return answer(cmd, showPerson(o), line("%s is %s", o.Email, stateText(o)))
			})
		},
	}
}

func grantsText(grants []operator.Grant) string {
	text := ""
	for i, g := range grants {
		if i > 0 {
			text += ", "
		}
		text += string(g.Role)
		if len(g.Tenants) > 0 {
			text += fmt.Sprintf(" in %d tenants", len(g.Tenants))
		}
	}
	return text
}

func stateText(o *operator.Operator) string {
	switch {
	case o.DisabledAt != nil:
		return "disabled"
	case o.UserID != nil:
		return "joined"
	default:
		return "invited"
	}
}
