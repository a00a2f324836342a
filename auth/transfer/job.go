package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	entjob "github.com/latchkeep/latchkeep/ent/job"
	"github.com/latchkeep/latchkeep/ent/jobpart"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// The kinds of jobs.
const (
	Import = "import"
	Export = "export"
)

// The states of a job. The last three are final.
const (
	Receiving = "receiving" // its input is on its way
	Queued    = "queued"
	Running   = "running"
	Done      = "done"
	Failed    = "failed"
	Cancelled = "cancelled"
)

// keptFor is how long a job is kept with its report and its result after something last happened.
const keptFor = 7 * 24 * time.Hour

// Options say what a job does.
type Options struct {
	// Of an import: invalid entries are left out, and do not stop the others; whose id is there already is left as she is; nothing is written.
	SkipInvalid  bool `json:"skip_invalid,omitempty"`
	KeepExisting bool `json:"keep_existing,omitempty"`
	DryRun       bool `json:"dry_run,omitempty"`
	// Of an export: what is written besides addresses and usernames.
	With
}

// A Job is work on many people that outlasts a request.
type Job struct {
	ID          uuid.UUID
	Kind, State string
	Options     Options
	CreatedBy   string
	// Total are the entries as far as known, Done those dealt with, Rejected those of them that were not written.
	Total, Done, Rejected int
	Error                 string
	CreatedAt, UpdatedAt  time.Time
	FinishedAt            *time.Time
	ExpiresAt             time.Time

	cursor string
}

// Finished reports whether nothing more will happen.
func (j *Job) Finished() bool { return j.State == Done || j.State == Failed || j.State == Cancelled }

// HasResult reports whether there is something to be fetched.
func (j *Job) HasResult() bool { return j.Kind == Export && j.State == Done }

// Errors of jobs.
var (
	ErrNoJob    = problem.NotFound("job_not_found", "the job does not exist")
	ErrNoResult = problem.Conflict("job_has_no_result", "the job has no result, or not yet")
	// ErrOvertaken: somebody else works on the same job.
	ErrOvertaken = problem.Conflict("job_overtaken", "another process works on the same job, or it was cancelled")
)

// Jobs keeps track of jobs, and of what goes into them and comes out. Everything about people is sealed.
type Jobs struct {
	store   *store.Store
	keyring *secret.Keyring
	out     *outbox.Writer
	writer  *Writer
	export  *Exporter
}

// NewJobs keeps jobs in a store. Those that are not run by who makes them are handed to the worker through the outbox.
func NewJobs(st *store.Store, keyring *secret.Keyring, out *outbox.Writer, w *Writer, e *Exporter) *Jobs {
	return &Jobs{store: st, keyring: keyring, out: out, writer: w, export: e}
}

// Get reads a job. Errors: ErrNoJob.
func (j *Jobs) Get(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*Job, error) {
	row, err := j.store.Reader().Job.Get(within(ctx, t), id)
	switch {
	case ent.IsNotFound(err):
		return nil, ErrNoJob
	case err != nil:
		return nil, fmt.Errorf("read job %s: %w", id, err)
	}
	return fromRow(row)
}

// List reads the jobs of a tenant, newest first: so many, and how many there are.
func (j *Jobs) List(ctx context.Context, t *tenants.Tenant, offset, limit int) ([]*Job, int, error) {
	ctx = within(ctx, t)
	total, err := j.store.Reader().Job.Query().Count(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("count jobs: %w", err)
	}
	rows, err := j.store.Reader().Job.Query().Order(ent.Desc(entjob.FieldCreatedAt, entjob.FieldID)).Offset(offset).Limit(limit).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("list jobs: %w", err)
	}
	jobs := make([]*Job, len(rows))
	for i, row := range rows {
		if jobs[i], err = fromRow(row); err != nil {
			return nil, 0, err
		}
	}
	return jobs, total, nil
}

// Cancel ends a job that is under way: what is done stays done, and its report stays. One that is finished is deleted, with what is left of
// it. Errors: ErrNoJob.
func (j *Jobs) Cancel(ctx context.Context, t *tenants.Tenant, id uuid.UUID) error {
	err := j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.Job.Update().Where(entjob.ID(id), entjob.StateIn(Receiving, Queued, Running)).
			SetState(Cancelled).SetFinishedAt(stored(time.Now())).SetExpiresAt(stored(time.Now().Add(keptFor))).Save(ctx)
		if err != nil {
			return err
		}
		if changed > 0 {
			_, err = tx.JobPart.Delete().Where(jobpart.JobID(id), jobpart.KindNEQ(partReport)).Exec(ctx)
			return errors.Join(err, j.stopped(ctx, tx, t, id, Cancelled))
		}
		deleted, err := tx.Job.Delete().Where(entjob.ID(id)).Exec(ctx)
		if err == nil && deleted == 0 {
			err = ErrNoJob
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("cancel job: %w", err)
	}
	return nil
}

// begun makes a job.
func begun(tx *store.Tx, j *Job, source []byte) *ent.JobCreate {
	options, err := json.Marshal(j.Options)
	if err != nil { // booleans only: cannot fail
		options = []byte("{}")
	}
	row := tx.Job.Create().SetID(j.ID).SetKind(j.Kind).SetState(j.State).SetOptions(options).SetCreatedBy(j.CreatedBy).
		SetTotal(j.Total).SetExpiresAt(stored(time.Now().Add(keptFor)))
	if source != nil {
		row.SetSource(source)
	}
	return row
}

// A step is how far a job gets in one transaction.
type step struct {
	cursor         string
	done, rejected int
	finished       bool
}

// advance moves a job on, if nobody else did meanwhile.
func (j *Job) advance(ctx context.Context, tx *store.Tx, s step) error {
	row := tx.Job.Update().Where(entjob.ID(j.ID), entjob.CursorEQ(j.cursor), entjob.StateIn(Queued, Running)).
		SetCursor(s.cursor).AddDone(s.done).AddRejected(s.rejected).SetState(Running).SetExpiresAt(stored(time.Now().Add(keptFor)))
	if s.finished {
		row.SetState(Done).SetFinishedAt(stored(time.Now()))
	}
	changed, err := row.Save(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("advance job: %w", err)
	case changed == 0:
		return ErrOvertaken
	}
	return nil
}

// advance moves a job on, and records an import that has come to its end. Errors: ErrOvertaken.
func (j *Jobs) advance(ctx context.Context, tx *store.Tx, t *tenants.Tenant, job *Job, s step) error {
	if err := job.advance(ctx, tx, s); err != nil || !s.finished {
		return err
	}
	return j.imported(ctx, tx, t, job, Done, s)
}

// moved is the job after a step that was committed.
func (j *Job) moved(s step) {
	j.cursor, j.Done, j.Rejected, j.State = s.cursor, j.Done+s.done, j.Rejected+s.rejected, Running
	if s.finished {
		j.State = Done
	}
}

// position is the cursor as a number; 0 at the beginning.
func (j *Job) position() int {
	n, err := strconv.Atoi(j.cursor)
	if err != nil {
		return 0
	}
	return n
}

func fromRow(row *ent.Job) (*Job, error) {
	j := &Job{
		ID: row.ID, Kind: row.Kind, State: row.State, CreatedBy: row.CreatedBy, Total: row.Total, Done: row.Done, Rejected: row.Rejected,
		Error: row.Error, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), FinishedAt: row.FinishedAt, ExpiresAt: row.ExpiresAt.UTC(),
		cursor: row.Cursor,
	}
	if err := json.Unmarshal(row.Options, &j.Options); err != nil {
		return nil, errors.New("read job: its options are damaged")
	}
	return j, nil
}

// within is a context for reads of a tenant's rows.
func within(ctx context.Context, t *tenants.Tenant) context.Context {
	return scope.With(ctx, scope.Tenant(t.ID))
}
