package reseal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/ent"
	entjob "github.com/latchkeep/latchkeep/ent/job"
	"github.com/latchkeep/latchkeep/ent/jobpart"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// Kind is that of the jobs.
const Kind = "reencrypt"

// keptFor is how long a job is kept that nobody works on any more.
const keptFor = 400 * 24 * time.Hour

// The parts of a job, of the kind "report".
const (
	reportKind  = "report"
	lastReport  = 0 // of the last pass that ended
	underReport = 1 // of the one under way
)

// A job is the passes for one secret, which is or was first.
type job struct {
	id        uuid.UUID
	key       secret.KeyID
	since     time.Time // when the secret came first
	updated   time.Time
	state     string
	at        position
	cursor    string
	last, now Report
}

func (j *job) running() bool { return j.state == transfer.Running }

// jobID is the id of the job for a secret, so that two processes do not make two.
func jobID(key secret.KeyID) uuid.UUID {
	return uuid.NewSHA1(tenants.SystemID, append([]byte(Kind+"|"), key[:]...))
}

// jobs are all, the one whose secret came first last at the front.
func (r *Room) jobs(ctx context.Context) ([]*ent.Job, error) {
	rows, err := r.n.Store.Reader().Job.Query().Where(entjob.Kind(Kind)).Order(ent.Desc(entjob.FieldCreatedAt, entjob.FieldID)).
		All(scope.With(ctx, scope.Tenant(tenants.SystemID)))
	if err != nil {
		return nil, fmt.Errorf("find how far the sealing anew is: %w", err)
	}
	return rows, nil
}

// ours is the job for the secret that is first here. It is made where there is none; where another one came later, that is ErrBehind, unless nobody
// has worked for it for long, or insist says that ours is right.
func (r *Room) ours(ctx context.Context, insist bool) (*job, error) {
	id := jobID(r.n.Keyring.CurrentKey())
	for range 3 {
		rows, err := r.jobs(ctx)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 && rows[0].ID == id {
			return r.load(ctx, rows[0])
		}
		known := slices.ContainsFunc(rows, func(row *ent.Job) bool { return row.ID == id })
		if known && !insist && r.n.Now().Before(rows[0].UpdatedAt.Add(abandoned)) {
			return nil, ErrBehind
		}
		since := r.now()
		if len(rows) > 0 && !since.After(rows[0].CreatedAt) { // by a clock that is ahead of ours
			since = rows[0].CreatedAt.UTC().Add(time.Microsecond)
		}
		if err := r.create(ctx, id, since); err != nil && !store.IsUniqueViolation(err) {
			return nil, err
		}
	}
	return nil, errors.New("find how far the sealing anew is: others change which secret is first all the time")
}

// create makes the job for the secret that is first here the latest.
func (r *Room) create(ctx context.Context, id uuid.UUID, since time.Time) error {
	now := r.now()
	key := r.n.Keyring.CurrentKey()
	err := r.n.Store.Do(ctx, scope.Tenant(tenants.SystemID), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.JobPart.Delete().Where(jobpart.JobID(id)).Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.Job.Delete().Where(entjob.ID(id)).Exec(ctx); err != nil {
			return err
		}
		return tx.Job.Create().SetID(id).SetKind(Kind).SetState(transfer.Done).SetOptions([]byte("{}")).SetSource(key[:]).
			SetCreatedAt(since).SetUpdatedAt(now).SetExpiresAt(now.Add(keptFor)).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("note which secret is first: %w", err)
	}
	return nil
}

// load reads a job with its reports. One that cannot be opened any more is as if there were none.
func (r *Room) load(ctx context.Context, row *ent.Job) (*job, error) {
	j := &job{id: row.ID, since: row.CreatedAt.UTC(), updated: row.UpdatedAt.UTC(), state: row.State, cursor: row.Cursor}
	copy(j.key[:], row.Source)
	parts, err := r.n.Store.Reader().JobPart.Query().Where(jobpart.JobID(row.ID), jobpart.Kind(reportKind)).
		All(scope.With(ctx, scope.Tenant(tenants.SystemID)))
	if err != nil {
		return nil, fmt.Errorf("read what is sealed under which secret: %w", err)
	}
	for _, part := range parts {
		report := &j.last
		if part.Number == underReport {
			report = &j.now
		}
		plain, err := r.n.Keyring.Open(part.Data, transfer.SealedFor(tenants.SystemID, row.ID, reportKind, part.Number))
		if err == nil {
			err = json.Unmarshal(plain, report)
		}
		if err != nil {
			*report = Report{}
		}
	}
	if j.running() {
		j.at = parsePosition(row.Cursor)
	}
	return j, nil
}

// begin begins a pass. Error: errOvertaken.
func (r *Room) begin(ctx context.Context, j *job) error {
	report := Report{Began: r.now()}
	return r.save(ctx, j, start(), report, nil)
}

// step does the next portion of a pass. Error: errOvertaken.
func (r *Room) step(ctx context.Context, j *job) (Progress, error) {
	b, err := r.read(ctx, j.at, true)
	if err != nil {
		return Progress{Report: j.now}, err
	}
	err = r.save(ctx, j, b.next, j.now, b)
	return Progress{Place: b.place.Name, Report: j.now, Done: err == nil && !j.running()}, err
}

// save writes a batch, how far the pass is, and what was found: all of it, or nothing where somebody else did that portion.
func (r *Room) save(ctx context.Context, j *job, next position, report Report, b *batch) error {
	var saved Report
	state, cursor := transfer.Running, next.String()
	if next.over() {
		state = transfer.Done
	}
	now := r.now()
	err := r.n.Store.Do(ctx, system(), func(ctx context.Context, tx *store.Tx) error {
		saved = report.clone()
		update := tx.Job.Update().Where(entjob.ID(j.id), entjob.State(j.state), entjob.CursorEQ(j.cursor)).
			SetState(state).SetCursor(cursor).SetUpdatedAt(now).SetExpiresAt(now.Add(keptFor))
		if n, err := update.Save(ctx); err != nil {
			return err
		} else if n == 0 {
			return errOvertaken
		}
		if b != nil {
			overtaken, err := b.write(ctx, tx)
			if err != nil {
				return err
			}
			saved.add(b, overtaken)
		}
		part := underReport
		if next.over() {
			saved.Finished = &now
			part = lastReport
			if err := r.record(ctx, tx, saved); err != nil {
				return err
			}
		}
		return r.keep(ctx, tx, j.id, part, saved)
	})
	if err != nil {
		return fmt.Errorf("seal anew: %w", err)
	}
	j.state, j.cursor, j.at, j.now = state, cursor, next, saved
	if next.over() {
		j.last = saved
	}
	return nil
}

// keep writes a report.
func (r *Room) keep(ctx context.Context, tx *store.Tx, id uuid.UUID, number int, report Report) error {
	plain, err := json.Marshal(report)
	if err != nil {
		return err
	}
	sealed := r.n.Keyring.Seal(plain, transfer.SealedFor(tenants.SystemID, id, reportKind, number))
	n, err := tx.JobPart.Update().Where(jobpart.JobID(id), jobpart.Kind(reportKind), jobpart.Number(number)).SetData(sealed).Save(ctx)
	if err != nil || n > 0 {
		return err
	}
	return tx.JobPart.Create().SetTenantID(tenants.SystemID).SetJobID(id).SetKind(reportKind).SetNumber(number).SetData(sealed).Exec(ctx)
}

// record notes in the log of the console that a pass sealed something anew.
func (r *Room) record(ctx context.Context, tx *store.Tx, report Report) error {
	if report.Resealed == 0 {
		return nil
	}
	return r.n.Outbox.Write(ctx, tx, tenants.Recorded(ctx, tenants.SystemID, tenants.AuditReencrypted, tenants.BySystem, map[string]any{
		"key": r.n.Keyring.CurrentKey().String(), "values": report.Resealed, "unreadable": report.Unreadable(r.n.Keyring),
	}))
}

// String is a position as it is stored: by the name of the place, since the list may change between two versions of the program.
func (p position) String() string {
	if p.over() {
		return ""
	}
	return Places()[p.place].Name + "|" + p.after.String()
}

// parsePosition is the opposite of String. A place that is not known any more is the first one.
func parsePosition(text string) position {
	name, after, _ := strings.Cut(text, "|")
	id, err := uuid.Parse(after)
	place := slices.IndexFunc(Places(), func(p Place) bool { return p.Name == name })
	if err != nil || place < 0 {
		return start()
	}
	return position{place: place, after: id}
}
