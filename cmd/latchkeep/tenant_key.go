package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newTenantKey() *cobra.Command {
	var n newKeyFlags
	cmd := &cobra.Command{
		Use: "api-key ID|SLUG", Short: "Make an API key for a tenant's admin API and print it once", Args: cobra.ExactArgs(1),
		Long:              "Make an API key for a tenant's admin API and print it once. The commands below list and revoke keys.",
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, err := n.token()
			if err != nil {
				return err
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				made, plain, err := app.APIKeys.Create(ctx, tenants.ByCLI, nil, record.ID, asked)
				if err != nil {
					return err
				}
				return answer(cmd, madeToken{showToken(made.Token), plain}, line("%s", plain))
			})
		},
	}
	n.add(cmd)
	cmd.AddCommand(newTenantKeyList(), newTenantKeyRevoke())
	return cmd
}

func newTenantKeyList() *cobra.Command {
	return &cobra.Command{
		Use: "list ID|SLUG", Short: "List a tenant's API keys, also revoked and expired ones", Args: cobra.ExactArgs(1), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				keys, err := app.APIKeys.List(ctx, record.ID)
				if err != nil {
					return err
				}
				list := make([]shownToken, len(keys))
				for i, k := range keys {
					list[i] = showToken(k.Token)
				}
				return answer(cmd, list, tokenTable(list))
			})
		},
	}
}

func newTenantKeyRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID|SLUG KEY_ID", Short: "End an API key of a tenant", Args: cobra.ExactArgs(2), ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := uuid.Parse(args[1])
			if err != nil {
				return fmt.Errorf("KEY_ID: %w: see latchkeep tenant api-key list", err)
			}
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				if err := app.APIKeys.Revoke(ctx, tenants.ByCLI, record.ID, id); err != nil {
					return err
				}
				return answer(cmd, revoked{id, true}, line("revoked %s", id))
			})
		},
	}
}

// newKeyFlags are what API keys and operator tokens are made with.
type newKeyFlags struct {
	name    string
	scopes  []string
	expires time.Duration
}

func (n *newKeyFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&n.name, "name", "cli", "name for people")
	cmd.Flags().StringSliceVar(&n.scopes, "scopes", nil, "what it may do; everything where absent")
	cmd.Flags().DurationVar(&n.expires, "expires-in", 0, "how long it is good; for good where absent")
}

func (n *newKeyFlags) token() (tenants.NewToken, error) {
	t := tenants.NewToken{Name: n.name, Scopes: n.scopes}
	if n.expires < 0 {
		return t, errors.New("--expires-in: must not be negative")
	}
	if n.expires > 0 {
		at := time.Now().Add(n.expires)
		t.ExpiresAt = &at
	}
	return t, nil
}

// shownToken is an API key or operator token as the commands print it.
type shownToken struct {
	ID         uuid.UUID      `json:"id"`
	Name       string         `json:"name"`
	Hint       string         `json:"hint"`
	Scopes     tenants.Scopes `json:"scopes"`
	CreatedAt  time.Time      `json:"created_at"`
	ExpiresAt  *time.Time     `json:"expires_at,omitempty"`
	LastUsedAt *time.Time     `json:"last_used_at,omitempty"`
	RevokedAt  *time.Time     `json:"revoked_at,omitempty"`
	Tenants    []uuid.UUID    `json:"tenants,omitempty"`
}

// madeToken is shown once, when it is made.
type madeToken struct {
	shownToken
	Token string `json:"token"`
}

type revoked struct {
	ID      uuid.UUID `json:"id"`
	Revoked bool      `json:"revoked"`
}

func showToken(t tenants.Token) shownToken {
	return shownToken{
		ID: t.ID, Name: t.Name, Hint: t.Hint, Scopes: t.Scopes, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt,
		RevokedAt: t.RevokedAt,
	}
}

// state is what has become of it.
func (t shownToken) state() string {
	switch {
	case t.RevokedAt != nil:
		return "revoked"
	case t.ExpiresAt != nil && !time.Now().Before(*t.ExpiresAt):
		return "expired"
	}
	return "good"
}

func tokenTable(list []shownToken) func(io.Writer) error {
	return table("ID\tNAME\tHINT\tSTATE\tSCOPES\tCREATED", func(w io.Writer) {
		for _, t := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Hint, t.state(), strings.Join(t.Scopes, ","), t.CreatedAt.Format(time.RFC3339))
		}
	})
}
