package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	entjob "github.com/latchkeep/latchkeep/ent/job"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// DefaultBatch is how many entries are written in one transaction unless somebody says otherwise.
const DefaultBatch = 1000

// A portion is what was read from an input, ready to be written.
type portion struct {
	accounts []Account
	numbers  []int // of the accounts
	rejected []Rejection
	// upTo is the number of the last entry, first that of the one before the first.
	first, upTo int
	last        bool // nothing follows
}

// An Attempt says how an input is imported.
type Attempt struct {
	Options
	// Batch is how many entries one transaction writes; DefaultBatch where it is 0.
	Batch int
	// By says who imports.
	By string
	// Progress, which may be nil, learns how far the job is after each batch.
	Progress func(*Job)
}

// Import writes an input that was inspected, batch by batch. How far it is, is kept in a job that advances with each batch in the same
// transaction, so an import that was interrupted goes on where it stopped when the same input is imported again, and nothing is written
// twice. Entries that conflict with people of the tenant are rejected; the report of the job says why.
//
// Two that import the same input at once do not disturb each other's people: one of them fails with ErrOvertaken.
func (j *Jobs) Import(ctx context.Context, t *tenants.Tenant, src Source, found Inspection, o Attempt) (*Job, error) {
	job, err := j.resume(ctx, t, found, o)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	if o.Progress != nil {
		o.Progress(job)
	}
	input, err := src.Open()
	if err != nil {
		return job, fmt.Errorf("import: %w", err)
	}
	defer input.Close()
	r := NewReader(input)
	if err := r.Skip(job.position()); err != nil {
		return job, fmt.Errorf("import: go on where it stopped: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for p := range ahead(ctx, r, o) { // the next batch is read while one is written
		if p.err != nil {
			return job, fmt.Errorf("import: %w", p.err)
		}
		if err := j.writePortion(ctx, t, job, o.Options, p.portion); err != nil {
			return job, fmt.Errorf("import: %w", err)
		}
		if o.Progress != nil {
			o.Progress(job)
		}
	}
	return job, ctx.Err()
}

// resume finds the job of an input that was interrupted, or makes one.
func (j *Jobs) resume(ctx context.Context, t *tenants.Tenant, found Inspection, o Attempt) (*Job, error) {
	row, err := j.store.Reader().Job.Query().Where(entjob.Kind(Import), entjob.State(Running), entjob.Source(found.Digest[:])).
		Order(ent.Desc(entjob.FieldCreatedAt)).First(within(ctx, t))
	if err == nil {
		return fromRow(row)
	}
	if !ent.IsNotFound(err) {
		return nil, fmt.Errorf("look for an interrupted job: %w", err)
	}
	job := &Job{
		ID: uuid.Must(uuid.NewV7()), Kind: Import, State: Running, Options: o.Options, CreatedBy: o.By, Total: found.Entries,
		CreatedAt: stored(time.Now()),
	}
	err = j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		return begun(tx, job, found.Digest[:]).SetCreatedAt(job.CreatedAt).Exec(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("make job: %w", err)
	}
	return job, nil
}

// read is a portion, or why there is none.
type read struct {
	portion
	err error
}

// ahead reads portions, one more than is asked for, until one is the last or fails.
func ahead(ctx context.Context, r *Reader, o Attempt) <-chan read {
	portions := make(chan read)
	size := o.Batch
	if size <= 0 {
		size = DefaultBatch
	}
	go func() {
		defer close(portions)
		for {
			p, err := r.portion(min(size, MaxBatch), o.SkipInvalid)
			select {
			case portions <- read{p, err}:
			case <-ctx.Done():
				return
			}
			if err != nil || p.last {
				return
			}
		}
	}()
	return portions
}

// maxPortion is the most bytes of the entries that are written in one transaction, about.
const maxPortion = 8 << 20

// portion reads up to so many entries. Where invalid ones are not left out, the first fails.
func (r *Reader) portion(size int, skipInvalid bool) (portion, error) {
	p := portion{first: r.number}
	start := r.decoder.InputOffset()
	for len(p.accounts)+len(p.rejected) < size && r.decoder.InputOffset()-start < maxPortion {
		a, err := r.Next()
		invalid, refused := errors.AsType[*EntryError](err)
		switch {
		case errors.Is(err, io.EOF):
			p.last = true
			return p, nil
		case refused && skipInvalid:
			p.rejected = append(p.rejected, invalid.rejection())
		case err != nil:
			return p, err
		default:
			p.accounts, p.numbers = append(p.accounts, a), append(p.numbers, r.number)
		}
		p.upTo = r.number
	}
	return p, nil
}

// rejection is the line of a report about an entry that breaks a rule.
func (e *EntryError) rejection() Rejection {
	return Rejection{Entry: e.Number, Code: CodeInvalid, Reason: strings.Join(e.Reasons, " and ")}
}

// writePortion writes a portion together with the progress and the report of its job.
func (j *Jobs) writePortion(ctx context.Context, t *tenants.Tenant, job *Job, o Options, p portion, also ...store.Write) error {
	s := step{cursor: strconv.Itoa(max(p.upTo, p.first)), finished: p.last}
	s.done = max(p.upTo-p.first, 0)
	follow := func(ctx context.Context, tx *store.Tx, outcomes []Outcome) error {
		lines := p.report(outcomes)
		s.rejected = len(lines)
		if err := j.advance(ctx, tx, t, job, s); err != nil {
			return err
		}
		for _, write := range also {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		return j.report(ctx, tx, t.ID, job.ID, lines)
	}
	if _, err := j.writer.keeping(o.KeepExisting).since(job.CreatedAt).Write(ctx, t, p.accounts, follow); err != nil {
		return err
	}
	job.moved(s)
	return nil
}

// report are the lines about a portion's entries, in their order.
func (p *portion) report(outcomes []Outcome) []Rejection {
	lines := make([]Rejection, 0, len(p.rejected))
	next := 0
	for i, o := range outcomes {
		for ; next < len(p.rejected) && p.rejected[next].Entry < p.numbers[i]; next++ {
			lines = append(lines, p.rejected[next])
		}
		if o.Status == Rejected {
			lines = append(lines, Rejection{Entry: p.numbers[i], Code: o.Code, Field: o.Field, Reason: o.Reason()})
		}
	}
	return append(lines, p.rejected[next:]...)
}

// MaxAtomic is the most entries of an import that is one transaction.
const MaxAtomic = 10_000

// ImportAtOnce writes an input that was inspected in one transaction, or nothing of it: an entry that conflicts with a person of the tenant is
// told of, and stops all. There is no job. Spec: import-export §1, §1.7.
func (j *Jobs) ImportAtOnce(ctx context.Context, t *tenants.Tenant, src Source, o Options, by Taker, tell func(Rejection)) (int, error) {
	p, err := j.whole(src, o)
	if err != nil {
		return 0, fmt.Errorf("import: %w", err)
	}
	outcomes, err := j.writer.keeping(o.KeepExisting).writeAll(ctx, t, p.accounts, func(ctx context.Context, tx *store.Tx, _ []Outcome) error {
		return j.out.Write(ctx, tx, by.record(t, event.UsersImported, map[string]any{"users": len(p.accounts), "rejected": len(p.rejected), "state": Done}))
	})
	lines := p.report(outcomes)
	for _, line := range lines {
		tell(line)
	}
	if err != nil {
		return 0, fmt.Errorf("import: %w", err)
	}
	return len(p.accounts), nil
}

func (j *Jobs) whole(src Source, o Options) (portion, error) {
	input, err := src.Open()
	if err != nil {
		return portion{}, err
	}
	defer input.Close()
	r := NewReader(input)
	var all portion
	for !all.last {
		p, err := r.portion(MaxBatch, o.SkipInvalid)
		if err != nil {
			return all, err
		}
		all.accounts, all.numbers = append(all.accounts, p.accounts...), append(all.numbers, p.numbers...)
		all.rejected, all.last = append(all.rejected, p.rejected...), p.last
		if len(all.accounts) > MaxAtomic {
			return all, fmt.Errorf("one transaction takes %d entries at most: import without it", MaxAtomic)
		}
	}
	return all, nil
}

// Rehearse says which entries of an input would be rejected by who is in the tenant now, and writes nothing.
func (j *Jobs) Rehearse(ctx context.Context, t *tenants.Tenant, src Source, o Options, tell func(Rejection)) (entries int, err error) {
	input, err := src.Open()
	if err != nil {
		return 0, fmt.Errorf("rehearse: %w", err)
	}
	defer input.Close()
	r := NewReader(input)
	for {
		p, err := r.portion(DefaultBatch, o.SkipInvalid)
		if err != nil {
			return r.number, fmt.Errorf("rehearse: %w", err)
		}
		lines, err := j.rehearse(ctx, t, o, p)
		if err != nil {
			return r.number, fmt.Errorf("rehearse: %w", err)
		}
		for _, line := range lines {
			tell(line)
		}
		if p.last {
			return r.number, nil
		}
	}
}

// rehearse says what would become of a portion.
func (j *Jobs) rehearse(ctx context.Context, t *tenants.Tenant, o Options, p portion) ([]Rejection, error) {
	outcomes, err := j.writer.keeping(o.KeepExisting).Judge(ctx, t, p.accounts)
	if err != nil {
		return nil, err
	}
	return p.report(outcomes), nil
}

// finish makes a job end without success.
func (j *Jobs) finish(ctx context.Context, t *tenants.Tenant, id uuid.UUID, state, why string, also ...store.Write) error {
	return j.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		err := tx.Job.Update().Where(entjob.ID(id), entjob.StateIn(Receiving, Queued, Running)).
			SetState(state).SetError(why).SetFinishedAt(stored(time.Now())).Exec(ctx)
		for _, write := range also {
			err = errors.Join(err, write(ctx, tx))
		}
		return errors.Join(err, j.stopped(ctx, tx, t, id, state))
	})
}

// stopped records an import that ended without success.
func (j *Jobs) stopped(ctx context.Context, tx *store.Tx, t *tenants.Tenant, id uuid.UUID, state string) error {
	row, err := tx.Job.Get(ctx, id)
	if err != nil {
		return err
	}
	job, err := fromRow(row)
	if err != nil || job.State != state {
		return err
	}
	return j.imported(ctx, tx, t, job, state, step{})
}
