package audit

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditcheckpoint"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/pkg/jose"
)

// A Report is what Verify found out about a tenant's log.
type Report struct {
	TenantID uuid.UUID
	// Records were looked at. Of these, Erased have no content any more, and Unchained were written before there was a chain.
	Records, Erased, Unchained int64
	// Pruned is up to which number records were given up to retention; 0 for none.
	Pruned int64
	// Last is the number of the last record.
	Last int64
	// Checkpoints were verified, among them the one that was given.
	Checkpoints int
	// Outlived says that the record of the given checkpoint was pruned since, so that it proves nothing any more.
	Outlived bool
	// Problem is the first one; nil where the log is whole. What comes behind it was not looked at.
	Problem *Finding
	Elapsed time.Duration
}

// PerSecond is how many records were verified in a second.
func (r Report) PerSecond() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Records) / r.Elapsed.Seconds()
}

// A Finding is something wrong with a log.
type Finding struct {
	// Sequence is the record's number, or that of the first one missing.
	Sequence int64
	// ID is the record's; nil where it is missing.
	ID uuid.UUID
	// Reason says what is wrong.
	Reason string
}

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
	if v.report.Last = v.end.sequence; v.report.Problem == nil {
		return v.finish(ctx)
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

// finish looks for checkpoints of records behind the end.
func (v *verification) finish(ctx context.Context) error {
	beyond, err := v.k.store.Reader().AuditCheckpoint.Query().Where(auditcheckpoint.SequenceGT(v.end.sequence)).Exist(ctx)
	switch {
	case err != nil:
		return err
	case beyond, v.kept != nil && v.kept.Sequence > v.end.sequence:
		v.wrong(v.end.sequence+1, uuid.Nil, "the end of the log is missing: a checkpoint speaks of records that are not there")
	}
	return nil
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

// record checks a record, which should follow on the last one.
func (v *verification) record(ctx context.Context, row *ent.AuditLog) error {
	want := v.end.sequence + 1
	if row.Sequence != want {
		reason := "the record is missing"
		if row.Sequence > want+1 {
			reason = fmt.Sprintf("%d records are missing, up to number %d", row.Sequence-want, row.Sequence-1)
		}
		v.wrong(want, uuid.Nil, reason)
		v.gap = true
		return nil
	}
	v.report.Records++
	previous := v.end.hash
	v.end = end{row.Sequence, row.Hash}
	if len(row.Hash) == 0 {
		if v.chained {
			v.wrong(row.Sequence, row.ID, "the record has no hash, though records before it have one")
		}
		v.report.Unchained++
		return nil
	}
	v.chained = true
	switch {
	case !bytes.Equal(row.PreviousHash, previous) && bytes.Equal(linkOf(row).hash(), row.Hash):
		v.wrong(row.Sequence, row.ID, "the record does not follow on the one before it: one was altered, put in, taken out or moved")
	case !bytes.Equal(row.PreviousHash, previous), !bytes.Equal(linkOf(row).hash(), row.Hash):
		v.wrong(row.Sequence, row.ID, "the record was altered or moved: its hash does not fit")
	default:
		return v.content(ctx, row)
	}
	return nil
}

// content checks what can be erased of a record.
func (v *verification) content(ctx context.Context, row *ent.AuditLog) error {
	c, unreadable := contentOf(row)
	if row.ErasedAt != nil {
		v.report.Erased++
		if unreadable != nil || !c.empty() || row.Salt != nil && len(*row.Salt) > 0 {
			v.wrong(row.Sequence, row.ID, "the record is marked as erased, but has content")
			return nil
		}
		reason, failed := v.explain(ctx, row.ActorUserID)
		if reason != "" {
			v.wrong(row.Sequence, row.ID, "the content was erased, "+reason)
		}
		return failed
	}
	if unreadable != nil || row.Salt == nil || len(*row.Salt) != saltSize || !bytes.Equal(c.commit(*row.Salt), row.Commitment) {
		v.wrong(row.Sequence, row.ID, "the content of the record was altered")
	}
	return nil
}

// explain says why records about somebody must not be erased; it is empty where they may.
func (v *verification) explain(ctx context.Context, person *uuid.UUID) (string, error) {
	if person == nil {
		return "and it is about nobody who could have been deleted", nil
	}
	if reason, known := v.explained[*person]; known {
		return reason, nil
	}
	db := v.k.store.Reader()
	deleted, err := db.AuditLog.Query().Where(auditlog.ActorUserID(*person), auditlog.Type(string(event.UserDeleted))).Exist(ctx)
	reason := ""
	if err == nil && !deleted {
		reason = "and no record says that the user was deleted"
		if v.report.Pruned > 0 { // that one may have been pruned, but then she is not here
			var here bool
			if here, err = db.User.Query().Where(user.ID(*person)).Exist(ctx); err == nil && !here {
				reason = ""
			}
		}
	}
	if err != nil {
		return "", err
	}
	if len(v.explained) == verifyPage {
		clear(v.explained)
	}
	v.explained[*person] = reason
	return reason, nil
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
