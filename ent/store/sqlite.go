package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/dsn"
)

// openSQLite opens one connection that writes, its transactions taking the write lock when they begin, and a few that only read: so no
// transaction ever has to be broken off because another wrote first. Times are integers, because text would compare wrongly across zones.
func (s *Store) openSQLite(ctx context.Context, source dsn.Source, o Options) error {
	if err := source.CreateFile(); err != nil {
		return err
	}
	if source.ReadableByOthers() {
		s.log.WarnContext(ctx, "other users of this machine can read the database; chmod 600 it", "file", source.Path)
	}
	times := []string{"_time_integer_format", "unix_micro", "_inttotime", "1"}
	write, err := sql.Open("sqlite", source.SQLite(append(times, "_txlock", "immediate")...))
	if err != nil {
		return err
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil { // the first connection switches the write-ahead log on, which readers cannot
		return errors.Join(fmt.Errorf("open for writing: %w", err), write.Close())
	}
	read, err := sql.Open("sqlite", source.SQLite(append(times, "_pragma", "query_only(1)")...))
	if err != nil {
		return errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(o.MaxOpen)
	read.SetMaxIdleConns(o.MaxIdle)
	s.write, s.read = write, read
	s.ping = func(ctx context.Context) error { return errors.Join(write.PingContext(ctx), read.PingContext(ctx)) }
	s.close = func() error { return errors.Join(read.Close(), write.Close()) }
	return nil
}
