package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/jobpart"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// Step takes a job one part further. What it writes, the advance of the job, the call for the next step and done, which notes that this call
// was answered, are committed together: whenever the process is killed, nothing is lost and nothing happens twice. A job that is finished,
// cancelled or gone only has done written.
func (j *Jobs) Step(ctx context.Context, t *tenants.Tenant, id uuid.UUID, done store.Write) error {
	job, err := j.Get(ctx, t, id)
	switch {
	case errors.Is(err, ErrNoJob) || err == nil && job.Finished():
		return j.store.Do(ctx, scope.Tenant(t.ID), done)
	case err != nil:
		return err
	case job.Kind == Export:
		err = j.stepExport(ctx, t, job, done)
	default:
		err = j.stepImport(ctx, t, job, done)
	}
	if errors.Is(err, ErrOvertaken) { // it was cancelled at this moment: the next time it is seen to be finished
		return fmt.Errorf("job %s: %w", id, err)
	}
	return err
}

// Fail ends a job that cannot go on.
func (j *Jobs) Fail(ctx context.Context, t *tenants.Tenant, id uuid.UUID, done store.Write) error {
	return j.finish(ctx, t, id, Failed, "the job failed again and again; the log of the worker says why", func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.JobPart.Delete().Where(jobpart.JobID(id), jobpart.KindNEQ(partReport)).Exec(ctx)
		return errors.Join(err, done(ctx, tx))
	})
}

// stepImport writes the first part that waits.
func (j *Jobs) stepImport(ctx context.Context, t *tenants.Tenant, job *Job, done store.Write) error {
	number, left, err := j.waiting(ctx, t, job.ID)
	if err != nil {
		return err
	}
	if left == 0 {
		return j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
			if err := j.advance(ctx, tx, t, job, step{cursor: job.cursor, finished: true}); err != nil {
				return err
			}
			return done(ctx, tx)
		})
	}
	p, err := j.input(ctx, t, job.ID, number)
	if err != nil {
		return err
	}
	s := step{cursor: strconv.Itoa(number + 1), done: len(p.accounts), finished: left == 1}
	follow := func(ctx context.Context, tx *store.Tx, outcomes []Outcome) error {
		lines := p.report(outcomes)
		s.rejected = len(lines)
		if err := j.advance(ctx, tx, t, job, s); err != nil {
			return err
		}
		if _, err := tx.JobPart.Delete().Where(jobpart.JobID(job.ID), jobpart.Kind(partInput), jobpart.Number(number)).Exec(ctx); err != nil {
			return fmt.Errorf("delete what was written: %w", err)
		}
		if err := j.report(ctx, tx, t.ID, job.ID, lines); err != nil {
			return err
		}
		return j.goOn(ctx, tx, t.ID, job.ID, s.finished, done)
	}
	writer := j.writer.keeping(job.Options.KeepExisting).since(job.CreatedAt)
	if !job.Options.DryRun {
		_, err := writer.Write(ctx, t, p.accounts, follow)
		return err
	}
	outcomes, err := writer.Judge(ctx, t, p.accounts)
	if err != nil {
		return err
	}
	return j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error { return follow(ctx, tx, outcomes) })
}

// goOn notes that a call was answered, and calls for the next step unless there is none.
func (j *Jobs) goOn(ctx context.Context, tx *store.Tx, tenant, job uuid.UUID, finished bool, done store.Write) error {
	if err := done(ctx, tx); err != nil || finished {
		return err
	}
	return j.out.Write(ctx, tx, call(tenant, job))
}

// waiting finds the first part that waits to be written, and how many do.
func (j *Jobs) waiting(ctx context.Context, t *tenants.Tenant, job uuid.UUID) (first, parts int, err error) {
	ctx = within(ctx, t)
	query := j.store.Reader().JobPart.Query().Where(jobpart.JobID(job), jobpart.Kind(partInput))
	row, err := query.Clone().Order(ent.Asc(jobpart.FieldNumber)).Select(jobpart.FieldNumber).First(ctx)
	if ent.IsNotFound(err) {
		return 0, 0, nil
	}
	if err == nil {
		parts, err = query.Count(ctx)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find what waits: %w", err)
	}
	return row.Number, parts, nil
}

// input reads entries that wait.
func (j *Jobs) input(ctx context.Context, t *tenants.Tenant, job uuid.UUID, number int) (portion, error) {
	plain, err := j.open(ctx, t, job, partInput, number)
	if err != nil {
		return portion{}, fmt.Errorf("read part %d of job %s: %w", number, job, err)
	}
	var part inputPart
	if err := json.Unmarshal(plain, &part); err != nil {
		return portion{}, fmt.Errorf("read part %d of job %s: it is damaged", number, job)
	}
	p := portion{numbers: part.Numbers}
	for _, raw := range part.Entries {
		var e Entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return p, fmt.Errorf("read part %d of job %s: it is damaged", number, job)
		}
		a, _ := e.account() // it was checked when it was received
		p.accounts = append(p.accounts, a)
	}
	return p, nil
}

// stepExport reads a page of people.
func (j *Jobs) stepExport(ctx context.Context, t *tenants.Tenant, job *Job, done store.Write) error {
	after, err := uuid.Parse(job.cursor)
	if err != nil {
		after = uuid.Nil // the beginning
	}
	entries, last, err := j.export.page(ctx, t, job.Options.With, after)
	if err != nil {
		return err
	}
	var data bytes.Buffer
	for i, entry := range entries {
		if err := writeEntry(&data, entry, job.Done == 0 && i == 0); err != nil {
			return err
		}
	}
	s := step{cursor: last.String(), done: len(entries), finished: len(entries) < exportPage}
	return j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		if err := j.advance(ctx, tx, t, job, s); err != nil {
			return err
		}
		number, err := next(ctx, tx, job.ID, partOutput)
		if err != nil {
			return err
		}
		if err := j.put(ctx, tx, t.ID, job.ID, partOutput, number, data.Bytes()); err != nil {
			return err
		}
		if !s.finished {
			return j.goOn(ctx, tx, t.ID, job.ID, false, done)
		}
		if err := done(ctx, tx); err != nil {
			return err
		}
		by := Taker{By: tenants.Actor(job.CreatedBy)}
		return j.out.Write(ctx, tx, job.Options.record(t, by, job.Done+s.done, map[string]any{"job_id": job.ID.String()}))
	})
}

// WriteResult writes what an export made: a JSON array. Errors: ErrNoResult where it is not done, or no export. Nothing is written then.
func (j *Jobs) WriteResult(ctx context.Context, t *tenants.Tenant, job *Job, to io.Writer) error {
	if !job.HasResult() {
		return ErrNoResult
	}
	if _, err := io.WriteString(to, "["); err != nil {
		return err
	}
	if err := j.pour(ctx, t, job.ID, partOutput, to); err != nil {
		return err
	}
	_, err := io.WriteString(to, "]")
	return err
}
