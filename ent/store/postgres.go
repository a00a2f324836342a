package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/scope"
)

// guc is the setting of a connection that row-level security goes by: a tenant's id, "system", or empty, which reaches nothing.
const guc = "app.tenant"

func (s *Store) openPostgres(ctx context.Context, source dsn.Source, o Options) error {
	config, err := pgxpool.ParseConfig(source.Raw())
	if err != nil {
		return err
	}
	config.MaxConns = int32(o.MaxOpen)
	config.MaxConnLifetime = o.MaxLifetime
	config.MaxConnLifetimeJitter = o.MaxLifetime / 10
	config.MaxConnIdleTime = o.MaxIdleTime
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "latchkeep"
	}
	config.AfterConnect = timesInUTC
	if o.TxScope {
		// A statement prepared on one server connection is not there on the next. Its description is the same on all.
		if config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
			config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		}
	} else {
		config.PrepareConn = carryScope
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	db := openPool(pool, o.TxScope)
	s.write, s.read, s.ping = db, db, pool.Ping
	s.renew = func(err error) bool {
		if !cutOff(err) {
			return false
		}
		pool.Reset()
		return true
	}
	s.close = func() error {
		err := db.Close()
		pool.Close()
		return err
	}
	return nil
}

// timesInUTC has times read in UTC, where the driver would use the zone of the machine.
func timesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// carryScope makes a connection carry the scope of the context that acquires it. It costs a round trip only where the connection carried
// another before, and none where a unit of work is begun, which sets it.
func carryScope(ctx context.Context, conn *pgx.Conn) (bool, error) {
	if ctx.Value(begun{}) != nil {
		return true, nil
	}
	want := gucValue(ctx)
	carried := conn.PgConn().CustomData()
	if carried[guc] == want {
		return true, nil
	}
	delete(carried, guc)
	if _, err := conn.Exec(ctx, "SELECT set_config('"+guc+"', $1, false)", want); err != nil {
		if conn.IsClosed() && ctx.Err() == nil {
			return false, nil // it went stale in the pool: take another
		}
		return false, fmt.Errorf("set the scope of the connection: %w", err)
	}
	carried[guc] = want
	return true, nil
}

// gucValue is what the scope of the context is for row-level security. No scope reaches nothing.
func gucValue(ctx context.Context) string {
	s, err := scope.From(ctx)
	switch {
	case err != nil:
		return ""
	case s.IsSystem():
		return "system"
	default:
		return s.TenantID().String()
	}
}

// cutOff reports whether the server hung up: it was restarted, or an administrator ended the session. The other pooled connections are
// then no better.
func cutOff(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "57P01" || pg.Code == "57P02" // admin_shutdown, crash_shutdown
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
