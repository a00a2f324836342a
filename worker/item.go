package worker

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
)

// A batch is what is carried out in one transaction: intents of one kind and one tenant, oldest first.
type batch struct {
	Kind   string
	Tenant uuid.UUID
	Items  []item
}

// An item is one intent. Its payload is sealed.
type item struct {
	ID        uuid.UUID
	Ordering  string
	Payload   []byte
	CreatedAt time.Time
	NotAfter  *time.Time
	Attempts  int
}

func itemOf(i rawsql.DueIntent) item {
	return item{ID: i.ID, Ordering: i.Ordering, Payload: i.Payload, CreatedAt: i.CreatedAt, NotAfter: i.NotAfter, Attempts: i.Attempts}
}

func (b batch) ids() []uuid.UUID {
	ids := make([]uuid.UUID, len(b.Items))
	for i, it := range b.Items {
		ids[i] = it.ID
	}
	return ids
}
