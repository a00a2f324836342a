package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newOperator() *cobra.Command {
	return group("operator", "Manage who may use the console API", newOperatorToken())
}

func newOperatorToken() *cobra.Command {
	var name string
	var scopes, only []string
	var expires time.Duration
	cmd := &cobra.Command{
		Use: "token", Short: "Make an operator token and print it once", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n := tenants.NewOperatorToken{NewToken: tenants.NewToken{Name: name, Scopes: scopes}}
			if expires < 0 {
				return errors.New("--expires-in: must not be negative")
			}
			if expires > 0 {
				at := time.Now().Add(expires)
				n.ExpiresAt = &at
			}
			for _, text := range only {
				id, err := uuid.Parse(text)
				if err != nil {
					return fmt.Errorf("--tenants: %w", err)
				}
				n.Tenants = append(n.Tenants, id)
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				_, plain, err := app.Operators.Create(ctx, tenants.ByCLI, nil, n)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), plain)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "cli", "name for people")
	cmd.Flags().StringSliceVar(&scopes, "scopes", nil, "what it may do; everything where absent")
	cmd.Flags().StringSliceVar(&only, "tenants", nil, "ids of the tenants it may touch; all where absent")
	cmd.Flags().DurationVar(&expires, "expires-in", 0, "how long it is good; for good where absent")
	return cmd
}
