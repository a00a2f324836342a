// Package outbox writes intents: effects (a webhook, an audit record, a mail) that must happen because a change was committed.
//
// They are written in the transaction of the change, so that neither can be lost without the other. Payloads are sealed, for they hold
// codes and addresses. After the commit a bell is rung; who carries the intents out, and how, is the worker's affair.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

// MaxKey is the longest ordering key, in bytes.
const MaxKey = 64

// An Intent is an effect to be written down.
type Intent struct {
	// ID stays the same however often the effect is tried; receivers tell duplicates by it. It is given by the maker, or made when written.
	ID uuid.UUID
	// Tenant is whose effect it is. The scope of the unit of work must reach it.
	Tenant uuid.UUID
	// Kind says who carries it out: "webhook", "audit" or "mail".
	Kind string
	// Key, where not empty, keeps the order: effects of one tenant with the same key happen one after the other, by their ids.
	Key string
	// Payload is what the one who carries it out needs to know.
	Payload []byte
	// NotAfter, where not zero, is when the effect is of no use any more.
	NotAfter time.Time
}

// A Keyring seals payloads; pkg/secret has one.
type Keyring interface {
	Seal(plaintext, aad []byte) []byte
	Open(sealed, aad []byte) ([]byte, error)
}

// A Writer writes intents into the outbox. It is safe for concurrent use.
type Writer struct {
	keyring Keyring
	ring    func()
}

// NewWriter makes a Writer that seals with the keyring and calls ring, which may be nil, after each commit that wrote something. Ring must
// not block.
func NewWriter(keyring Keyring, ring func()) *Writer {
	if ring == nil {
		ring = func() {}
	}
	return &Writer{keyring: keyring, ring: ring}
}

// Write writes all intents in one statement of the unit of work. Without intents it does nothing. Call it last, and once.
func (w *Writer) Write(ctx context.Context, tx *store.Tx, intents ...Intent) error {
	if len(intents) == 0 {
		return nil
	}
	rows := make([]*ent.IntentCreate, len(intents))
	at := time.Now().UTC().Truncate(time.Microsecond)
	cause := telemetry.Parent(ctx)
	for i, it := range intents {
		if it.ID == uuid.Nil {
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("write intents: %w", err)
			}
			it.ID = id
		}
		if it.Tenant == uuid.Nil || it.Kind == "" || len(it.Key) > MaxKey {
			return fmt.Errorf("write intents: %w", errInvalid)
		}
		rows[i] = tx.Intent.Create().
			SetID(it.ID).SetTenantID(it.Tenant).SetKind(it.Kind).SetOrdering(it.Key).
			SetPayload(w.keyring.Seal(withCause(cause, it.Payload), aad(it.Tenant, it.Kind, it.ID))).
			SetCreatedAt(at).SetAvailableAt(at)
		if !it.NotAfter.IsZero() {
			rows[i].SetNotAfter(it.NotAfter.UTC().Truncate(time.Microsecond))
		}
	}
	if err := tx.Intent.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("write intents: %w", err)
	}
	tx.OnCommit(w.ring)
	return nil
}

var errInvalid = errors.New("an intent lacks its tenant or its kind, or its key is too long")

// Open opens the payload of an intent that was read from the outbox. It fails on one sealed for another tenant, kind or id.
func Open(keyring Keyring, tenant uuid.UUID, kind string, id uuid.UUID, sealed []byte) ([]byte, error) {
	plain, _, err := OpenWithCause(keyring, tenant, kind, id, sealed)
	return plain, err
}

// OpenWithCause is Open, and names the trace in which the intent was written, as [telemetry.Traces.Follow] takes it; empty where there was none.
func OpenWithCause(keyring Keyring, tenant uuid.UUID, kind string, id uuid.UUID, sealed []byte) (plain []byte, cause string, err error) {
	plain, err = keyring.Open(sealed, aad(tenant, kind, id))
	if err != nil {
		return nil, "", fmt.Errorf("open payload of intent %s: %w", id, err)
	}
	plain, cause = cutCause(plain)
	return plain, cause, nil
}

// aad binds a payload to its row.
func aad(tenant uuid.UUID, kind string, id uuid.UUID) []byte {
	return []byte("outbox|" + tenant.String() + "|" + kind + "|" + id.String())
}
