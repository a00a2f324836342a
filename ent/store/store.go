// Package store opens the database and gives out the only two ways to use it: reads outside a transaction, and units of work.
//
// One *sql.Tx carries a unit of work, and both the ent client and the raw statements are built on it. The scope in the context confines
// each statement to a tenant twice: the hooks of the ent schema add the tenant to every query, and on PostgreSQL the connection itself
// carries the scope, by which row-level security decides. The package knows nothing of what is stored.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"entgo.io/ent/dialect"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	_ "github.com/latchkeep/latchkeep/ent/runtime" // without it the hooks that confine to a tenant are absent
)

// Options say how to open the database.
type Options struct {
	// URL names the database: see ent/dsn.
	URL string
	// MaxOpen is the most connections at a time; 10 where it is not positive. SQLite has one writer whatever it says, and so many readers.
	MaxOpen int
	// MaxIdle is the most connections kept for later; MaxOpen where it is not positive. PostgreSQL goes by MaxIdleTime alone.
	MaxIdle int
	// MaxLifetime is how long a connection is used before it is replaced; 1 h where it is not positive.
	MaxLifetime time.Duration
	// MaxIdleTime is how long an unused connection is kept; 30 min where it is not positive.
	MaxIdleTime time.Duration
	// TxScope is for PostgreSQL behind a pooler that lends a connection for one transaction only: each transaction sets the scope anew, and
	// each read becomes a transaction. It costs three round trips.
	TxScope bool
	// OnStatement, where not nil, is told each statement before it is sent, other than those that begin and end transactions or set the
	// scope. It must be safe for concurrent use.
	OnStatement func(query string)
	// Logger hears what an operator should know; slog.DiscardHandler where it is nil.
	Logger *slog.Logger
}

// A Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect     string
	onStatement func(string)
	log         *slog.Logger
	write       *sql.DB
	read        *sql.DB // the same as write, but for SQLite
	maxOpen     int
	txScope     bool
	reader      *ent.Client
	raw         *rawsql.Queries
	ping        func(context.Context) error
	close       func() error
	// renew reports whether an error says that the server hung up, and if so has new connections made. Nothing was done then if the error
	// came from beginning or reading.
	renew func(error) bool
}

// Open opens the database and makes sure that it answers. It does not look at the tables: see ent/migrations.
func Open(ctx context.Context, o Options) (*Store, error) {
	source, err := dsn.Parse(o.URL)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	s := &Store{dialect: source.Dialect, maxOpen: o.MaxOpen, txScope: o.TxScope, onStatement: o.OnStatement, log: o.Logger, renew: func(error) bool { return false }}
	switch source.Dialect {
	case dialect.Postgres:
		err = s.openPostgres(ctx, source, o)
	case dialect.MySQL:
		err = s.openMySQL(source, o)
	case dialect.SQLite:
		err = s.openSQLite(ctx, source, o)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", source, err)
	}
	outside := &reader{db: s.read, dialect: s.dialect, on: s.onStatement, renew: s.renew}
	s.raw = rawsql.New(s.dialect, outside)
	s.reader = newClient(s.dialect, outside)
	s.reader.Use(refuseWrites)
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", source, err), s.Close())
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.MaxOpen <= 0 {
		o.MaxOpen = 10
	}
	if o.MaxIdle <= 0 {
		o.MaxIdle = o.MaxOpen
	}
	if o.MaxLifetime <= 0 {
		o.MaxLifetime = time.Hour
	}
	if o.MaxIdleTime <= 0 {
		o.MaxIdleTime = 30 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Reader reads outside of any transaction. Each of its queries needs a scope in its context, and it refuses to write. Inside a unit of
// work use the unit's own client: with its context this one answers ErrInsideUnit, where it might otherwise wait for itself.
func (s *Store) Reader() *ent.Client { return s.reader }

// Raw are the raw statements that read outside of any transaction. The same rules apply.
func (s *Store) Raw() *rawsql.Queries { return s.raw }

// Dialect is dialect.Postgres, dialect.MySQL (MariaDB too) or dialect.SQLite.
func (s *Store) Dialect() string { return s.dialect }

// MaxOpen is how many connections there are at most.
func (s *Store) MaxOpen() int { return s.maxOpen }

// Connections are those of the pool that writes, and how often somebody had to wait for one.
func (s *Store) Connections() sql.DBStats { return s.write.Stats() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.ping(ctx) }

// Close closes all connections, after waiting for those in use.
func (s *Store) Close() error { return s.close() }
