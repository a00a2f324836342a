package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// KindErase is the kind of the intents that make what is known of a deleted person unreadable.
const KindErase = "audit_erase"

// ErasePayload is the payload of such an intent.
type ErasePayload struct {
	UserID uuid.UUID `json:"user_id"`
}

func eraseIntent(tenant, person uuid.UUID) outbox.Intent {
	payload, err := json.Marshal(ErasePayload{UserID: person})
	if err != nil {
		panic("audit: an id cannot be encoded: " + err.Error())
	}
	return outbox.Intent{ID: uuid.Must(uuid.NewV7()), Tenant: tenant, Kind: KindErase, Payload: payload}
}

// eraseRows is how many records one unit of work erases.
const eraseRows = 500

// Erase makes what is personal in the records about somebody unreadable, in small units of work, and returns how many records that were. The
// chain holds: what it covers of the content is a commitment, which tells nothing once its salt is gone. Erasing again changes nothing.
func Erase(ctx context.Context, st *store.Store, tenant, person uuid.UUID) (int, error) {
	total := 0
	var behind *ent.AuditLog
	for {
		var page []*ent.AuditLog
		erased := 0
		err := st.Do(ctx, scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error {
			q := tx.AuditLog.Query().Where(auditlog.ActorUserID(person), auditlog.ErasedAtIsNil())
			if behind != nil {
				q = q.Where(following(behind.CreatedAt, behind.ID))
			}
			var err error
			page, err = q.Order(ent.Asc(auditlog.FieldCreatedAt, auditlog.FieldID)).Limit(eraseRows).
				Select(auditlog.FieldID, auditlog.FieldCreatedAt).All(ctx)
			if err != nil || len(page) == 0 {
				return err
			}
			ids := make([]uuid.UUID, len(page))
			for i, row := range page {
				ids[i] = row.ID
			}
			erased, err = tx.AuditLog.Update().Where(auditlog.IDIn(ids...), auditlog.ErasedAtIsNil()).
				SetError("").SetMetaSourceIP("").SetMetaUserAgent("").ClearActorEmail().SetDetails(json.RawMessage("{}")).ClearSalt().
				SetErasedAt(now()).Save(ctx)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("erase the records about %s: %w", person, err)
		}
		total += erased
		if len(page) < eraseRows {
			return total, nil
		}
		behind = page[len(page)-1]
	}
}

// following are the records behind a place, in the order of the index by tenant, person and time.
func following(created time.Time, id uuid.UUID) func(*sql.Selector) {
	return auditlog.Or(auditlog.CreatedAtGT(created), auditlog.And(auditlog.CreatedAt(created), auditlog.IDGT(id)))
}
