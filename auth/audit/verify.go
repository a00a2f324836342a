package audit

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditcheckpoint"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/jose"
)

// verifyPage is how many records are read at a time.
const verifyPage = 1000

// Verify reads the log of a tenant from its beginning, or from where it was pruned, to its end, and checks every record and checkpoint. With a
// checkpoint that was kept elsewhere it also finds that the end was cut off, or everything written anew. Memory does not grow with the log.
func (k *Keeper) Verify(ctx context.Context, tenant uuid.UUID, kept *Checkpoint) (Report, error) {
	began := time.Now()
	ctx = scope.With(ctx, scope.Tenant(tenant))
	keys, err := k.keySet(ctx, tenant)
	if err != nil {
		return Report{}, err
	}
	for {
		v := &verification{k: k, keys: keys, kept: kept, explained: map[uuid.UUID]string{}, report: Report{TenantID: tenant}}
		if err := v.run(ctx); err != nil {
			return v.report, fmt.Errorf("verify the audit log of tenant %s: %w", tenant, err)
		}
		again, err := v.overtaken(ctx)
		if err != nil {
			return v.report, err
		}
		if !again {
			v.report.Elapsed = time.Since(began)
			return v.report, nil
		}
	}
}

// A verification is one walk over a log.
type verification struct {
	k         *Keeper
	keys      *jose.Set
	kept      *Checkpoint
	report    Report
	end       end                  // where the walk is
	chained   bool                 // a record with a hash was seen, or pruned
	before    int64                // the last checkpoint looked at
	gap       bool                 // the problem is a record that is missing
	explained map[uuid.UUID]string // why records about somebody may, or may not, be erased
}

func (v *verification) run(ctx context.Context) error {
	if err := v.start(ctx); err != nil {
		return err
	}
	for {
		if err := v.walk(ctx); err != nil {
			return err
		}
		if v.report.Last = v.end.sequence; v.report.Problem != nil {
			return nil
		}
		if more, err := v.finish(ctx); err != nil || !more {
			return err
		}
	}
}

// walk checks the records that are there now.
func (v *verification) walk(ctx context.Context) error {
	for v.report.Problem == nil {
		rows, err := v.k.store.Reader().AuditLog.Query().Where(auditlog.SequenceGT(v.end.sequence)).Order(ent.Asc(auditlog.FieldSequence)).
			Limit(verifyPage).All(ctx)
		if err != nil {
			return err
		}
		if err := v.page(ctx, rows); err != nil {
			return err
		}
		if len(rows) < verifyPage {
			break
		}
	}
	return nil
}

// start goes to where the log was pruned.
func (v *verification) start(ctx context.Context) error {
	pruned, err := v.k.store.Reader().AuditCheckpoint.Query().Where(auditcheckpoint.PrunedAtNotNil()).
		Order(ent.Desc(auditcheckpoint.FieldSequence)).First(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	v.before = pruned.Sequence
	if v.signed(pruned); v.report.Problem != nil {
		return nil
	}
	v.report.Outlived = v.kept != nil && v.kept.Sequence < pruned.Sequence
	v.report.Pruned, v.end, v.chained = pruned.Sequence, end{pruned.Sequence, pruned.Hash}, len(pruned.Hash) > 0
	if v.kept != nil && v.kept.Sequence == pruned.Sequence && !bytes.Equal(v.kept.Hash, pruned.Hash) {
		v.wrong(pruned.Sequence, uuid.Nil, "the log was pruned at another record than the given checkpoint speaks of")
	}
	return nil
}

// page checks records that follow on one another.
func (v *verification) page(ctx context.Context, rows []*ent.AuditLog) error {
	if len(rows) == 0 {
		return nil
	}
	checkpoints, err := v.checkpoints(ctx, rows[len(rows)-1].Sequence)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := v.record(ctx, row); err != nil || v.report.Problem != nil {
			return err
		}
		if c := checkpoints[row.Sequence]; c != nil {
			if v.signed(c); v.report.Problem == nil && !bytes.Equal(c.Hash, row.Hash) {
				v.wrong(row.Sequence, row.ID, "the record is not the one that the checkpoint at it speaks of")
			}
			delete(checkpoints, row.Sequence)
		}
		if v.kept != nil && v.kept.Sequence == row.Sequence {
			v.report.Checkpoints++
			if !bytes.Equal(v.kept.Hash, row.Hash) {
				v.wrong(row.Sequence, row.ID, "the record is not the one that the given checkpoint speaks of")
			}
		}
		if v.report.Problem != nil {
			return nil
		}
	}
	for sequence := range checkpoints { // cannot be: numbers have no gap
		v.wrong(sequence, uuid.Nil, "a checkpoint speaks of a record that is missing")
	}
	v.before = rows[len(rows)-1].Sequence
	return nil
}

// checkpoints are those up to a record that were not looked at yet, by their number.
func (v *verification) checkpoints(ctx context.Context, upTo int64) (map[int64]*ent.AuditCheckpoint, error) {
	rows, err := v.k.store.Reader().AuditCheckpoint.Query().
		Where(auditcheckpoint.SequenceGT(v.before), auditcheckpoint.SequenceLTE(upTo)).All(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]*ent.AuditCheckpoint, len(rows))
	for _, row := range rows {
		found[row.Sequence] = row
	}
	return found, nil
}

// finish looks for checkpoints of records behind the end. It returns true where there are such records by now.
func (v *verification) finish(ctx context.Context) (more bool, err error) {
	beyond, err := v.k.store.Reader().AuditCheckpoint.Query().Where(auditcheckpoint.SequenceGT(v.end.sequence)).Exist(ctx)
	if err == nil && beyond {
		more, err = v.k.store.Reader().AuditLog.Query().Where(auditlog.SequenceGT(v.end.sequence)).Exist(ctx)
	}
	switch {
	case err != nil || more:
		return more, err
	case beyond, v.kept != nil && v.kept.Sequence > v.end.sequence:
		v.wrong(v.end.sequence+1, uuid.Nil, "the end of the log is missing: a checkpoint speaks of records that are not there")
	}
	return false, nil
}

// signed checks what a stored checkpoint says against its signature.
func (v *verification) signed(row *ent.AuditCheckpoint) {
	v.report.Checkpoints++
	c, err := openCheckpoint(v.keys, row.Signature)
	switch {
	case err != nil:
		v.wrong(row.Sequence, uuid.Nil, "the signature of the checkpoint at this record is not good: "+err.Error())
	case c.TenantID != row.TenantID || c.Sequence != row.Sequence || !bytes.Equal(c.Hash, row.Hash):
		v.wrong(row.Sequence, uuid.Nil, "the checkpoint at this record says another thing than was signed")
	}
}

// overtaken reports whether records were pruned while they were walked over, so that what seems to be missing was given up.
func (v *verification) overtaken(ctx context.Context) (bool, error) {
	if !v.gap {
		return false, nil
	}
	pruned, err := v.k.store.Reader().AuditCheckpoint.Query().
		Where(auditcheckpoint.PrunedAtNotNil(), auditcheckpoint.SequenceGTE(v.report.Problem.Sequence), auditcheckpoint.SequenceGT(v.report.Pruned)).
		Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("look for what was pruned meanwhile: %w", err)
	}
	return pruned, nil
}

func (v *verification) wrong(sequence int64, id uuid.UUID, reason string) {
	if v.report.Problem == nil {
		v.report.Problem = &Finding{sequence, id, reason}
	}
}
