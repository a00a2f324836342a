package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newOperatorToken() *cobra.Command {
	var n newKeyFlags
	var only []string
	cmd := &cobra.Command{
		Use: "token", Short: "Make an operator token and print it once", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			asked, err := n.token()
			if err != nil {
				return err
			}
			operator := tenants.NewOperatorToken{NewToken: asked}
			for _, text := range only {
				id, err := uuid.Parse(text)
				if err != nil {
					return fmt.Errorf("--tenants: %w", err)
				}
				operator.Tenants = append(operator.Tenants, id)
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				made, plain, err := app.OperatorTokens.Create(ctx, tenants.ByCLI, nil, operator)
				if err != nil {
					return err
				}
				return answer(cmd, madeToken{showOperator(made), plain}, line("%s", plain))
			})
		},
	}
	n.add(cmd)
	cmd.Flags().StringSliceVar(&only, "tenants", nil, "ids of the tenants it may touch; all where absent")
	return cmd
}

func newOperatorList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List operator tokens, also revoked and expired ones", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				all, err := app.OperatorTokens.List(ctx)
				if err != nil {
					return err
				}
				list := make([]shownToken, len(all))
				for i, t := range all {
					list[i] = showOperator(t)
				}
				return answer(cmd, list, tokenTable(list))
			})
		},
	}
}

func newOperatorRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke TOKEN_ID", Short: "End an operator token", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := uuid.Parse(args[0])
			if err != nil {
				return fmt.Errorf("TOKEN_ID: %w: see latchkeep operator list", err)
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				if err := app.OperatorTokens.Revoke(ctx, tenants.ByCLI, nil, id); err != nil {
					return err
				}
				return answer(cmd, revoked{id, true}, line("revoked %s", id))
			})
		},
	}
}

func showOperator(t tenants.OperatorToken) shownToken {
	shown := showToken(t.Token)
	shown.Tenants = t.Tenants
	return shown
}
