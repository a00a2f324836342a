package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/pkg/settings"
)

func newMigrate() *cobra.Command {
	return group("migrate", "Bring the database to the tables that this version needs",
		&cobra.Command{
			Use: "up", Short: "Apply the pending migrations", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return withMigrator(cmd, func(m *migrations.Migrator) error {
					applied, err := m.Up(cmd.Context())
					list := struct {
						Applied []string `json:"applied"`
					}{append([]string{}, applied...)}
					return errors.Join(err, answer(cmd, list, func(w io.Writer) error {
						for _, version := range applied {
							fmt.Fprintln(w, "applied", version)
						}
						if err == nil && len(applied) == 0 {
							fmt.Fprintln(w, "nothing to do")
						}
						return nil
					}))
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
					return answer(cmd, showStatus(status), func(w io.Writer) error { return printStatus(w, status) })
				})
			},
		},
		&cobra.Command{
			Use: "validate", Short: "Check that no migration was changed after it was written", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				if err := migrations.Validate(); err != nil {
					return err
				}
				valid := struct {
					Valid bool `json:"valid"`
				}{true}
				return answer(cmd, valid, line("the migrations are those that atlas.sum tells of"))
			},
		},
		&cobra.Command{
			Use: "down", Short: "Refused: migrations only go forward", Hidden: true, DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error {
				return errors.New("migrations only go forward: restore a backup, or write a migration that mends what is wrong")
			},
		},
	)
}

// migration is one as the commands print it.
type migration struct {
	Version string     `json:"version"`
	Name    string     `json:"name"`
	Applied *time.Time `json:"applied_at,omitempty"`
	Failed  string     `json:"failed,omitempty"`
}

type migrationStatus struct {
	UpToDate bool        `json:"up_to_date"`
	Applied  []migration `json:"applied"`
	Pending  []migration `json:"pending"`
	Unknown  []string    `json:"unknown"` // applied by a newer version of the program
}

func showStatus(s migrations.Status) migrationStatus {
	shown := migrationStatus{len(s.Pending) == 0, []migration{}, []migration{}, append([]string{}, s.Unknown...)}
	for _, v := range s.Applied {
		at := v.Applied.UTC()
		shown.Applied = append(shown.Applied, migration{Version: v.Version, Name: v.Name, Applied: &at})
	}
	for _, v := range s.Pending {
		shown.Pending = append(shown.Pending, migration{Version: v.Version, Name: v.Name, Failed: v.Failed})
	}
	return shown
}

// printStatus prints a table of migrations and one line that says what to do.
func printStatus(w io.Writer, s migrations.Status) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "VERSION\tNAME\tSTATUS")
	for _, v := range s.Applied {
		fmt.Fprintf(table, "%s\t%s\tapplied %s\n", v.Version, v.Name, v.Applied.Format(time.RFC3339))
	}
	for _, v := range s.Pending {
		status := "pending"
		if v.Failed != "" {
			status = "half done, failed: " + v.Failed
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", v.Version, v.Name, status)
	}
	for _, version := range s.Unknown {
		fmt.Fprintf(table, "%s\t\tapplied by a newer version of the program\n", version)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	text := "\nup to date"
	if n := len(s.Pending); n > 0 {
		text = fmt.Sprintf("\n%d pending: run latchkeep migrate up", n)
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

func withMigrator(cmd *cobra.Command, use func(*migrations.Migrator) error) error {
	s, log, err := loadBriefly(cmd, settings.LoadOptions{Skip: settings.SkipSecrets | settings.SkipRunRole})
	if err != nil {
		return err
	}
	m, err := migrations.Open(s.Database.MigrateURL.Reveal(), log)
	if err != nil {
		return fmt.Errorf("database.migrate_url: %w", err)
	}
	return errors.Join(use(m), m.Close())
}
