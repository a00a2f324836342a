package rawsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ClaimedIntent is a row of the outbox that its claimer may carry out until the lease ends.
type ClaimedIntent struct {
	ID        uuid.UUID
	TenantID  uuid.UUID
	Kind      string
	Ordering  string // effects of one tenant with the same ordering key happen in the order of their ids
	Payload   []byte // sealed
	CreatedAt time.Time
	NotAfter  *time.Time // of no use after
	Attempts  int        // claims so far, this one included
}

// Claim says which rows of the outbox to take.
type Claim struct {
	Now       time.Time
	Kinds     []string      // only rows of these kinds; others stay for who can carry them out
	Lease     time.Duration // how long the rows are kept from other claimers
	After     uuid.UUID     // begin with the tenants after this id: the Last of the claim before
	Tenants   int           // at most so many tenants, 1 to 100
	PerTenant int           // at most so many rows of each
}

// Claimed are the rows that were taken, each tenant's in the order of their ids.
type Claimed struct {
	Intents []ClaimedIntent
	Last    uuid.UUID // the last tenant looked at; nil when the round is complete
	More    bool      // there may be more that is due: claim again at once
}

// ClaimIntents takes rows of the outbox that are due, so that no other claimer has them before the lease ends. Run it in a unit of work
// of its own, in the system scope.
//
// It is fair: each tenant that has something due gets its turn, of at most PerTenant rows, before any gets the next. It keeps the order:
// a row is not taken while an earlier one with the same ordering key is leased to someone else or waits for its next attempt.
//
// Why raw: SKIP LOCKED on a choice made by walking an index from tenant to tenant has no words in ent.
func (q *Queries) ClaimIntents(ctx context.Context, c Claim) (Claimed, error) {
	if err := system(ctx); err != nil {
		return Claimed{}, fmt.Errorf("claim intents: %w", err)
	}
	if c.Tenants < 1 || c.Tenants > 100 || c.PerTenant < 1 || c.Lease <= 0 || len(c.Kinds) == 0 {
		return Claimed{}, errors.New("claim intents: tenants, rows per tenant, kinds or lease out of range")
	}
	now := stamp(c.Now)
	var out Claimed
	tenants, last, err := q.dueTenants(ctx, c, now)
	if err != nil {
		return Claimed{}, fmt.Errorf("claim intents: list tenants: %w", err)
	}
	out.Last, out.More = last, last != uuid.Nil
	if len(tenants) == 0 {
		return out, nil
	}
	due, err := q.dueIntents(ctx, tenants, now, c)
	if err != nil {
		return Claimed{}, fmt.Errorf("claim intents: list: %w", err)
	}
	full := map[uuid.UUID]int{}
	for _, d := range due {
		if full[d.tenant]++; full[d.tenant] == c.PerTenant {
			out.More = true
		}
	}
	locked, err := q.lockIntents(ctx, due, now)
	if err != nil {
		return Claimed{}, fmt.Errorf("claim intents: lock: %w", err)
	}
	out.Intents = inOrder(due, locked)
	if err := q.lease(ctx, out.Intents, now.Add(c.Lease)); err != nil {
		return Claimed{}, fmt.Errorf("claim intents: lease: %w", err)
	}
	return out, nil
}

// stillReady is the condition on rows named by their ids. It is in a CASE so that no database looks for them by the indexes of what is ready:
// as a rule next to nothing is, so that seems the shortest way, and is the longest when a queue has grown.
const stillReady = `CASE WHEN state = 'ready' THEN 1 ELSE 0 END = 1`

type dueIntent struct {
	id, tenant uuid.UUID
	ordering   string
}

// dueTenants walks along the index from one tenant with something ready to the next: the cost does not depend on how much each has. It
// returns those with something due, and the last one looked at, or nil when there are no more.
func (q *Queries) dueTenants(ctx context.Context, c Claim, now time.Time) ([]uuid.UUID, uuid.UUID, error) {
	const perDue = 4 // tenants to look at for each wanted: all rows of some are leased or wait
	steps := c.Tenants * perDue
	type step struct {
		tenant uuid.UUID
		due    bool
	}
	rows, err := q.query(ctx, `WITH RECURSIVE walk (tenant_id, step) AS (
		SELECT (SELECT f.tenant_id FROM outbox f WHERE f.state = 'ready' AND f.tenant_id > ? ORDER BY f.tenant_id LIMIT 1), 1
		UNION ALL
		SELECT (SELECT n.tenant_id FROM outbox n WHERE n.state = 'ready' AND n.tenant_id > w.tenant_id ORDER BY n.tenant_id LIMIT 1), w.step + 1
		FROM walk w WHERE w.tenant_id IS NOT NULL AND w.step < ?)
		SELECT w.tenant_id, EXISTS (SELECT 1 FROM outbox d WHERE d.state = 'ready' AND d.tenant_id = w.tenant_id AND d.available_at <= ?
			AND d.kind IN (`+marks(len(c.Kinds))+`))
		FROM walk w WHERE w.tenant_id IS NOT NULL ORDER BY w.step`, append([]any{c.After, steps, now}, list(c.Kinds)...)...)
	walk, err := collect(rows, err, func(rows *sql.Rows) (s step, err error) { return s, rows.Scan(&s.tenant, &s.due) })
	if err != nil {
		return nil, uuid.Nil, err
	}
	var tenants []uuid.UUID
	for _, s := range walk {
		if !s.due {
			continue
		}
		if tenants = append(tenants, s.tenant); len(tenants) == c.Tenants {
			return tenants, s.tenant, nil
		}
	}
	if len(walk) == steps {
		return tenants, walk[steps-1].tenant, nil
	}
	return tenants, uuid.Nil, nil
}

// dueIntents lists the oldest due rows of each tenant, without those that must wait for an earlier one.
func (q *Queries) dueIntents(ctx context.Context, tenants []uuid.UUID, now time.Time, c Claim) ([]dueIntent, error) {
	one := `SELECT * FROM (SELECT o.id, o.tenant_id, o.ordering FROM outbox o
		WHERE o.state = 'ready' AND o.tenant_id = ? AND o.available_at <= ? AND o.kind IN (` + marks(len(c.Kinds)) + `)
		AND (o.ordering = '' OR NOT EXISTS (SELECT 1 FROM outbox e WHERE e.tenant_id = o.tenant_id AND e.state = 'ready'
			AND e.ordering = o.ordering AND e.id < o.id AND e.available_at > ?))
		ORDER BY o.id LIMIT ?) d`
	var text string
	var args []any
	for i, id := range tenants {
		if i > 0 {
			text += ` UNION ALL `
		}
		text += one
		args = append(append(args, id, now), list(c.Kinds)...)
		args = append(args, now, c.PerTenant)
	}
	rows, err := q.query(ctx, text, args...)
	return collect(rows, err, func(rows *sql.Rows) (d dueIntent, err error) { return d, rows.Scan(&d.id, &d.tenant, &d.ordering) })
}

// lockIntents locks and reads those of the rows that are still due and that no other claimer has.
func (q *Queries) lockIntents(ctx context.Context, due []dueIntent, now time.Time) (map[uuid.UUID]ClaimedIntent, error) {
	locked := make(map[uuid.UUID]ClaimedIntent, len(due))
	if len(due) == 0 {
		return locked, nil
	}
	args := make([]any, 0, len(due)+1)
	for _, d := range due {
		args = append(args, d.id)
	}
	rows, err := q.query(ctx, `SELECT id, tenant_id, kind, ordering, payload, created_at, not_after, attempts FROM outbox
		WHERE id IN (`+marks(len(due))+`) AND `+stillReady+` AND available_at <= ? ORDER BY id`+q.skipLocked(), append(args, now)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (ClaimedIntent, error) {
		var i ClaimedIntent
		var notAfter sql.NullTime
		err := rows.Scan(&i.ID, &i.TenantID, &i.Kind, &i.Ordering, &i.Payload, &i.CreatedAt, &notAfter, &i.Attempts)
		i.CreatedAt, i.Attempts = i.CreatedAt.UTC(), i.Attempts+1
		if notAfter.Valid {
			at := notAfter.Time.UTC()
			i.NotAfter = &at
		}
		return i, err
	})
	for _, i := range found {
		locked[i.ID] = i
	}
	return locked, err
}

// inOrder picks the locked rows, tenant by tenant in the order of their ids. Where another claimer has a row, later ones with the same
// ordering key are left alone.
func inOrder(due []dueIntent, locked map[uuid.UUID]ClaimedIntent) []ClaimedIntent {
	type key struct {
		tenant   uuid.UUID
		ordering string
	}
	var out []ClaimedIntent
	taken := map[key]bool{}
	for _, d := range due {
		intent, ok := locked[d.id]
		k := key{d.tenant, d.ordering}
		switch {
		case taken[k]:
		case ok:
			out = append(out, intent)
		case d.ordering != "":
			taken[k] = true
		}
	}
	return out
}

func (q *Queries) lease(ctx context.Context, intents []ClaimedIntent, until time.Time) error {
	if len(intents) == 0 {
		return nil
	}
	args := make([]any, 0, len(intents)+1)
	args = append(args, until)
	for _, i := range intents {
		args = append(args, i.ID)
	}
	n, err := q.exec(ctx, `UPDATE outbox SET available_at = ?, attempts = attempts + 1 WHERE id IN (`+marks(len(intents))+`)`, args...)
	if err == nil && n != len(intents) {
		err = fmt.Errorf("%d rows, not %d", n, len(intents))
	}
	return err
}

// IntentsDone marks rows as carried out and blanks their payloads. It returns how many were still to be done: fewer than ids means that
// someone else was faster, which the transaction of an effect must heed if the effect is not idempotent by itself. With the scope of a
// tenant it reaches only hers.
//
// Why raw: like the claim, it crosses tenants in one statement, and must not read the rows.
func (q *Queries) IntentsDone(ctx context.Context, now time.Time, ids ...uuid.UUID) (int, error) {
	return q.finish(ctx, "done", "", now, ids)
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

// ReleaseIntent gives a claimed row back, to be tried again at a time. The error, if any, is kept for the operator.
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

// PostponeIntent gives a claimed row back untried: the claim does not count as an attempt.
//
// Why raw: see IntentsDone.
func (q *Queries) PostponeIntent(ctx context.Context, id uuid.UUID, at time.Time) error {
	owned, owner, err := reach(ctx)
	if err != nil {
		return fmt.Errorf("postpone intent: %w", err)
	}
	args := append([]any{stamp(at), id}, owner...)
	if _, err := q.exec(ctx, `UPDATE outbox SET available_at = ?, attempts = attempts - 1 WHERE `+stillReady+` AND id = ?`+owned, args...); err != nil {
		return fmt.Errorf("postpone intent: %w", err)
	}
	return nil
}

// ReleaseAllIntents makes every row that is to be done due now. An embedded queue forgets what it held when the process ends: call this
// when one starts, before anything is claimed, and never where other replicas are at work.
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
	Kind   string
	Ready  int       // to be done, now or later
	Dead   int       // given up
	Oldest time.Time // when the oldest that is to be done was written; zero where there is none
}

// OutboxBacklog counts what is to be done and what was given up, by kind, in the system scope.
//
// Why raw: count and age in one statement.
func (q *Queries) OutboxBacklog(ctx context.Context) ([]Backlog, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("read backlog: %w", err)
	}
	rows, err := q.query(ctx, `SELECT kind, state, COUNT(*), MIN(created_at) FROM outbox WHERE state IN ('ready', 'dead') GROUP BY kind, state ORDER BY kind, state`)
	type count struct {
		kind, state string
		n           int
		oldest      time.Time
	}
	found, err := collect(rows, err, func(rows *sql.Rows) (c count, err error) {
		var oldest any
		if err = rows.Scan(&c.kind, &c.state, &c.n, &oldest); err == nil {
			c.oldest, err = readTime(oldest)
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
		b.Ready, b.Oldest = c.n, c.oldest
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
