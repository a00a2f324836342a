package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// stillReady is the condition on rows named by their ids. It is in a CASE so that no database looks for them by the indexes of what is ready:
// as a rule next to nothing is, so that seems the shortest way, and is the longest when a queue has grown.
const stillReady = `CASE WHEN state = 'ready' THEN 1 ELSE 0 END = 1`

// IntentsDone marks rows as carried out and blanks their payloads. It returns how many were still to be done: fewer than ids means that
// someone else was faster, which the transaction of an effect must heed if the effect is not idempotent by itself. With the scope of a
// tenant it reaches only hers.
//
// Why raw: it must not read the rows, and may cross tenants.
func (q *Queries) IntentsDone(ctx context.Context, now time.Time, ids ...uuid.UUID) (int, error) {
	return q.finish(ctx, "done", "", now, ids)
}

// IntentsSent is IntentsDone for mails that a host took: they are kept longer, as the log of what was sent.
//
// Why raw: see IntentsDone.
func (q *Queries) IntentsSent(ctx context.Context, now time.Time, ids ...uuid.UUID) (int, error) {
	return q.finish(ctx, "sent", "", now, ids)
}

// IntentsDropped marks rows as of no use any more, says why, and blanks their payloads.
//
// Why raw: see IntentsDone.
func (q *Queries) IntentsDropped(ctx context.Context, now time.Time, why string, ids ...uuid.UUID) (int, error) {
	return q.finish(ctx, "dropped", why, now, ids)
}

// IntentsDead gives rows up after an error. Their payloads stay, so that an operator can have them tried again.
//
// Why raw: see IntentsDone.
func (q *Queries) IntentsDead(ctx context.Context, now time.Time, why string, ids ...uuid.UUID) (int, error) {
	owned, owner, err := reach(ctx)
	if err != nil {
		return 0, fmt.Errorf("give intents up: %w", err)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	args := append([]any{stamp(now), why}, list(ids)...)
	n, err := q.exec(ctx, `UPDATE outbox SET state = 'dead', done_at = ?, last_error = ? WHERE `+stillReady+` AND id IN (`+marks(len(ids))+`)`+owned,
		append(args, owner...)...)
	if err != nil {
		return 0, fmt.Errorf("give intents up: %w", err)
	}
	return n, nil
}

func (q *Queries) finish(ctx context.Context, state, why string, now time.Time, ids []uuid.UUID) (int, error) {
	owned, owner, err := reach(ctx)
	if err != nil {
		return 0, fmt.Errorf("mark intents %s: %w", state, err)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	args := append([]any{state, []byte{}, stamp(now), why}, list(ids)...)
	n, err := q.exec(ctx, `UPDATE outbox SET state = ?, payload = ?, done_at = ?, last_error = ? WHERE `+stillReady+` AND id IN (`+marks(len(ids))+`)`+owned,
		append(args, owner...)...)
	if err != nil {
		return 0, fmt.Errorf("mark intents %s: %w", state, err)
	}
	return n, nil
}

// ReleaseIntent gives a leased row back, to be tried again at a time. The error, if any, is kept for the operator.
//
// Why raw: see IntentsDone.
func (q *Queries) ReleaseIntent(ctx context.Context, id uuid.UUID, at time.Time, why string) error {
	owned, owner, err := reach(ctx)
	if err != nil {
		return fmt.Errorf("release intent: %w", err)
	}
	args := append([]any{stamp(at), why, id}, owner...)
	if _, err := q.exec(ctx, `UPDATE outbox SET available_at = ?, last_error = ? WHERE `+stillReady+` AND id = ?`+owned, args...); err != nil {
		return fmt.Errorf("release intent: %w", err)
	}
	return nil
}

// RetryIntent has a row that was read, not leased, tried again at a time: that counts as an attempt.
//
// Why raw: see IntentsDone.
func (q *Queries) RetryIntent(ctx context.Context, id uuid.UUID, at time.Time, why string) error {
	owned, owner, err := reach(ctx)
	if err != nil {
		return fmt.Errorf("put an intent off: %w", err)
	}
	args := append([]any{stamp(at), why, id}, owner...)
	if _, err := q.exec(ctx, `UPDATE outbox SET available_at = ?, last_error = ?, attempts = attempts + 1 WHERE `+stillReady+` AND id = ?`+owned, args...); err != nil {
		return fmt.Errorf("put an intent off: %w", err)
	}
	return nil
}

// ReleaseAllIntents makes every row that is to be done due now. An embedded queue forgets what it held when the process ends: call this
// when one starts, before anything is leased, and never where other replicas are at work.
//
// Why raw: see IntentsDone.
func (q *Queries) ReleaseAllIntents(ctx context.Context, now time.Time) (int, error) {
	if err := system(ctx); err != nil {
		return 0, fmt.Errorf("release intents: %w", err)
	}
	n, err := q.exec(ctx, `UPDATE outbox SET available_at = ? WHERE state = 'ready' AND available_at > ?`, stamp(now), stamp(now))
	if err != nil {
		return 0, fmt.Errorf("release intents: %w", err)
	}
	return n, nil
}

// Backlog is what is left to do of a kind.
type Backlog struct {
	Kind  string
	Ready int       // to be done, now or later
	Dead  int       // given up
	Due   time.Time // since when the one is due that has been due longest, or when the first will be; zero where there is none
}

// OutboxBacklog counts what is to be done and what was given up, by kind, in the system scope.
//
// Why raw: counts and times in one statement.
func (q *Queries) OutboxBacklog(ctx context.Context) ([]Backlog, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("read backlog: %w", err)
	}
	rows, err := q.query(ctx, `SELECT kind, state, COUNT(*), MIN(available_at) FROM outbox WHERE state IN ('ready', 'dead') GROUP BY kind, state ORDER BY kind, state`)
	type count struct {
		kind, state string
		n           int
		due         time.Time
	}
	found, err := collect(rows, err, func(rows *sql.Rows) (c count, err error) {
		var due any
		if err = rows.Scan(&c.kind, &c.state, &c.n, &due); err == nil {
			c.due, err = readTime(due)
		}
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read backlog: %w", err)
	}
	var backlogs []Backlog
	for _, c := range found {
		if len(backlogs) == 0 || backlogs[len(backlogs)-1].Kind != c.kind {
			backlogs = append(backlogs, Backlog{Kind: c.kind})
		}
		b := &backlogs[len(backlogs)-1]
		if c.state == "dead" {
			b.Dead = c.n
			continue
		}
		b.Ready, b.Due = c.n, c.due
	}
	return backlogs, nil
}

// readTime reads a time that was computed. SQLite says only of columns that they are times; of what is computed of them it gives microseconds.
func readTime(value any) (time.Time, error) {
	switch value := value.(type) {
	case time.Time:
		return value.UTC(), nil
	case int64:
		return time.UnixMicro(value).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%T is not a time", value)
}
