package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/jobpart"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// The kinds of parts of a job.
const (
	partInput  = "input"
	partOutput = "output"
	partReport = "report"
)

// maxPart is the most bytes of a part before it is sealed. What comes out of a job is cut wherever it may be; only inputs are entries.
const maxPart = 4 << 20

// put stores a part, cut into pieces where it is too large, whose numbers begin with one that is a multiple of pieces.
func (j *Jobs) put(ctx context.Context, tx *store.Tx, tenant, job uuid.UUID, kind string, number int, data []byte) error {
	for ; len(data) > 0; number++ {
		piece := data[:min(len(data), maxPart)]
		data = data[len(piece):]
		err := tx.JobPart.Create().SetJobID(job).SetKind(kind).SetNumber(number).
			SetData(j.keyring.Seal(piece, SealedFor(tenant, job, kind, number))).Exec(ctx)
		if err != nil {
			return fmt.Errorf("store part %d of job: %w", number, err)
		}
	}
	return nil
}

// next is where the parts of a kind go on: after the last one.
func next(ctx context.Context, tx *store.Tx, job uuid.UUID, kind string) (int, error) {
	last, err := tx.JobPart.Query().Where(jobpart.JobID(job), jobpart.Kind(kind)).Order(ent.Desc(jobpart.FieldNumber)).
		Select(jobpart.FieldNumber).First(ctx)
	switch {
	case ent.IsNotFound(err):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("find the last part of job: %w", err)
	}
	return last.Number + 1, nil
}

// report adds lines to the report of a job.
func (j *Jobs) report(ctx context.Context, tx *store.Tx, tenant, job uuid.UUID, lines []Rejection) error {
	if len(lines) == 0 {
		return nil
	}
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	number, err := next(ctx, tx, job, partReport)
	if err != nil {
		return err
	}
	return j.put(ctx, tx, tenant, job, partReport, number, data.Bytes())
}

// open reads a part.
func (j *Jobs) open(ctx context.Context, t *tenants.Tenant, job uuid.UUID, kind string, number int) ([]byte, error) {
	row, err := j.store.Reader().JobPart.Query().Where(jobpart.JobID(job), jobpart.Kind(kind), jobpart.Number(number)).Only(within(ctx, t))
	if err != nil {
		return nil, err
	}
	plain, err := j.keyring.Open(row.Data, SealedFor(t.ID, job, kind, number))
	if err != nil {
		return nil, fmt.Errorf("open part %d of job %s: %w", number, job, err)
	}
	return plain, nil
}

// WriteReport writes the report of a job: a JSON object a line for each entry that was rejected. A job that rejected none has an empty one.
func (j *Jobs) WriteReport(ctx context.Context, t *tenants.Tenant, job uuid.UUID, to io.Writer) error {
	return j.pour(ctx, t, job, partReport, to)
}

// pour writes all parts of a kind, one after the other.
func (j *Jobs) pour(ctx context.Context, t *tenants.Tenant, job uuid.UUID, kind string, to io.Writer) error {
	for number := 0; ; number++ {
		plain, err := j.open(ctx, t, job, kind, number)
		switch {
		case ent.IsNotFound(err):
			return nil
		case err != nil:
			return fmt.Errorf("read part of job: %w", err)
		}
		if _, err := to.Write(plain); err != nil {
			return err
		}
	}
}

// SealedFor is what a sealed part is bound to: it binds a part to its place. The parts have fixed lengths or are our own words, so none can pose as another.
func SealedFor(tenant, job uuid.UUID, kind string, number int) []byte {
	return fmt.Appendf(nil, "job part v1|%s|%s|%s|%d", tenant, job, kind, number)
}
