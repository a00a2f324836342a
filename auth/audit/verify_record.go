package audit

import (
	"bytes"
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/user"
)

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
	c, readable := contentOf(row)
	if row.ErasedAt != nil {
		v.report.Erased++
		if !readable || !c.empty() || row.Salt != nil && len(*row.Salt) > 0 {
			v.wrong(row.Sequence, row.ID, "the record is marked as erased, but has content")
			return nil
		}
		reason, failed := v.explain(ctx, row.ActorUserID)
		if reason != "" {
			v.wrong(row.Sequence, row.ID, "the content was erased, "+reason)
		}
		return failed
	}
	if !readable || row.Salt == nil || len(*row.Salt) != saltSize || !bytes.Equal(c.commit(*row.Salt), row.Commitment) {
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
