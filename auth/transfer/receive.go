package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	entjob "github.com/latchkeep/latchkeep/ent/job"
	"github.com/latchkeep/latchkeep/ent/jobpart"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// KindJob is the kind of the intents that call for a step of a job.
const KindJob = "job"

const (
	// receivedEntries and receivedBytes bound what one step of a received import writes.
	receivedEntries = 500
	receivedBytes   = 512 << 10
	// receivingFor is how long an input may take to arrive; what is left of one that did not is deleted then.
	receivingFor = time.Hour
)

// An inputPart are entries that wait to be written, with their numbers in the input.
type inputPart struct {
	Numbers []int             `json:"n"`
	Entries []json.RawMessage `json:"e"`
	size    int
}

// Receive takes the input of an import and hands it to the worker. Its memory does not grow with the input. Where entries break a rule of the
// format and are not to be left out, the job fails at once, and its report says why; nothing is imported then. What is no array of entries at
// all leaves no job. Errors: an invalid problem (ErrBadInput) and errors of the input.
func (j *Jobs) Receive(ctx context.Context, t *tenants.Tenant, input io.Reader, o Options, by string) (*Job, error) {
	job := &Job{ID: uuid.Must(uuid.NewV7()), Kind: Import, State: Receiving, Options: o, CreatedBy: by}
	err := j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		if err := room(ctx, tx); err != nil {
			return err
		}
		return begun(tx, job, nil).SetExpiresAt(stored(time.Now().Add(receivingFor))).Exec(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("receive import: %w", err)
	}
	if err := j.receive(ctx, t, job, input); err != nil {
		return nil, fmt.Errorf("receive import: %w", errors.Join(err, j.forget(ctx, t, job.ID)))
	}
	return j.Get(ctx, t, job.ID)
}

// CodeBadInput is the code of an input that is no array of entries.
const CodeBadInput = "malformed_import"

func (j *Jobs) receive(ctx context.Context, t *tenants.Tenant, job *Job, input io.Reader) error {
	r := NewReader(input)
	bad := 0
	for number, ended := 0, false; !ended; number++ {
		part, lines, err := r.part(receivedEntries)
		ended = errors.Is(err, io.EOF)
		format, malformed := errors.AsType[*FormatError](err)
		switch {
		case malformed:
			return problem.Invalid(CodeBadInput, format.Error())
		case err != nil && !ended:
			return err
		}
		bad += len(lines)
		if err := j.keep(ctx, t, job, number, part, lines); err != nil {
			return err
		}
	}
	if bad > 0 && !job.Options.SkipInvalid {
		why := fmt.Sprintf("%d of %d entries are invalid; nothing was imported", bad, r.Number())
		return j.finish(ctx, t, job.ID, Failed, why, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.JobPart.Delete().Where(jobpart.JobID(job.ID), jobpart.Kind(partInput)).Exec(ctx)
			return errors.Join(err, tx.Job.Update().Where(entjob.ID(job.ID)).
				SetTotal(r.Number()).SetRejected(bad).SetExpiresAt(stored(time.Now().Add(keptFor))).Exec(ctx))
		})
	}
	return j.queue(ctx, t, job, r.Number(), bad)
}

// part reads the entries of a part. The error is io.EOF where they are the last.
func (r *Reader) part(most int) (inputPart, []Rejection, error) {
	var p inputPart
	var lines []Rejection
	for len(p.Entries)+len(lines) < most && p.size < receivedBytes {
		entry, err := r.entry()
		if err != nil {
			return p, lines, err
		}
		if _, reasons := entry.account(); len(reasons) > 0 {
			lines = append(lines, (&EntryError{Number: r.number, Reasons: reasons}).rejection())
			continue
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(entry); err != nil {
			return p, lines, fmt.Errorf("keep entry: %w", err)
		}
		p.Numbers, p.Entries, p.size = append(p.Numbers, r.number), append(p.Entries, text.Bytes()), p.size+text.Len()
	}
	return p, lines, nil
}

// keep stores what was received so far.
func (j *Jobs) keep(ctx context.Context, t *tenants.Tenant, job *Job, number int, p inputPart, lines []Rejection) error {
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil {
		return fmt.Errorf("keep entries: %w", err)
	}
	return j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		if len(p.Entries) > 0 {
			err := tx.JobPart.Create().SetJobID(job.ID).SetKind(partInput).SetNumber(number).
				SetData(j.keyring.Seal(data.Bytes(), SealedFor(t.ID, job.ID, partInput, number))).Exec(ctx)
			if err != nil {
				return fmt.Errorf("keep entries: %w", err)
			}
		}
		return j.report(ctx, tx, t.ID, job.ID, lines)
	})
}

// queue hands a job to the worker.
func (j *Jobs) queue(ctx context.Context, t *tenants.Tenant, job *Job, total, bad int) error {
	return j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.Job.Update().Where(entjob.ID(job.ID), entjob.State(Receiving)).SetState(Queued).
			SetTotal(total).SetDone(bad).SetRejected(bad).SetExpiresAt(stored(time.Now().Add(keptFor))).Save(ctx)
		if err != nil {
			return fmt.Errorf("queue job: %w", err)
		}
		if changed == 0 {
			return nil // it was cancelled meanwhile
		}
		return j.out.Write(ctx, tx, call(t.ID, job.ID))
	})
}

// call is the intent that calls for the next step of a job.
func call(tenant, job uuid.UUID) outbox.Intent {
	return outbox.Intent{Tenant: tenant, Kind: KindJob, Payload: job[:]}
}

// forget deletes a job whose input did not arrive whole. The client may have gone, and its context with it.
func (j *Jobs) forget(ctx context.Context, t *tenants.Tenant, id uuid.UUID) error {
	return j.store.Do(context.WithoutCancel(ctx), scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		return tx.Job.DeleteOneID(id).Exec(ctx)
	})
}

// StartExport makes a job that exports the people of a tenant, and hands it to the worker.
func (j *Jobs) StartExport(ctx context.Context, t *tenants.Tenant, with With, by string) (*Job, error) {
	job := &Job{ID: uuid.Must(uuid.NewV7()), Kind: Export, State: Queued, Options: Options{With: with}, CreatedBy: by}
	err := j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		if err := room(ctx, tx); err != nil {
			return err
		}
		people, err := tx.User.Query().Count(ctx)
		if err != nil {
			return fmt.Errorf("count people: %w", err)
		}
		job.Total = people
		if err := begun(tx, job, nil).Exec(ctx); err != nil {
			return fmt.Errorf("make job: %w", err)
		}
		return j.out.Write(ctx, tx, call(t.ID, job.ID))
	})
	if err != nil {
		return nil, fmt.Errorf("start export: %w", err)
	}
	return j.Get(ctx, t, job.ID)
}

// MaxUnfinished is how many jobs of a tenant may be under way at once: what they wait for takes room in the database.
const MaxUnfinished = 20

// ErrTooManyJobs is the answer where a tenant has MaxUnfinished jobs under way.
var ErrTooManyJobs = problem.Conflict("too_many_jobs", "too many jobs are under way; wait for them, or cancel some")

// room refuses a job too many. Two that are begun at the same moment may both be the last.
func room(ctx context.Context, tx *store.Tx) error {
	n, err := tx.Job.Query().Where(entjob.StateIn(Receiving, Queued, Running), entjob.ExpiresAtGT(time.Now())).Count(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("count jobs under way: %w", err)
	case n >= MaxUnfinished:
		return ErrTooManyJobs
	}
	return nil
}
