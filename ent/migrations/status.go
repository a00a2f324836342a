package migrations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"

	files "github.com/latchkeep/latchkeep/ent/migrate/migrations"
	"github.com/latchkeep/latchkeep/ent/rawsql"
)

// A Version is one migration.
type Version struct {
	Version string
	Name    string
	// Applied is when it was applied; zero where it is pending.
	Applied time.Time
	// Failed is the error of the last attempt, where it was left half done.
	Failed string
}

// Status is what a database has and lacks.
type Status struct {
	Applied []Version
	Pending []Version
	// Unknown are versions that a newer program applied.
	Unknown []string
}

// Status reads which migrations the database has. It changes nothing.
func (m *Migrator) Status(ctx context.Context) (Status, error) {
	raw := rawsql.New(m.source.Dialect, m.db)
	rows, err := raw.AppliedMigrations(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("read migrations of %s: %w", m.source, err)
	}
	s, err := compare(m.dir, rows)
	if err != nil {
		return Status{}, err
	}
	if len(s.Applied) == 0 {
		return s, nil
	}
	revisions, err := books{dialect: m.source.Dialect, db: m.db}.ReadRevisions(ctx)
	if err != nil {
		return Status{}, err
	}
	for _, r := range revisions {
		i := slices.IndexFunc(s.Applied, func(v Version) bool { return v.Version == r.Version })
		if i >= 0 {
			s.Applied[i].Applied = r.ExecutedAt.UTC()
		}
	}
	return s, nil
}

// A PendingError says that the database lacks migrations.
type PendingError struct{ Versions []string }

// Error names what is lacking and what to do.
func (e *PendingError) Error() string {
	return fmt.Sprintf("the database lacks %d migrations (%s): run latchkeep migrate up", len(e.Versions), strings.Join(e.Versions, ", "))
}

// Check returns a *PendingError where the database behind the statements lacks migrations: cheap enough for a health check, and within the
// rights of a role that owns nothing. A database that is ahead of the program passes, so that replicas can be replaced one by one.
func Check(ctx context.Context, dialectName string, raw *rawsql.Queries) error {
	pending, err := Pending(ctx, dialectName, raw)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return &PendingError{Versions: pending}
	}
	return nil
}

// Pending lists the versions that the database behind the statements lacks.
func Pending(ctx context.Context, dialectName string, raw *rawsql.Queries) ([]string, error) {
	from, err := files.Dir(dirName(dialectName))
	if err != nil {
		return nil, err
	}
	dir, err := read(from)
	if err != nil {
		return nil, err
	}
	rows, err := raw.AppliedMigrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	s, err := compare(dir, rows)
	if err != nil {
		return nil, err
	}
	versions := make([]string, len(s.Pending))
	for i, v := range s.Pending {
		versions[i] = v.Version
	}
	return versions, nil
}

// Pending lists the versions that the database lacks.
func (m *Migrator) Pending(ctx context.Context) ([]string, error) {
	s, err := m.Status(ctx)
	if err != nil {
		return nil, err
	}
	versions := make([]string, len(s.Pending))
	for i, v := range s.Pending {
		versions[i] = v.Version
	}
	return versions, nil
}

func compare(dir migrate.Dir, rows []rawsql.AppliedMigration) (Status, error) {
	known, err := dir.Files()
	if err != nil {
		return Status{}, fmt.Errorf("read migrations: %w", err)
	}
	if len(known) == 0 {
		return Status{}, errors.New("the program has no migrations")
	}
	var s Status
	for _, f := range known {
		v := Version{Version: f.Version(), Name: f.Desc()}
		i := slices.IndexFunc(rows, func(r rawsql.AppliedMigration) bool { return r.Version == f.Version() })
		switch {
		case i >= 0 && rows[i].Complete:
			s.Applied = append(s.Applied, v)
		case i >= 0:
			v.Failed = rows[i].Error
			s.Pending = append(s.Pending, v)
		default:
			s.Pending = append(s.Pending, v)
		}
	}
	for _, r := range rows {
		if !slices.ContainsFunc(known, func(f migrate.File) bool { return f.Version() == r.Version }) {
			s.Unknown = append(s.Unknown, r.Version)
		}
	}
	return s, nil
}
