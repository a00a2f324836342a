package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newMigrate() *cobra.Command {
	migrate := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database to the tables that this version needs",
	}
	migrate.AddCommand(
		&cobra.Command{
			Use: "up", Short: "Apply the pending migrations", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return withMigrator(cmd, func(m *migrations.Migrator) error {
					applied, err := m.Up(cmd.Context())
					for _, version := range applied {
						fmt.Fprintln(cmd.OutOrStdout(), "applied", version)
					}
					if err == nil && len(applied) == 0 {
						fmt.Fprintln(cmd.OutOrStdout(), "nothing to do")
					}
					return err
				})
			},
		},
		&cobra.Command{
			Use: "status", Short: "Show which migrations are applied and which are pending", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return withMigrator(cmd, func(m *migrations.Migrator) error {
					status, err := m.Status(cmd.Context())
					if err != nil {
						return err
					}
					_, err = fmt.Fprintln(cmd.OutOrStdout(), status)
					return err
				})
			},
		},
		&cobra.Command{
			Use: "validate", Short: "Check that no migration was changed after it was written", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				if err := migrations.Validate(); err != nil {
					return err
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "the migrations are those that atlas.sum tells of")
				return err
			},
		},
		&cobra.Command{
			Use: "down", Short: "Refused: migrations only go forward", Hidden: true, DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error {
				return errors.New("migrations only go forward: restore a backup, or write a migration that mends what is wrong")
			},
		},
	)
	return migrate
}

func withMigrator(cmd *cobra.Command, use func(*migrations.Migrator) error) error {
	s, log, err := load(cmd, settings.LoadOptions{Skip: settings.SkipSecrets | settings.SkipRunRole})
	if err != nil {
		return err
	}
	m, err := migrations.Open(s.Database.MigrateURL.Reveal(), log)
	if err != nil {
		return fmt.Errorf("database.migrate_url: %w", err)
	}
	return errors.Join(use(m), m.Close())
}
