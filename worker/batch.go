package worker

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// A batch is what one task carries out: intents of one kind and one tenant, oldest first.
type batch struct {
	Kind   string    `json:"k"`
	Tenant uuid.UUID `json:"t"`
	Items  []item    `json:"i"`
	// Until is the end of the lease: after it the intents may be somebody else's.
	Until time.Time `json:"u"`
}

// An item is one intent. Its payload is sealed.
type item struct {
	ID        uuid.UUID  `json:"i"`
	Ordering  string     `json:"o,omitempty"`
	Payload   []byte     `json:"p"`
	CreatedAt time.Time  `json:"c"`
	NotAfter  *time.Time `json:"n,omitempty"`
	Attempts  int        `json:"a"`
}

// late reports whether too little of the lease is left to begin.
func (b batch) late(now time.Time) bool { return now.Add(time.Second).After(b.Until) }

func (b batch) ids() []uuid.UUID {
	ids := make([]uuid.UUID, len(b.Items))
	for i, it := range b.Items {
		ids[i] = it.ID
	}
	return ids
}

func (b batch) encode() ([]byte, error) { return json.Marshal(b) }

func decodeBatch(data []byte) (batch, error) {
	var b batch
	if err := json.Unmarshal(data, &b); err != nil {
		return batch{}, fmt.Errorf("read batch: %w", err)
	}
	return b, nil
}
